package rollout

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"lastgood/shared/awsfake"
)

// deliver looks as the function does, and notes in the world if the message has to come again.
func deliver(w *awsfake.World, message string) func(p *awsfake.Process) {
	return func(p *awsfake.Process) {
		if message != "" && w.Value(tokyo, message) != "" {
			return
		}
		results, err := in(p).Run(context.Background())
		for _, r := range results {
			err = errors.Join(err, r.Err)
		}
		if err == nil && message != "" {
			w.SetParameter(tokyo, message, "done", "String", "text", 1)
		}
	}
}

// brought says whether the group uses, or is being brought, what its pointer names.
func brought(w *awsfake.World) error {
	want := w.Value(tokyo, parameter)
	refreshes := w.Refreshes(tokyo, "web")
	under := len(refreshes) > 0 && strings.HasPrefix(refreshes[len(refreshes)-1], "Pending "+want)
	if got := w.GroupImage(tokyo, "web"); got != want && !under {
		return fmt.Errorf("it runs %s, and the pointer names %s; refreshes %q", got, want, refreshes)
	}
	return nil
}

// faults are what may happen to a call.
func faults(c awsfake.Call) []awsfake.Fault {
	all := []awsfake.Fault{{Before: awsfake.ErrThrottled}, {Dies: true}}
	if !c.Read {
		all = append(all, awsfake.Fault{After: awsfake.ErrLost}, awsfake.Fault{Again: true})
	}
	return all
}

// budget is how many faults a history has.
func budget(kind string) int {
	if strings.HasPrefix(kind, "launch template") || kind == "launch configuration" {
		return 2
	}
	return 1
}

// Every call failing, losing its answer, taking effect twice or being the last one, in the plain cases two such things in one
// history, then delivered again: at most one version for an image and a group, never one that does not exist, never a refresh for
// an image that runs already. The fake watches all of it.
func TestRun_whatever_happens_the_group_gets_there(t *testing.T) {
	for kind, f := range fleets() {
		t.Run(kind, func(t *testing.T) {
			explored, err := awsfake.Explore(func() awsfake.Scenario {
				w := f.make(account())
				s := awsfake.Scenario{World: w, Faults: faults, Budget: budget(kind), Check: func() error { return brought(w) }}
				for n := range 3 {
					a := awsfake.Actor{Run: deliver(w, "/test/message")}
					if n > 0 {
						a.After = []int{n - 1}
					}
					s.Actors = append(s.Actors, a)
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

// after is what time and the next look make of it: a refresh ends, and one to another image has to end first.
func after(w *awsfake.World) error {
	for range 2 {
		if r := w.Refreshes(tokyo, "web"); len(r) > 0 && strings.HasPrefix(r[len(r)-1], "Pending") {
			w.SetRefresh(tokyo, "web", "Successful")
		}
		deliver(w, "")(w.Process(nil))
	}
	if len(w.Broken) > 0 {
		return errors.New(w.Broken[0])
	}
	return brought(w)
}

// Two at once, as when an event and the schedule come together; and one while the pointer falls back.
func TestRun_two_at_once(t *testing.T) {
	for kind, f := range fleets() {
		t.Run(kind, func(t *testing.T) {
			for _, second := range []func(w *awsfake.World) func(p *awsfake.Process){
				func(w *awsfake.World) func(p *awsfake.Process) { return deliver(w, "") },
				func(*awsfake.World) func(p *awsfake.Process) {
					return func(p *awsfake.Process) {
						p.Change("the pointer falls back", func(w *awsfake.World) { quarantine(w, ami(1), ami(2)) })
					}
				},
			} {
				explored, err := awsfake.Explore(func() awsfake.Scenario {
					w := f.make(account())
					return awsfake.Scenario{World: w, Check: func() error { return after(w) }, Actors: []awsfake.Actor{{Run: deliver(w, "")}, {Run: second(w)}}}
				})
				if err != nil {
					t.Fatal(err)
				}
				t.Log(explored)
			}
		})
	}
}

// quiet asks for what does not change in a test out of turn, so that there are fewer orders of calls.
type quiet struct {
	*awsfake.Client
	aside *awsfake.Client
}

func (q quiet) DescribeImages(ctx context.Context, in *ec2.DescribeImagesInput, o ...func(*ec2.Options)) (*ec2.DescribeImagesOutput, error) {
	return q.aside.DescribeImages(ctx, in, o...)
}

func (q quiet) DescribeInstanceRefreshes(ctx context.Context, in *autoscaling.DescribeInstanceRefreshesInput, o ...func(*autoscaling.Options)) (*autoscaling.DescribeInstanceRefreshesOutput, error) {
	return q.aside.DescribeInstanceRefreshes(ctx, in, o...)
}

// One that began before the pointer moved, and one that begins after: both come to want the same version, of sources that differ.
func TestRun_two_at_once_around_a_move(t *testing.T) {
	explored, err := awsfake.Explore(func() awsfake.Scenario {
		w := fleets()["launch template"].make(account())
		look := func(p *awsfake.Process) {
			r, q := in(p), quiet{p.Client(tokyo), w.Process(nil).Client(tokyo)}
			r.Groups, r.EC2, r.Images.EC2 = q, q, q
			r.Run(context.Background())
		}
		return awsfake.Scenario{World: w, Check: func() error { return after(w) }, Actors: []awsfake.Actor{
			{Run: look},
			{Run: func(p *awsfake.Process) { p.Change("the pointer moves", func(w *awsfake.World) { name(w, ami(2)) }) }},
			{Run: look, After: []int{1}},
		}}
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Log(explored)
}

// Two at once while refreshes end: a second one may start for what has just come to run, and replaces nothing, because it
// skips what matches.
func TestRun_two_at_once_while_a_refresh_ends(t *testing.T) {
	f := fleets()["launch template, rolling"]
	for _, status := range []string{"Successful", "RollbackSuccessful"} {
		explored, err := awsfake.Explore(func() awsfake.Scenario {
			w := f.make(account())
			w.Lags = true
			run, image := in(w.Process(nil)), ami(1)
			if _, err := run.Run(context.Background()); err != nil {
				panic(err)
			}
			return awsfake.Scenario{World: w, Check: func() error {
				deliver(w, "")(w.Process(nil))
				if status == "Successful" {
					return brought(w)
				}
				if g := w.GroupOf(tokyo, "web"); g.Tags[TagFailed] != image || len(w.Refreshes(tokyo, "web")) != 1 {
					return fmt.Errorf("%v, %v", g.Tags, w.Refreshes(tokyo, "web"))
				}
				return nil
			}, Actors: []awsfake.Actor{
				{Run: deliver(w, "")},
				{Run: func(p *awsfake.Process) {
					p.Change("the refresh ends", func(w *awsfake.World) { w.SetRefresh(tokyo, "web", status) })
				}},
			}}
		})
		if err != nil {
			t.Fatal(status, err)
		}
		t.Log(status, explored)
	}
}

// An answer from before the last change, anywhere: the next look puts it right.
func TestRun_answers_from_before_the_last_change(t *testing.T) {
	for kind, f := range fleets() {
		w := f.make(account())
		p := w.Process(nil)
		deliver(w, "")(p)
		for n, call := range p.Calls {
			w := f.make(account())
			deliver(w, "")(w.Process(func(i int, _ awsfake.Call) awsfake.Fault { return awsfake.Fault{Stale: i == n} }))
			deliver(w, "")(w.Process(nil))
			if err := brought(w); err != nil {
				t.Errorf("%s, call %d %s: %v", kind, n, call.Action, err)
			}
			sound(t, w)
		}
	}
}
