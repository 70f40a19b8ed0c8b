package functions_test

import (
	"fmt"
	"testing"
	"time"

	"lastgood/shared/awsfake"
	"lastgood/shared/config"
	"lastgood/shared/recovery"
)

// A copy becomes available, and perhaps loses its original, while copyimage and imagestate
// hear of it, their calls in every order: signing beside settling. (I1, I2, I6.)
func TestFunctions_copyimage_and_imagestate_at_once_in_every_order(t *testing.T) {
	for name, originalEnds := range map[string]bool{"": false, "_while_the_original_ends": true} {
		for _, p := range []config.Parameter{latest, pinned} {
			t.Run(string(p.Versioning)+name, func(t *testing.T) {
				explored, err := awsfake.Explore(func() awsfake.Scenario {
					a := newAccount(p)
					copies(a, 1)
					attested(a, 1)
					settled(a, singapore, copied(0))
					a.Create(tokyo, ami(1), web, t0.Add(time.Minute))
					a.SetState(tokyo, ami(1), "available")
					a.Copy(singapore, copied(1), tokyo, ami(1), backup, t0.Add(2*time.Hour))

					events := []notice{copiedTo(copied(1), ami(1), true, t0), became(singapore, copied(1), recovery.Available, t0)}
					failed := make([]bool, len(events))
					deliver := func(i int) func(*awsfake.Process) {
						return func(process *awsfake.Process) { failed[i] = events[i].handle(a, process, events[i].meta()).Err != nil }
					}
					s := awsfake.Scenario{World: a.World, Actors: []awsfake.Actor{
						{Run: func(process *awsfake.Process) {
							process.Change("available", func(w *awsfake.World) { w.SetState(singapore, copied(1), "available") })
						}},
						{Run: deliver(0)},
						{Run: deliver(1), After: []int{0}},
					}}
					if originalEnds {
						s.Actors = append(s.Actors, awsfake.Actor{Run: func(process *awsfake.Process) {
							process.Change("deregistered", func(w *awsfake.World) { w.Deregister(tokyo, ami(1)) })
						}})
					}
					s.Check = func() error {
						for i, e := range events {
							if failed[i] {
								if o := e.redeliver(a); o.Err != nil {
									return fmt.Errorf("the second delivery fails: %w", o.Err)
								}
							}
						}
						return a.right(singapore)
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
