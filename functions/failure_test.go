package functions_test

import (
	"strings"
	"testing"
	"time"

	"lastgood/shared/awsfake"
	"lastgood/shared/config"
	"lastgood/shared/recovery"
)

// flow is one event in one situation.
type flow struct {
	make  func(a account)
	event notice
}

// backups makes images of web in Tokyo, a minute apart, all available.
func backups(a account, n int) {
	for i := range n {
		a.Create(tokyo, ami(i), web, t0.Add(time.Duration(i)*time.Minute))
		a.SetState(tokyo, ami(i), "available")
	}
}

// copies copies them to Singapore, the oldest last, and available.
func copies(a account, n int) {
	backups(a, n)
	for i := range n {
		a.Copy(singapore, copied(i), tokyo, ami(i), backup, t0.Add(time.Hour-time.Duration(i)*time.Minute))
		a.SetState(singapore, copied(i), "available")
	}
}

func settled(a account, region, image string) {
	a.SetParameter(region, a.name(), image, "String", string(a.parameter.DataType), 1)
}

// attested has copyimage sign the first n copies.
func attested(a account, n int) {
	for i := range n {
		copiedTo(copied(i), ami(i), false, a.Now).deliver(a, nil)
	}
}

func flows() map[string]flow {
	now := t0
	return map[string]flow{
		"creation_of_a_pending_image": {func(a account) {
			backups(a, 1)
			settled(a, tokyo, ami(0))
			a.Create(tokyo, ami(1), web, t0.Add(time.Hour))
		},
			created(ami(1), web, now)},
		"creation_told_after_availability": {func(a account) { backups(a, 2); settled(a, tokyo, ami(0)) },
			created(ami(1), web, now)},
		"creation_without_its_request": {func(a account) { backups(a, 2) },
			created(ami(1), "", now)},
		"image_becomes_available": {func(a account) { backups(a, 2); settled(a, tokyo, ami(0)) },
			became(tokyo, ami(1), recovery.Available, now)},
		"image_is_deregistered": {func(a account) { backups(a, 2); settled(a, tokyo, ami(1)); a.Deregister(tokyo, ami(1)) },
			became(tokyo, ami(1), recovery.Gone, now)},
		"image_is_disabled": {func(a account) { backups(a, 2); settled(a, tokyo, ami(1)); a.SetState(tokyo, ami(1), "disabled") },
			became(tokyo, ami(1), recovery.Gone, now)},
		"copy_is_made": {func(a account) {
			copies(a, 1)
			attested(a, 1)
			a.Copy(singapore, copied(1), tokyo, ami(0), backup, t0.Add(time.Hour))
		},
			copiedTo(copied(1), ami(0), false, now)},
		"copy_told_after_availability": {func(a account) { copies(a, 2); attested(a, 1) },
			copiedTo(copied(1), ami(1), false, now)},
		"copy_by_AWS_Backup_while_the_main_Region_is_down": {func(a account) { copies(a, 1); a.Down(tokyo, true) },
			copiedTo(copied(0), ami(0), true, now)},
		"copy_of_a_quarantined_original": {func(a account) {
			copies(a, 2)
			attested(a, 1)
			a.Tag(tokyo, ami(1), map[string]string{recovery.TagQuarantine: "bad"})
		},
			copiedTo(copied(1), ami(1), false, now)},
		"copy_with_a_tag_that_contradicts": {func(a account) {
			copies(a, 1)
			a.Tag(singapore, copied(0), map[string]string{recovery.TagSourceID: evil})
		},
			copiedTo(copied(0), ami(0), false, now)},
		"signed_copy_becomes_available": {func(a account) { copies(a, 2); attested(a, 2); settled(a, singapore, copied(0)) },
			became(singapore, copied(1), recovery.Available, now)},
		"signed_copy_is_deregistered": {func(a account) {
			copies(a, 2)
			attested(a, 2)
			settled(a, singapore, copied(1))
			a.Deregister(singapore, copied(1))
		},
			became(singapore, copied(1), recovery.Gone, now)},
	}
}

var faults = []awsfake.Fault{
	{Before: awsfake.ErrThrottled}, {Before: awsfake.ErrServer}, {Before: awsfake.ErrTimeout},
	{After: awsfake.ErrLost}, {Again: true}, {Dies: true},
}

