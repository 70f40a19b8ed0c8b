package snapshotstate

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"lastgood/shared/awsfake"
	"lastgood/shared/event"
	"lastgood/shared/recovery"
	"lastgood/shared/telemetry"
)

func TestHandle_settles_copies_attests_and_prunes(t *testing.T) {
	a := newAccount()
	for day := range 4 {
		a.Now = start.AddDate(0, 0, day)
		a.day(t)
		if err := a.right(); err != nil {
			t.Errorf("day %d: %v", day, err)
		}
		if want := 2 * min(day+1, 2); a.count(singapore) != want || a.count(tokyo) != want {
			t.Errorf("day %d: %d snapshots in Tokyo, %d in Singapore", day, a.count(tokyo), a.count(singapore))
		}
	}
	for _, id := range a.Points(singapore) {
		if tags := a.Tags(singapore, id); tags[recovery.TagSignature] == "" || !slices.Contains(volumes, tags[recovery.TagSourceID]) {
			t.Errorf("%s: %v", id, tags)
		}
	}
}

func TestHandle_looks_once_at_snapshots_that_are_nobodys(t *testing.T) {
	a := newAccount()
	var ids []string
	for n := range 100 {
		ids = append(ids, fmt.Sprintf("snap-%017x", n))
		a.Snapshot(tokyo, ids[n], volumes[0], a.Now, map[string]string{"Name": "x"})
	}
	a.Finish(tokyo)
	var events []event.SnapshotState
	for _, id := range ids {
		events = append(events, a.done(tokyo, id)...)
	}
	outcomes, p := a.handle(tokyo, nil, events...)
	if len(p.Calls) != 1 {
		t.Errorf("it took %d calls", len(p.Calls))
	}
	for _, o := range outcomes {
		if o.Name != "ignored" || o.Err != nil {
			t.Errorf("%+v", o)
		}
	}
}

func TestHandle_waits_until_the_set_is_whole(t *testing.T) {
	a := newAccount()
	ids := a.capture(t)
	a.SetSnapshotState(tokyo, ids[0], "completed")
	outcomes, p := a.handle(tokyo, nil, a.done(tokyo, ids[0])...)
	if outcomes[0].Name != "waiting" || len(p.Calls) != 2 {
		t.Errorf("%+v after %v", outcomes[0], p.Calls)
	}
	a.SetSnapshotState(tokyo, ids[1], "completed")
	a.handle(tokyo, nil, a.done(tokyo, ids[1])...)
	if err := a.right(); err != nil {
		t.Error(err)
	}
	if a.Value(tokyo, "/lastgood/"+volumes[0]) == "" {
		t.Error("the volume whose snapshot was done first has no pointer")
	}
}

func TestHandle_a_set_of_which_a_part_failed_moves_nothing(t *testing.T) {
	a := newAccount()
	a.day(t)
	before := a.Value(tokyo, "/lastgood/"+volumes[0])
	a.Now = start.AddDate(0, 0, 1)
	ids := a.capture(t)
	a.SetSnapshotState(tokyo, ids[0], "completed")
	a.SetSnapshotState(tokyo, ids[1], "error")
	e := a.done(tokyo, ids...)
	e[0].Snapshots[1].State = recovery.Gone
	if outcomes, _ := a.handle(tokyo, nil, e...); outcomes[0].Err != nil {
		t.Error(outcomes[0].Err)
	}
	if got := a.Value(tokyo, "/lastgood/"+volumes[0]); got != before {
		t.Errorf("it moved to %s", got)
	}
	if len(a.Points(singapore)) != 2 {
		t.Error("half a set was copied")
	}
}

func TestHandle_comes_again_where_EC2_is_behind(t *testing.T) {
	a := newAccount()
	ids := a.capture(t)
	outcomes, _ := a.handle(tokyo, nil, a.done(tokyo, ids...)...) // they are still shown as pending
	unknown, _ := a.handle(tokyo, nil, a.done(tokyo, "snap-0ffffffffffffffff")...)
	for _, o := range append(outcomes, unknown...) {
		if o.Err == nil {
			t.Errorf("%+v", o)
		}
	}
	late := a.done(tokyo, "snap-0ffffffffffffffff")
	a.Now = a.Now.Add(time.Hour)
	if gone, _ := a.handle(tokyo, nil, late...); gone[0].Name != "gone" || gone[0].Err != nil {
		t.Errorf("%+v", gone[0])
	}
}

// copies has a set copied to Singapore, and not heard of there.
func copies(t *testing.T) (account, []string) {
	t.Helper()
	a := newAccount()
	ids := a.capture(t)
	a.Finish(tokyo)
	a.handle(tokyo, nil, a.done(tokyo, ids...)...)
	return a, a.Finish(singapore)
}

