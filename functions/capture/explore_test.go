package capture

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"lastgood/shared/awsfake"
	"lastgood/shared/config"
	"lastgood/shared/consistency"
	"lastgood/shared/recovery"
)

// message is where the capture's message stands, kept in the world so that states are told
// apart by it: the number of deliveries, or how it ended.
const message = "/test/message"

// deliveries of one message, one actor each: three captures, then thaws. A delivery does
// nothing once another has ended the message.
const deliveries = Attempts + 4

func delivery(w *awsfake.World, policy config.Policy, n int) func(p *awsfake.Process) {
	return func(p *awsfake.Process) {
		if w.Value(tokyo, message) != "" {
			return
		}
		if o := deliver(p, policy, n); o.Err == nil {
			w.SetParameter(tokyo, message, string(o.Name), "String", "text", 1)
		}
	}
}

// frozenFor is the token that an attempt of the run freezes with.
func frozenFor(attempt string) string {
	n, err := strconv.Atoi(attempt)
	if err != nil {
		return "no attempt"
	}
	return consistency.Execution{Run: consistency.RunKey(run.String()), Attempt: n}.Token()
}

// whole reports what is wrong with what the run made, whatever happened to it.
func whole(w *awsfake.World) error {
	sets := map[string]int{}
	for _, id := range points(w) {
		tags := w.Tags(tokyo, id)
		sets[tags[recovery.TagAttempt]]++
		for _, script := range []string{recovery.TagPreScript, recovery.TagPostScript} {
			if frozen := w.FrozenIn(tokyo, id); tags[script] == recovery.Success && frozen != frozenFor(tags[recovery.TagAttempt]) {
				return fmt.Errorf("I4: %s says %s of %s, and was taken in the freeze %q", id, tags[script], script, frozen)
			}
		}
		if len(tags) < 5 { // policy, run, attempt, size, team
			return fmt.Errorf("%s is tagged %v", id, tags)
		}
	}
	if len(sets) > 1 && !w.Lags {
		return fmt.Errorf("the run made %d sets", len(sets))
	}
	return nil
}

// ended reports what is wrong once all deliveries are over and the network is quiet.
func ended(w *awsfake.World, late, dead bool) error {
	h := w.Host(tokyo, web)
	switch outcome := w.Value(tokyo, message); {
	case outcome == "" && !dead:
		return fmt.Errorf("no delivery ended the message")
	case outcome == "captured" && len(points(w)) == 0:
		return fmt.Errorf("the message ended as captured, and nothing was made")
	case outcome != "captured" && outcome != "" && len(points(w)) > 0 && !w.Lags: // else another delivery made it
		return fmt.Errorf("the message ended as %s, and something was made", outcome)
	case h.Frozen != "" && !late && !dead:
		return fmt.Errorf("I4: frozen by %s after the message ended as %s", h.Frozen, outcome)
	}
	h.PostExit = 0
	if h = h.Timer(); h.Frozen != "" {
		return fmt.Errorf("I4: frozen by %s even by its timer", h.Frozen)
	}
	return nil
}

// variants are the captures that are explored.
func variants() map[string]struct {
	policy  config.Policy
	host    awsfake.Host
	dead    bool // the message may end in the last dead-letter queue
	offline bool
} {
	type variant = struct {
		policy  config.Policy
		host    awsfake.Host
		dead    bool
		offline bool
	}
	all := map[string]variant{}
	for what, produce := range map[string]func(*config.Policy){"snapshots": func(*config.Policy) {}, "image": image} {
		all[what+" without scripts"] = variant{policy: daily(produce)}
		all[what] = variant{policy: daily(produce, scripted)}
		all[what+", pre fails"] = variant{policy: daily(produce, scripted), host: awsfake.Host{PreExit: 1}}
		all[what+", pre fails, skip"] = variant{policy: daily(produce, scripted, skipping), host: awsfake.Host{PreExit: 1}}
		all[what+", not ready, skip"] = variant{policy: daily(produce, scripted, skipping), host: awsfake.Host{PreExit: consistency.NotReady}}
		all[what+", skip"] = variant{policy: daily(produce, scripted, skipping)}
		all[what+", post fails"] = variant{policy: daily(produce, scripted), host: awsfake.Host{PostExit: 1}, dead: true}
		all[what+", frozen by another run"] = variant{policy: daily(produce, scripted), host: awsfake.Host{Frozen: "other.1"}}
		all[what+", offline"] = variant{policy: daily(produce, scripted), offline: true}
		all[what+", offline, skip"] = variant{policy: daily(produce, scripted, skipping), offline: true}
		all[what+", with a retry"] = variant{policy: daily(produce, scripted, func(p *config.Policy) { p.Scripts.Retries = 1 })}
	}
	return all
}