// Every call of every flow fails, loses its answer, or is the process's last one. Then the
// event comes again, and all is well. (I1, I2, with redelivery for reconcile.)
func TestFunctions_survive_every_failure_of_every_call(t *testing.T) {
	runs := 0
	for name, f := range flows() {
		for _, p := range []config.Parameter{latest, pinned} {
			prepare := func() account {
				a := newAccount(p)
				f.make(a)
				return a
			}
			a := prepare()
			outcome, process := f.event.deliver(a, nil)
			if outcome.Err != nil {
				t.Fatalf("%s, %s: fails without a failure: %v", name, p.Versioning, outcome.Err)
			}
			if err := a.right(f.event.region); err != nil {
				t.Fatalf("%s, %s: %v", name, p.Versioning, err)
			}
			for n, call := range process.Calls {
				for _, fault := range faults {
					runs++
					a := prepare()
					first, _ := f.event.deliver(a, func(i int, _ awsfake.Call) awsfake.Fault {
						if i == n {
							return fault
						}
						return awsfake.Fault{}
					})
					// No answer from another Region is no failure; of any other call it is one, unless
					// the SDK's second try was answered.
					if first.Err == nil && call.Region == f.event.region && !fault.Again {
						t.Fatalf("%s, %s, call %d %v %+v: it ended as %q", name, p.Versioning, n, call, fault, first.Name)
					}
					second := f.event.redeliver(a)
					if second.Err != nil {
						t.Fatalf("%s, %s, call %d %v %+v: the second delivery fails: %v", name, p.Versioning, n, call, fault, second.Err)
					}
					if err := a.right(f.event.region); err != nil {
						t.Fatalf("%s, %s, call %d %v %+v: %v", name, p.Versioning, n, call, fault, err)
					}
				}
			}
		}
	}
	t.Logf("%d failures, each followed by a second delivery", runs)
}

// An attempt died between deleting and recreating a pinned pointer, and the event comes
// out of the dead-letter queue: a new message to SQS, and an old event.
func TestImagestate_repairs_a_pinned_pointer_after_a_redrive(t *testing.T) {
	a := newAccount(pinned)
	backups(a, 2)
	settled(a, tokyo, ami(1))
	a.Deregister(tokyo, ami(1))
	e := became(tokyo, ami(1), recovery.Gone, t0)
	e.deliver(a, func(_ int, c awsfake.Call) awsfake.Fault { return awsfake.Fault{Dies: c.Action == "DeleteParameter"} })
	if a.Value(tokyo, a.name()) != "" {
		t.Fatal("nothing died between delete and put")
	}
	a.Now = a.Now.Add(24 * time.Hour)
	if o, _ := e.deliver(a, nil); o.Err != nil || a.Value(tokyo, a.name()) != ami(0) {
		t.Errorf("%+v: the pointer names %q, want %q", o, a.Value(tokyo, a.name()), ami(0))
	}
}

// Two pointers that name one image are both looked at, when it is gone.
func TestImagestate_settles_every_pointer_that_names_the_image(t *testing.T) {
	a := newAccount(latest)
	backups(a, 2)
	a.Deregister(tokyo, ami(1))
	settled(a, tokyo, ami(1))
	a.SetParameter(tokyo, "/lastgood/"+evil, ami(1), "String", "text", 1) // by hand
	if o, _ := became(tokyo, ami(1), recovery.Gone, t0).deliver(a, nil); o.Err != nil || a.Value(tokyo, a.name()) != ami(0) {
		t.Errorf("%+v: the pointer names %q, want %q", o, a.Value(tokyo, a.name()), ami(0))
	}
}

