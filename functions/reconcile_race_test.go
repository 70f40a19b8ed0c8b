package functions_test

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"lastgood/shared/awsfake"
	"lastgood/shared/config"
	"lastgood/shared/event"
	"lastgood/shared/pointer"
	"lastgood/shared/recovery"
)

// kinds are how pointers can be kept.
var kinds = map[string]config.Parameter{"latest": latest, "pinned": pinned, "validated": validated}

// validates is Parameter Store, ending its validations at any moment, if it has any to do.
func (a account) validates(region string) awsfake.Actor {
	return awsfake.Actor{Run: func(process *awsfake.Process) {
		if a.parameter.DataType == config.EC2Image {
			process.Change("validated", func(w *awsfake.World) { w.Validated(region, true) })
		}
	}}
}

// quiet redelivers an event that failed, and says whether the pointer is where it belongs
// once Parameter Store has validated what it was given. What it was given last before it
// was asked to validate something else may have been lost on it: then one reconcile later.
func (a account) quiet(region string, failed bool, e notice) error {
	a.Validated(region, true)
	if failed {
		if o := e.redeliver(a); o.Err != nil {
			return o.Err
		}
		a.Validated(region, true)
	}
	if a.parameter.DataType == config.EC2Image {
		scheduled(region).deliver(a, nil)
		a.Validated(region, true)
	}
	return a.right(region)
}

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
		for kind, p := range kinds {
			t.Run(name+"/"+kind, func(t *testing.T) {
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
							a.validates(tokyo),
						},
						Check: func() error { return a.quiet(tokyo, failed, change.event) },
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
	for kind, p := range kinds {
		t.Run(kind, func(t *testing.T) {
			explored, err := awsfake.Explore(func() awsfake.Scenario {
				a := newAccount(p)
				copies(a, 1)
				failed, heard := false, copiedTo(copied(0), ami(0), false, t0)
				return awsfake.Scenario{
					World: a.World,
					Actors: []awsfake.Actor{
						{Run: func(process *awsfake.Process) { failed = heard.handle(a, process, heard.meta()).Err != nil }},
						{Run: func(process *awsfake.Process) { scheduled(singapore).handle(a, process, event.Meta{}) }},
						a.validates(singapore),
					},
					Check: func() error { return a.quiet(singapore, failed, heard) },
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			t.Log(explored)
		})
	}
}

// Somebody forges a copy of another instance's image, with the tags and the signature of a
// true one, while reconcile and an event function look: no pointer follows it, not for a
// moment. (I1, I2, I6.)
func TestReconcile_beside_a_forger_in_every_order(t *testing.T) {
	for name, heard := range map[string]notice{
		"the_forgery_becomes_available": became(singapore, copied(9), recovery.Available, t0),
		"the_forgery_is_copied":         copiedTo(copied(9), ami(9), true, t0),
	} {
		for _, claimed := range []bool{false, true} {
			for kind, p := range kinds {
				t.Run(fmt.Sprintf("%s/only_claimed_%v/%s", name, claimed, kind), func(t *testing.T) {
					explored, err := awsfake.Explore(func() awsfake.Scenario {
						a := newAccount(p)
						copies(a, 1)
						attested(a, 1)
						a.Validated(singapore, true)
						a.SetParameter(singapore, pointer.Names(p.Prefix).Parameter(evil), copied(9), "String", string(p.DataType), 1)
						a.Create(tokyo, ami(9), evil, t0.Add(2*time.Hour))
						a.Copy(singapore, copied(9), tokyo, ami(9), backup, t0.Add(3*time.Hour))
						a.SetState(singapore, copied(9), "available")
						tags := maps.Clone(a.Tags(singapore, copied(0)))
						tags[recovery.TagTakenAt] = t0.Add(2 * time.Hour).Format(time.RFC3339)
						if claimed {
							delete(tags, recovery.TagSignature)
						}
						failed := false
						return awsfake.Scenario{
							World: a.World,
							Actors: []awsfake.Actor{
								{Run: func(process *awsfake.Process) {
									process.Change("forged", func(w *awsfake.World) { w.Tag(singapore, copied(9), tags) })
								}},
								{Run: func(process *awsfake.Process) { failed = heard.handle(a, process, heard.meta()).Err != nil }},
								{Run: func(process *awsfake.Process) { scheduled(singapore).handle(a, process, event.Meta{}) }},
								a.validates(singapore),
							},
							Check: func() error { return a.quiet(singapore, failed, heard) },
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
}