// faults are what may happen to a call. A command may also reach its host late.
func faults(c awsfake.Call) []awsfake.Fault {
	all := []awsfake.Fault{{Before: awsfake.ErrThrottled}, {Dies: true}}
	if !c.Read {
		all = append(all, awsfake.Fault{After: awsfake.ErrLost})
	}
	if c.Action == "RunCommand" {
		all = append(all, awsfake.Fault{Before: awsfake.ErrLate}, awsfake.Fault{After: awsfake.ErrTimedOut})
	}
	return all
}

// Every call failing, losing its answer, being the last one, taking too long, or reaching its
// host late (in the plain case two such things in one history); the timer going off and what is late arriving at any moment;
// redelivered until the message ends.
func TestCapture_whatever_happens_nothing_stays_frozen_and_nothing_is_called_consistent_that_is_not(t *testing.T) {
	for name, v := range variants() {
		t.Run(name, func(t *testing.T) {
			explored, err := awsfake.Explore(func() awsfake.Scenario {
				w := server()
				w.SetHost(tokyo, web, v.host)
				w.Offline = v.offline
				s := awsfake.Scenario{World: w, Faults: faults, Budget: 1}
				if name == "snapshots" {
					s.Budget = 2
				}
				for n := 1; n <= deliveries; n++ {
					a := awsfake.Actor{Run: delivery(w, v.policy, n)}
					if n > 1 {
						a.After = []int{n - 2}
					}
					s.Actors = append(s.Actors, a)
				}
				late := false
				if v.policy.Scripts != nil {
					s.Actors = append(s.Actors,
						awsfake.Actor{Run: func(p *awsfake.Process) {
							p.Change("the timer goes off", func(w *awsfake.World) { w.SetHost(tokyo, web, w.Host(tokyo, web).Timer()) })
						}},
						awsfake.Actor{Run: func(p *awsfake.Process) {
							p.Change("what is late arrives", func(w *awsfake.World) { late = w.ArriveLate() || late })
						}})
				}
				s.Check = func() error {
					late = w.ArriveLate() || late
					if err := whole(w); err != nil {
						return err
					}
					return ended(w, late, v.dead)
				}
				return s
			})
			if err != nil {
				t.Fatal(err)
			}
			t.Log(explored)
		})
	}
}

// Two deliveries at once, as when a message becomes visible again before its first
// receiver has ended.
func TestCapture_two_deliveries_at_once(t *testing.T) {
	for name, v := range variants() {
		if !strings.HasSuffix(name, "skip") && !strings.Contains(name, "without scripts") {
			continue // skip is the most that can differ between the two
		}
		t.Run(name, func(t *testing.T) {
			explored, err := awsfake.Explore(func() awsfake.Scenario {
				w := server()
				w.Lags = true // between a look and a call the other may have made its set: two are possible, and pruned
				w.SetHost(tokyo, web, v.host)
				w.Offline = v.offline
				s := awsfake.Scenario{World: w, Faults: faults, Budget: 1}
				for n := 1; n <= Attempts+2; n++ {
					a := awsfake.Actor{Run: delivery(w, v.policy, n)}
					if n > 2 {
						a.After = []int{n - 2}
					}
					s.Actors = append(s.Actors, a)
				}
				s.Check = func() error {
					late := w.ArriveLate()
					if err := whole(w); err != nil {
						return err
					}
					return ended(w, late, true)
				}
				return s
			})
			if err != nil {
				t.Fatal(err)
			}
			t.Log(explored)
		})
	}
}
