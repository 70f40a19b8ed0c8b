package pointer

import (
	"context"
	"fmt"
	"testing"
	"time"

	"lastgood/shared/awsfake"
	"lastgood/shared/config"
	"lastgood/shared/recovery"
)

// scene is a world in which the pointer has to move, and why.
type scene struct {
	region string
	make   func(w *awsfake.World)
	hints  []Hint
}

// scenes are the ways in which a pointer moves, or stays.
func scenes() map[string]scene {
	return map[string]scene{
		"first":     {tokyo, func(w *awsfake.World) { images(w, ami1) }, []Hint{{Image: ami1, State: recovery.Available, Fresh: true}}},
		"newer":     {tokyo, func(w *awsfake.World) { images(w, ami1, ami2); points(w, ami1) }, []Hint{{Image: ami2, State: recovery.Available, Fresh: true}}},
		"unchanged": {tokyo, func(w *awsfake.World) { images(w, ami1); points(w, ami1) }, nil},
		"fall_back": {tokyo, func(w *awsfake.World) { images(w, ami1, ami2); w.Deregister(tokyo, ami2); points(w, ami2) }, []Hint{{Image: ami2, State: recovery.Gone, Fresh: true}}},
		"wrong_data_type": {tokyo, func(w *awsfake.World) {
			w.MayDelete = true
			images(w, ami1)
			w.SetParameter(tokyo, parameter, ami1, "String", "aws:ec2:image", 1)
		}, nil},
		"version_2": {tokyo, func(w *awsfake.World) { images(w, ami1); w.SetParameter(tokyo, parameter, ami1, "String", "text", 2) }, nil},
		"dangling":  {tokyo, func(w *awsfake.World) { images(w, ami1); w.Deregister(tokyo, ami1); points(w, ami1) }, nil},
		"copy": {singapore, func(w *awsfake.World) {
			images(w, ami1)
			w.Copy(singapore, ami2, tokyo, ami1, "copy", t0.Add(time.Hour))
			w.SetState(singapore, ami2, "available")
			sign(w, singapore, ami2, web, t0)
		}, []Hint{{Image: ami2, State: recovery.Available, Fresh: true}}},
	}
}

func points(w *awsfake.World, image string) {
	w.SetParameter(tokyo, parameter, image, "String", "text", 1)
}

// right says whether the pointer is where it belongs.
func right(w *awsfake.World, region string, p config.Parameter) error {
	want := w.Newest(region, web)
	if want == "" {
		return nil // dangling, or nothing: TestSettle shows that whatever there is stays
	}
	if got := w.Value(region, parameter); got != want {
		return fmt.Errorf("the pointer names %q, the newest good image is %q", got, want)
	}
	if v := w.Version(region, parameter); p.Versioning == config.Pinned && v != 1 {
		return fmt.Errorf("the pinned pointer is at version %d", v)
	}
	return nil
}

var faults = []awsfake.Fault{
	{Before: awsfake.ErrThrottled}, {Before: awsfake.ErrServer}, {Before: awsfake.ErrTimeout},
	{After: awsfake.ErrLost}, {Again: true}, {Dies: true},
}

// Each call of each flow fails, loses its answer, or is the process's last one; then the
// event comes again. (I1, I2 with redelivery for reconcile.)
func TestSettle_survives_every_failure_of_every_call(t *testing.T) {
	runs := 0
	for _, p := range []config.Parameter{latest, pinned} {
		for name, s := range scenes() {
			count := func(hook func(int, awsfake.Call) awsfake.Fault) (int, *awsfake.World) {
				w := world(p)
				s.make(w)
				process := w.Process(hook)
				_, _ = settler(process, s.region, p).Settle(context.Background(), web, s.hints...) // may fail; that is the point
				return len(process.Calls), w
			}
			calls, _ := count(nil)
			for n := range calls {
				for _, fault := range faults {
					runs++
					_, w := count(func(i int, _ awsfake.Call) awsfake.Fault {
						if i == n {
							return fault
						}
						return awsfake.Fault{}
					})
					if _, err := settler(w.Process(nil), s.region, p).Settle(context.Background(), web, s.hints...); err != nil {
						t.Fatalf("%s, %s, call %d %+v: the second delivery fails: %v", name, p.Versioning, n, fault, err)
					}
					if err := right(w, s.region, p); err != nil || len(w.Broken) > 0 {
						t.Fatalf("%s, %s, call %d %+v: %v %v", name, p.Versioning, n, fault, err, w.Broken)
					}
				}
			}
		}
	}
	t.Logf("%d failures, each followed by a second delivery", runs)
}

// settles is an actor that settles once, as a function does for an event; an error is
// remembered, so that the event can come again.
func settles(p config.Parameter, region string, failed *int, hints ...Hint) func(*awsfake.Process) {
	return func(process *awsfake.Process) {
		if _, err := settler(process, region, p).Settle(context.Background(), web, hints...); err != nil {
			*failed++
		}
	}
}

// race is two settlers of one source, and what happens around them.
type race struct {
	make    func(w *awsfake.World)
	changes []func(w *awsfake.World) // each followed by its event
	hints   []Hint
}