func TestHandle_does_not_sign_a_copy_whose_tags_are_not_its_originals(t *testing.T) {
	for _, tag := range []string{recovery.TagRun, recovery.TagAttempt, recovery.TagSetSize, recovery.TagCopiedFrom} {
		a, ids := copies(t)
		a.Tag(singapore, ids[0], map[string]string{tag: a.Tags(singapore, ids[0])[tag] + "0"})
		outcomes, _ := a.handle(singapore, nil, a.done(singapore, ids[0])...)
		if outcomes[0].Name != "contradicting" || !slices.Contains(outcomes[0].Metrics, telemetry.TagsContradicting) {
			t.Errorf("%s: %+v", tag, outcomes[0])
		}
		if a.Tags(singapore, ids[0])[recovery.TagSignature] != "" {
			t.Errorf("%s: it was signed", tag)
		}
	}
}

func TestHandle_a_copy_that_somebody_tagged_moves_nothing(t *testing.T) {
	a, ids := copies(t)
	a.handle(singapore, nil, a.done(singapore, ids...)...)
	stranger, evil := "snap-0dddddddddddddddd", "snap-0eeeeeeeeeeeeeeee" // of another volume, newer, and tagged like ours
	a.Snapshot(tokyo, stranger, "vol-0ddddddddddddddd0", a.Now, nil)
	a.Finish(tokyo)
	a.CopySnapshot(singapore, evil, tokyo, stranger, a.Now.Add(time.Hour), a.Tags(singapore, ids[0]))
	a.Finish(singapore)
	a.Now = a.Now.Add(time.Hour)
	pointers := []string{a.Value(singapore, "/lastgood/"+volumes[0]), a.Value(singapore, "/lastgood/"+volumes[1])}
	a.handle(singapore, nil, a.done(singapore, evil)...)
	if got := []string{a.Value(singapore, "/lastgood/"+volumes[0]), a.Value(singapore, "/lastgood/"+volumes[1])}; !slices.Equal(got, pointers) {
		t.Errorf("the pointers were %v and are %v", pointers, got)
	}
}

func TestHandle_a_copy_whose_originals_Region_is_down_is_unresolved(t *testing.T) {
	a, ids := copies(t)
	a.Down(tokyo, true)
	outcomes, _ := a.handle(singapore, nil, a.done(singapore, ids...)...)
	for _, o := range outcomes {
		if o.Name != "unresolved" || o.Err != nil || !slices.Contains(o.Metrics, telemetry.ImagesUnresolved) {
			t.Errorf("%+v", o)
		}
	}
	a.Down(tokyo, false)
	a.handle(singapore, nil, a.done(singapore, ids...)...)
	if err := a.right(); err != nil {
		t.Error(err)
	}
	a.Down(tokyo, true) // what is signed stays attributed
	if outcomes, _ := a.handle(singapore, nil, a.done(singapore, ids...)...); outcomes[0].Name != "unchanged" {
		t.Errorf("%+v", outcomes[0])
	}
}

func TestHandle_a_copy_whose_original_is_gone_is_unattributed(t *testing.T) {
	a, ids := copies(t)
	_, original := a.CopiedFrom(singapore, ids[0])
	a.DeleteSnapshot(tokyo, original)
	outcomes, _ := a.handle(singapore, nil, a.done(singapore, ids[0])...)
	if outcomes[0].Name != "unattributed" || !slices.Contains(outcomes[0].Metrics, telemetry.ImagesUnattributed) {
		t.Errorf("%+v", outcomes[0])
	}
}

func TestHandle_quarantines_the_copy_of_what_is_quarantined(t *testing.T) {
	a, ids := copies(t)
	_, original := a.CopiedFrom(singapore, ids[1])
	a.Tag(tokyo, original, map[string]string{recovery.TagQuarantine: "restored badly"})
	a.handle(singapore, nil, a.done(singapore, ids...)...)
	if got := a.Tags(singapore, ids[1])[recovery.TagQuarantine]; got != "restored badly" {
		t.Errorf("quarantine: %q", got)
	}
	if got := a.Value(singapore, "/lastgood/"+volumes[0]); got != "" {
		t.Errorf("the pointer names %s, out of a set that is quarantined", got)
	}
}

func TestHandle_counts_copies_that_failed(t *testing.T) {
	a, ids := copies(t)
	a.SetSnapshotState(singapore, ids[0], "error")
	e := a.done(singapore, ids[0])
	e[0].Snapshots[0].State = recovery.Gone
	if outcomes, _ := a.handle(singapore, nil, e...); !slices.Contains(outcomes[0].Metrics, telemetry.CopiesFailed) || outcomes[0].Err != nil {
		t.Errorf("%+v", outcomes[0])
	}
}

func TestHandle_fails_all_events_where_nothing_can_be_seen(t *testing.T) {
	a := newAccount()
	ids := a.capture(t)
	a.Finish(tokyo)
	fails := func(int, awsfake.Call) awsfake.Fault { return awsfake.Fault{Before: awsfake.ErrThrottled} }
	outcomes, _ := a.handle(tokyo, fails, a.done(tokyo, ids...)...)
	if outcomes[0].Err == nil || !slices.Contains(outcomes[0].Metrics, telemetry.EventsFailed) {
		t.Errorf("%+v", outcomes[0])
	}
}