// What nobody attests moves nothing, whoever wrote what on it. (I6.)
func TestFunctions_no_tag_and_no_name_moves_a_pointer(t *testing.T) {
	forged := map[string]string{
		recovery.TagSourceID: web, recovery.TagTakenAt: t0.Add(2 * time.Hour).Format(time.RFC3339), recovery.TagSignature: strings.Repeat("A", 44),
		"instance-id": web, "Name": backup,
	}
	for name, f := range map[string]struct {
		region string
		make   func(a account)
		events []notice
	}{
		"image_of_another_instance": {tokyo, func(a account) {
			a.Create(tokyo, ami(9), evil, t0.Add(2*time.Hour))
			a.SetState(tokyo, ami(9), "available")
			a.Tag(tokyo, ami(9), forged)
		}, []notice{created(ami(9), evil, t0), created(ami(9), "", t0), became(tokyo, ami(9), recovery.Available, t0)}},
		"copy_of_it": {singapore, func(a account) {
			a.Create(tokyo, ami(9), evil, t0.Add(2*time.Hour))
			a.Copy(singapore, copied(9), tokyo, ami(9), backup, t0.Add(3*time.Hour))
			a.SetState(singapore, copied(9), "available")
			a.Tag(singapore, copied(9), forged)
		}, []notice{became(singapore, copied(9), recovery.Available, t0), copiedTo(copied(9), ami(9), false, t0)}},
		"copy_of_a_foreign_image": {singapore, func(a account) {
			a.Copy(singapore, copied(9), tokyo, ami(9), backup, t0.Add(3*time.Hour))
			a.SetState(singapore, copied(9), "available")
			a.Tag(singapore, copied(9), forged)
		}, []notice{copiedTo(copied(9), ami(9), false, t0), became(singapore, copied(9), recovery.Available, t0)}},
		"copy_whose_original_nobody_can_ask": {singapore, func(a account) {
			a.Copy(singapore, copied(9), tokyo, ami(9), backup, t0.Add(3*time.Hour))
			a.SetState(singapore, copied(9), "available")
			a.Tag(singapore, copied(9), forged)
			a.Down(tokyo, true)
		}, []notice{copiedTo(copied(9), ami(9), false, t0), became(singapore, copied(9), recovery.Available, t0)}},
		"event_that_names_another_original_than_EC2": {singapore, func(a account) {
			a.Create(tokyo, ami(9), evil, t0.Add(2*time.Hour))
			a.Copy(singapore, copied(9), tokyo, ami(9), backup, t0.Add(3*time.Hour))
			a.SetState(singapore, copied(9), "available")
		}, []notice{copiedTo(copied(9), ami(0), false, t0), became(singapore, copied(9), recovery.Available, t0)}},
		"registered_image": {tokyo, func(a account) {
			a.Create(tokyo, ami(9), "", t0.Add(2*time.Hour))
			a.SetState(tokyo, ami(9), "available")
			a.Tag(tokyo, ami(9), forged)
		}, []notice{became(tokyo, ami(9), recovery.Available, t0), created(ami(9), "", t0)}},
		"signature_copied_from_a_true_copy": {singapore, func(a account) {
			a.Copy(singapore, copied(9), tokyo, ami(9), backup, t0.Add(3*time.Hour))
			a.SetState(singapore, copied(9), "available")
			a.Tag(singapore, copied(9), a.Tags(singapore, copied(0)))
		}, []notice{copiedTo(copied(9), ami(9), false, t0), became(singapore, copied(9), recovery.Available, t0)}},
	} {
		for _, p := range []config.Parameter{latest, pinned} {
			a := newAccount(p)
			copies(a, 1)
			attested(a, 1)
			became(tokyo, ami(0), recovery.Available, t0).deliver(a, nil)
			f.make(a)
			before := a.Value(f.region, a.name())
			if before == "" {
				t.Fatalf("%s: there is no pointer to begin with", name)
			}
			for _, e := range append(f.events, f.events...) {
				if o, _ := e.deliver(a, nil); o.Err != nil {
					t.Errorf("%s: %s fails: %v", name, e.name, o.Err)
				}
			}
			if after := a.Value(f.region, a.name()); after != before {
				t.Errorf("%s, %s: the pointer moved to %s", name, p.Versioning, after)
			}
		}
	}
}

func TestCopyimage_trusting_claims_signs_what_is_only_claimed(t *testing.T) {
	a := newAccount(latest)
	a.trust = config.Claimed
	a.Copy(singapore, copied(0), tokyo, ami(0), backup, t0)
	a.SetState(singapore, copied(0), "available")
	if o, _ := copiedTo(copied(0), ami(0), false, t0).deliver(a, nil); o.Err != nil || a.Value(singapore, a.name()) != copied(0) {
		t.Errorf("%+v, the pointer names %q", o, a.Value(singapore, a.name()))
	}
}