func races() map[string]race {
	return map[string]race{
		"two_for_one_image": {
			func(w *awsfake.World) { images(w, ami1) },
			nil,
			[]Hint{{Image: ami1, State: recovery.Available, Fresh: true}, {Image: ami1, State: recovery.Pending, Fresh: true}},
		},
		"a_newer_one_becomes_available": {
			func(w *awsfake.World) { images(w, ami1); w.Create(tokyo, ami2, web, t0.Add(time.Hour)) },
			[]func(w *awsfake.World){func(w *awsfake.World) { w.SetState(tokyo, ami2, "available") }},
			[]Hint{{Image: ami1, State: recovery.Available, Fresh: true}, {Image: ami2, State: recovery.Available, Fresh: true}},
		},
		"the_newest_is_deregistered": {
			func(w *awsfake.World) { images(w, ami1, ami2); points(w, ami1) },
			[]func(w *awsfake.World){func(w *awsfake.World) { w.Deregister(tokyo, ami2) }},
			[]Hint{{Image: ami2, State: recovery.Available, Fresh: true}, {Image: ami2, State: recovery.Gone, Fresh: true}},
		},
		"the_one_it_names_is_deregistered_and_a_newer_one_comes": {
			func(w *awsfake.World) {
				images(w, ami1, ami2)
				w.Create(tokyo, ami3, web, t0.Add(time.Hour))
				points(w, ami2)
			},
			[]func(w *awsfake.World){func(w *awsfake.World) { w.Deregister(tokyo, ami2) }, func(w *awsfake.World) { w.SetState(tokyo, ami3, "available") }},
			[]Hint{{Image: ami2, State: recovery.Gone, Fresh: true}, {Image: ami3, State: recovery.Available, Fresh: true}},
		},
	}
}

// scenario puts a race's settlers beside each other; each starts once its change has happened.
func (r race) scenario(p config.Parameter) awsfake.Scenario {
	w := world(p)
	r.make(w)
	failed := 0
	s := awsfake.Scenario{World: w}
	for _, change := range r.changes {
		s.Actors = append(s.Actors, awsfake.Actor{Run: func(process *awsfake.Process) { process.Change("a change", change) }})
	}
	// The last settlers are those of the changes' events; any before them start at once.
	for i, hint := range r.hints {
		actor := awsfake.Actor{Run: settles(p, tokyo, &failed, hint)}
		if change := i - (len(r.hints) - len(r.changes)); change >= 0 {
			actor.After = []int{change}
		}
		s.Actors = append(s.Actors, actor)
	}
	s.Check = func() error {
		if failed > 0 { // its event comes again
			if _, err := settler(w.Process(nil), tokyo, p).Settle(context.Background(), web, r.hints...); err != nil {
				return fmt.Errorf("the second delivery fails: %w", err)
			}
		}
		return right(w, tokyo, p)
	}
	return s
}

// Two settlers of one source, interleaved at every call, with reads that are consistent:
// the events alone bring the pointer to the newest good image. (I1, I2.)
func TestSettle_two_at_once_in_every_order(t *testing.T) {
	for name, r := range races() {
		for _, p := range []config.Parameter{latest, pinned} {
			t.Run(name+"/"+string(p.Versioning), func(t *testing.T) {
				explored, err := awsfake.Explore(func() awsfake.Scenario { return r.scenario(p) })
				if err != nil {
					t.Fatal(err)
				}
				t.Log(explored)
			})
		}
	}
}

// As before, with one failure, lost answer or death at any call of any of the two.
func TestSettle_two_at_once_and_a_failure(t *testing.T) {
	for name, r := range races() {
		for _, p := range []config.Parameter{latest, pinned} {
			t.Run(name+"/"+string(p.Versioning), func(t *testing.T) {
				explored, err := awsfake.Explore(func() awsfake.Scenario {
					s := r.scenario(p)
					s.Budget = 1
					s.Faults = func(c awsfake.Call) []awsfake.Fault {
						if c.Read {
							return []awsfake.Fault{{Before: awsfake.ErrThrottled}}
						}
						return []awsfake.Fault{{Before: awsfake.ErrThrottled}, {After: awsfake.ErrLost}, {Again: true}, {Dies: true}}
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
}

// As before, with listings and reads that may lag by one change: nothing is lost, and one
// more settle makes it right.
func TestSettle_two_at_once_with_reads_that_lag(t *testing.T) {
	races := races()
	delete(races, "the_one_it_names_is_deregistered_and_a_newer_one_comes") // 10^11 schedules: a minute
	for name, r := range races {
		for _, p := range []config.Parameter{latest, pinned} {
			t.Run(name+"/"+string(p.Versioning), func(t *testing.T) {
				explored, err := awsfake.Explore(func() awsfake.Scenario {
					s := r.scenario(p)
					s.World.Lags, s.Budget = true, 1
					s.Faults = func(c awsfake.Call) []awsfake.Fault {
						if c.Read {
							return []awsfake.Fault{{Stale: true}}
						}
						return nil
					}
					s.Check = func() error {
						if _, err := settler(s.World.Process(nil), tokyo, p).Settle(context.Background(), web, r.hints...); err != nil {
							return fmt.Errorf("one more settle fails: %w", err)
						}
						return right(s.World, tokyo, p)
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
}
