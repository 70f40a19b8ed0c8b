package lifecycle

import (
	"testing"
	"time"

	"lastgood/shared/awsfake"
	"lastgood/shared/recovery"
	"lastgood/shared/retention"
)

// sweep lets a keeper sweep once, undisturbed.
func (a account) deleteLeftovers(t *testing.T) []string {
	t.Helper()
	left, err := a.keeper(a.Process(nil), tokyo).DeleteLeftovers(t.Context())
	if err != nil || len(left.Failed) > 0 {
		t.Errorf("%v, %v", left.Failed, err)
	}
	return left.Deleted
}

func TestSweep_deletes_a_day_later_what_pruned_images_left_behind(t *testing.T) {
	a := newAccount(t, 3, 1)
	a.Leaves = true
	results := a.keep(t, tokyo)
	if len(results[1].Leftover) != 4 {
		t.Errorf("left behind: %v", results[1].Leftover)
	}
	a.Now = a.Now.Add(retention.Patience - time.Second)
	if deleted := a.deleteLeftovers(t); len(deleted) != 0 {
		t.Errorf("deleted within a day: %v", deleted)
	}
	a.Now = a.Now.Add(time.Second)
	if deleted := a.deleteLeftovers(t); len(deleted) != 4 {
		t.Errorf("deleted: %v", deleted)
	}
	if left := a.all(t, tokyo, recovery.TagBacks); len(left) != 2 {
		t.Errorf("left are %v", left)
	}
	if deleted := a.deleteLeftovers(t); len(deleted) != 0 {
		t.Errorf("deleted again: %v", deleted)
	}
	a.whole(t)
}

// They are what the image can be registered from again, or be restored to from the Recycle Bin.
func TestSweep_leaves_the_snapshots_of_an_image_that_somebody_else_deregistered(t *testing.T) {
	a := newAccount(t, 3, 3)
	image := a.of(t, tokyo, golden, 1)[0]
	a.Deregister(tokyo, image)
	a.Now = a.Now.AddDate(0, 0, 30)
	if deleted := a.deleteLeftovers(t); len(deleted) != 0 {
		t.Errorf("deleted: %v", deleted)
	}
}

func TestKeep_deregisters_no_image_whose_snapshots_it_cannot_mark(t *testing.T) {
	a := newAccount(t, 3, 1)
	refuse := func(_ int, c awsfake.Call) awsfake.Fault {
		if c.Action == "CreateTags" {
			return awsfake.Fault{Before: awsfake.ErrServer}
		}
		return awsfake.Fault{}
	}
	results, err := a.keeper(a.Process(refuse), tokyo).Keep(t.Context(), subjects()...)
	if err != nil || len(results[1].Failed) != 2 || len(results[1].Pruned) != 0 {
		t.Errorf("%+v, %v", results[1], err)
	}
	a.keep(t, tokyo)
	if left := a.days(t, tokyo)[golden+" 01"]; left != 0 {
		t.Error("the next look did not do it")
	}
}

func TestKeep_deregisters_an_image_of_which_a_snapshot_is_gone(t *testing.T) {
	a := newAccount(t, 3, 2)
	a.Leaves = true
	snapshots := a.SnapshotsOf(tokyo, a.of(t, tokyo, golden, 1)[0])
	a.DeleteSnapshot(tokyo, snapshots[0])
	if results := a.keep(t, tokyo); len(results[1].Pruned) != 1 {
		t.Errorf("%+v", results[1])
	}
	if a.Tags(tokyo, snapshots[1])[recovery.TagLeftover] == "" {
		t.Error("the other one is not marked")
	}
}

// An image that EC2 did not deregister, and that somebody else deregisters later, is not a leftover.
func TestSweep_takes_the_mark_back_where_the_image_stays(t *testing.T) {
	a := newAccount(t, 3, 2)
	image := a.of(t, tokyo, golden, 1)[0]
	refuse := func(_ int, c awsfake.Call) awsfake.Fault {
		if c.Action == "DeregisterImage" {
			return awsfake.Fault{Before: awsfake.ErrServer}
		}
		return awsfake.Fault{}
	}
	if _, err := a.keeper(a.Process(refuse), tokyo).Keep(t.Context(), subjects()...); err != nil {
		t.Fatal(err)
	}
	a.Now = a.Now.AddDate(0, 0, 2)
	if deleted := a.deleteLeftovers(t); len(deleted) != 0 {
		t.Errorf("deleted: %v", deleted)
	}
	a.Deregister(tokyo, image)
	a.Now = a.Now.AddDate(0, 0, 2)
	if deleted := a.deleteLeftovers(t); len(deleted) != 0 {
		t.Errorf("deleted after somebody else deregistered it: %v", deleted)
	}
}

func TestSweep_leaves_what_somebody_may_need(t *testing.T) {
	mark := func(value string) func(account, string) {
		return func(a account, left string) { a.Tag(tokyo, left, map[string]string{recovery.TagLeftover: value}) }
	}
	tag := func(key, value string) func(account, string) {
		return func(a account, left string) { a.Tag(tokyo, left, map[string]string{key: value}) }
	}
	for name, change := range map[string]func(a account, left string){
		"it was marked within a day": func(a account, left string) {
			mark(a.Now.Add(time.Minute-retention.Patience).Format(time.RFC3339))(a, left)
		},
		"its mark was taken back":     mark(""),
		"its mark is somebody else's": mark("yes"),
		"it is locked":                func(a account, left string) { a.Lock(left) },
		"an image has it":             func(a account, left string) { a.Register(tokyo, "ami-0fffffffffffffff2", left) },
		"a launch template has it":    func(a account, left string) { a.LaunchTemplate(tokyo, "web", left) },
		"it is quarantined":           tag(recovery.TagQuarantine, ""),
		"its policy is another":       tag(recovery.TagPolicy, data),
		"it is a point by itself":     tag(recovery.TagRun, "x"),
		"nobody knows of what run":    tag(recovery.TagBacks, "x"),
		"an image of its run is left": tag(recovery.TagBacks, golden+"/2026-11-03T02:00:00Z/"+web),
	} {
		t.Run(name, func(t *testing.T) {
			a := newAccount(t, 3, 1)
			left := "snap-0fffffffffffffff3"
			a.Snapshot(tokyo, left, volumes[0], a.Now.AddDate(0, 0, -9), map[string]string{
				recovery.TagPolicy: golden, recovery.TagBacks: golden + "/2026-10-23T02:00:00Z/" + web,
				recovery.TagLeftover: a.Now.Add(-retention.Patience).Format(time.RFC3339),
			})
			a.Finish(tokyo)
			without := account{a.Clone(), a.config}
			change(a, left)
			if deleted := a.deleteLeftovers(t); len(deleted) != 0 {
				t.Errorf("deleted: %v", deleted)
			}
			if deleted := without.deleteLeftovers(t); len(deleted) != 1 {
				t.Errorf("without that it stays as well: %v", deleted)
			}
		})
	}
}
