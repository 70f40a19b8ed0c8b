package functions_test

import (
	"testing"
	"time"

	"lastgood/shared/awsfake"
	"lastgood/shared/config"
	"lastgood/shared/event"
	"lastgood/shared/recovery"
)

// Reconcile runs beside an event function, their calls in every order. (I1, I2.)
func TestReconcile_beside_event_functions_in_every_order(t *testing.T) {
	for name, change := range map[string]struct {
		happens func(w *awsfake.World)
		event   notice
	}{
		"a_newer_image":        {func(w *awsfake.World) { w.SetState(tokyo, ami(1), "available") }, became(tokyo, ami(1), recovery.Available, t0)},
		"a_creation_told_late": {func(w *awsfake.World) { w.SetState(tokyo, ami(1), "available") }, created(ami(1), web, t0)},
		"the_end":              {func(w *awsfake.World) { w.Deregister(tokyo, ami(0)) }, became(tokyo, ami(0), recovery.Gone, t0)},
	} {
		for _, p := range []config.Parameter{latest, pinned} {
			t.Run(name+"/"+string(p.Versioning), func(t *testing.T) {
				explored, err := awsfake.Explore(func() awsfake.Scenario {
					a := newAccount(p)
					backups(a, 1)
					settled(a, tokyo, ami(0))
					a.Create(tokyo, ami(1), web, t0.Add(time.Hour))
					if name == "the_end" {
						a.Create(tokyo, ami(2), web, t0.Add(-time.Hour))
						a.SetState(tokyo, ami(2), "available")
					}
					failed := false
					return awsfake.Scenario{
						World: a.World,
						Actors: []awsfake.Actor{
							{Run: func(process *awsfake.Process) { process.Change(name, change.happens) }},
							{Run: func(process *awsfake.Process) {
								failed = change.event.handle(a, process, change.event.meta()).Err != nil
							}, After: []int{0}},
							{Run: func(process *awsfake.Process) { scheduled(tokyo).handle(a, process, event.Meta{}) }},
						},
						Check: func() error {
							if failed {
								if o := change.event.redeliver(a); o.Err != nil {
									return o.Err
								}
							}
							return a.right(tokyo)
						},
					}
				})
				if err != nil {
					t.Fatal(err)
				}
				t.Log(explored)
			})
		}
	}
}

// Reconcile attributes a copy while copyimage does, their calls in every order. (I1, I2, I6.)
func TestReconcile_beside_copyimage_in_every_order(t *testing.T) {
	for _, p := range []config.Parameter{latest, pinned} {
		t.Run(string(p.Versioning), func(t *testing.T) {
			explored, err := awsfake.Explore(func() awsfake.Scenario {
				a := newAccount(p)
				copies(a, 1)
				failed, heard := false, copiedTo(copied(0), ami(0), false, t0)
				return awsfake.Scenario{
					World: a.World,
					Actors: []awsfake.Actor{
						{Run: func(process *awsfake.Process) { failed = heard.handle(a, process, heard.meta()).Err != nil }},
						{Run: func(process *awsfake.Process) { scheduled(singapore).handle(a, process, event.Meta{}) }},
					},
					Check: func() error {
						if failed {
							if o := heard.redeliver(a); o.Err != nil {
								return o.Err
							}
						}
						return a.right(singapore)
					},
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			t.Log(explored)
		})
	}
}
