package lifecycle

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"lastgood/shared/awsfake"
	"lastgood/shared/config"
	"lastgood/shared/recovery"
)

func to(region string, keep int) config.CopyTo {
	return config.CopyTo{Region: region, Retain: config.Retain{Count: keep}}
}

func TestKeep_copies_what_the_other_Region_keeps_once(t *testing.T) {
	a := newAccount(t, 4, 3, to(tokyo, 3), to(singapore, 2))
	want := map[string]int{data + " 03": 2, data + " 04": 2, golden + " 03": 1, golden + " 04": 1}
	for look, then := range []func(){func() {}, func() { a.Finish(singapore) }, func() { a.finish(t, singapore) }, func() { a.keep(t, singapore) }} {
		a.keep(t, tokyo)
		if diff := cmp.Diff(want, a.days(t, singapore)); diff != "" {
			t.Errorf("look %d: %s", look, diff)
		}
		then()
	}
	if got := a.days(t, sydney); len(got) != 0 {
		t.Errorf("Sydney holds %v", got)
	}
	a.whole(t)
}

func TestKeep_deletes_older_copies_when_newer_ones_are_attested(t *testing.T) {
	a := newAccount(t, 2, 2, to(singapore, 2))
	for day := range 4 {
		a.keep(t, tokyo)
		a.Finish(singapore)
		a.keep(t, singapore)
		if got := a.days(t, singapore)[fmt.Sprintf("%s %02d", data, max(1, day+1))]; got != 2 {
			t.Errorf("day %d: a set went before the newer one was attested: %v", day, a.days(t, singapore))
		}
		a.finish(t, singapore)
		a.keep(t, singapore)
		a.Now = start.AddDate(0, 0, day+2)
		a.capture(t, data, 1)
		a.Now = a.Now.Add(time.Hour)
	}
	want := map[string]int{data + " 04": 2, data + " 05": 2, golden + " 01": 1, golden + " 02": 1}
	if diff := cmp.Diff(want, a.days(t, singapore)); diff != "" {
		t.Error(diff)
	}
	a.whole(t)
}

func TestKeep_tags_copies_and_encrypts_them(t *testing.T) {
	dr := to(singapore, 1)
	dr.KMSKey = "arn:aws:kms:ap-southeast-1:111122223333:key/1"
	a := newAccount(t, 1, 1, dr)
	original := a.of(t, tokyo, data, 1)[0]
	a.Tag(tokyo, original, map[string]string{recovery.TagPreScript: recovery.Success, recovery.TagPostScript: recovery.Failure,
		"aws:backup:source-resource": "x", recovery.TagSourceID: "x", recovery.TagSignature: "x"})
	a.keep(t, tokyo)
	image := a.of(t, singapore, golden, 1)[0]
	for _, id := range a.of(t, singapore, data, 1) {
		if from := a.Tags(singapore, id)[recovery.TagCopiedFrom]; from != tokyo+"/"+original {
			continue
		}
		want := map[string]string{
			"Name": "web", "Team": "web", recovery.TagPolicy: data, recovery.TagRun: data + "/2026-11-01T02:00:00Z/" + web, recovery.TagAttempt: "1",
			recovery.TagSetSize: "2", recovery.TagPreScript: recovery.Success, recovery.TagPostScript: recovery.Failure, recovery.TagCopiedFrom: tokyo + "/" + original,
		}
		if diff := cmp.Diff(want, a.Tags(singapore, id)); diff != "" {
			t.Error(diff)
		}
	}
	backing := a.SnapshotsOf(singapore, image)
	want := map[string]string{recovery.TagPolicy: golden, recovery.TagBacks: golden + "/2026-11-01T02:00:00Z/" + web}
	if diff := cmp.Diff(want, a.Tags(singapore, backing[0])); diff != "" {
		t.Error(diff)
	}
	a.config.Policies[0].CopyTags, a.config.Policies[1].CopyTags = false, false
	a.Now = start.AddDate(0, 0, 1)
	a.capture(t, data, 1)
	a.keep(t, tokyo)
	if tags := a.Tags(singapore, a.of(t, singapore, data, 2)[0]); tags["Name"] != "" || tags["Team"] != "web" {
		t.Errorf("without copyTags: %v", tags)
	}
}

// A copy gets a source, an age and a signature, and may be quarantined.
func TestKeep_leaves_room_for_what_a_copy_is_tagged_with_later(t *testing.T) {
	a := newAccount(t, 1, 1, to(singapore, 1))
	original := a.of(t, tokyo, data, 1)[0]
	full := map[string]string{}
	for n := range config.MaxTags - len(a.Tags(tokyo, original)) {
		full[fmt.Sprintf("own-%02d", n)] = "x"
	}
	a.Tag(tokyo, original, full)
	a.keep(t, tokyo)
	a.finish(t, singapore)
	for _, id := range a.of(t, singapore, data, 1) {
		tags := a.Tags(singapore, id)
		if tags[recovery.TagCopiedFrom] != tokyo+"/"+original {
			continue
		}
		if _, last := tags["own-41"]; len(tags) != config.MaxTags-1 || tags[recovery.TagSignature] == "" || tags["own-00"] == "" || last {
			t.Errorf("%d tags: %v", len(tags), tags)
		}
		return
	}
	t.Error("it was not copied")
}

func TestKeep_starts_no_more_copies_than_EC2_takes_and_the_rest_later(t *testing.T) {
	a := newAccount(t, 12, 12, to(singapore, 12))
	for n := range 18 { // somebody else copies as well
		a.CopySnapshot(singapore, fmt.Sprintf("snap-0%016x", n), tokyo, a.of(t, tokyo, data, 1)[0], a.Now, nil)
	}
	results := a.keep(t, tokyo)
	if len(results[0].Started) != 2 || results[0].Waiting != 22 || len(results[1].Started) != 0 {
		t.Errorf("%d started, %d wait; then %d", len(results[0].Started), results[0].Waiting, len(results[1].Started))
	}
	for range 5 {
		a.finish(t, singapore)
		a.keep(t, tokyo)
	}
	a.finish(t, singapore)
	if got := len(a.days(t, singapore)); got != 24 {
		t.Errorf("%d sets were copied in the end: %v", got, a.days(t, singapore))
	}
	a.whole(t)
}

func TestKeep_prunes_though_another_Region_does_not_answer(t *testing.T) {
	a := newAccount(t, 4, 2, to(singapore, 1), to(sydney, 1))
	a.Down(singapore, true)
	results := a.keep(t, tokyo)
	if diff := cmp.Diff([]string{singapore}, results[0].Unanswered); diff != "" {
		t.Error(diff)
	}
	if err := results[0].Err(); err != nil {
		t.Error(err)
	}
	if got := a.days(t, tokyo); len(got) != 4 {
		t.Errorf("Tokyo holds %v", got)
	}
	if got := a.days(t, sydney); got[data+" 04"] != 2 || got[golden+" 04"] != 1 {
		t.Errorf("Sydney holds %v", got)
	}
	a.Down(singapore, false)
	a.keep(t, tokyo)
	if got := a.days(t, singapore); got[data+" 04"] != 2 || got[golden+" 04"] != 1 {
		t.Errorf("Singapore holds %v", got)
	}
	a.whole(t)
}

// A large fleet has many pages, and each takes its time.
func TestKeep_waits_for_each_answer_of_another_Region_and_not_for_all_together(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAccount(t, 6, 6, to(singapore, 6))
		a.keep(t, tokyo)
		a.finish(t, singapore)
		a.Now = start.AddDate(0, 0, 6)
		a.capture(t, data, 1)
		a.PageSize = 1
		slow := a.Process(func(_ int, c awsfake.Call) awsfake.Fault {
			if c.Region == singapore {
				time.Sleep(700 * time.Millisecond) // of a second that there is
			}
			return awsfake.Fault{}
		})
		results, err := a.keeper(slow, tokyo).Keep(t.Context(), subjects()...)
		if err != nil || len(results[0].Unanswered) != 0 || len(results[0].Started) != 2 {
			t.Errorf("unanswered %v, started %d, %v", results[0].Unanswered, len(results[0].Started), err)
		}
	})
}

func TestKeep_does_not_delete_what_is_being_copied(t *testing.T) {
	a := newAccount(t, 1, 1, to(singapore, 1))
	a.keep(t, tokyo)
	a.Now = start.AddDate(0, 0, 1)
	a.capture(t, data, 1)
	a.capture(t, golden, 1)
	a.keep(t, tokyo)
	if got := a.days(t, tokyo); got[data+" 01"] != 2 || got[golden+" 01"] != 1 {
		t.Errorf("its copy is under way, and Tokyo holds %v", got)
	}
	a.finish(t, singapore)
	a.keep(t, tokyo)
	if got := a.days(t, tokyo); len(got) != 2 {
		t.Errorf("its copy is done, and Tokyo holds %v", got)
	}
}

func TestKeep_copies_anew_what_failed_and_deletes_the_failure(t *testing.T) {
	a := newAccount(t, 1, 1, to(singapore, 1))
	a.keep(t, tokyo)
	a.SetSnapshotState(singapore, a.of(t, singapore, data, 1)[1], "error")
	a.SetState(singapore, a.of(t, singapore, golden, 1)[0], "failed")
	a.Finish(singapore)
	a.finish(t, singapore)
	a.keep(t, tokyo)
	if got := a.days(t, singapore); got[data+" 01"] != 2 || got[golden+" 01"] != 1 {
		t.Errorf("it was copied again at once: %v", got)
	}
	a.Now = a.Now.Add(time.Hour)
	results := a.keep(t, tokyo)
	if got := a.days(t, singapore); got[data+" 01"] != 3 || got[golden+" 01"] != 2 {
		t.Errorf("it was not copied again: %v", got)
	}
	if len(results[0].Started) != 1 || !strings.Contains(results[0].Started[0].Reason, "failed") {
		t.Errorf("%+v", results[0].Started)
	}
	a.finish(t, singapore)
	a.keep(t, singapore)
	if got := a.days(t, singapore); got[data+" 01"] != 2 || got[golden+" 01"] != 1 {
		t.Errorf("the failure is still there: %v", got)
	}
	if a.NewestSnapshot(singapore, volumes[0]) == "" || a.NewestSnapshot(singapore, volumes[1]) == "" {
		t.Error("there is nothing to restore from")
	}
	a.whole(t)
}

func TestKeep_asks_another_Region_once_when_it_is_silent(t *testing.T) {
	a := newAccount(t, 1, 1, to(singapore, 1))
	a.Down(singapore, true)
	many := subjects()
	for n := range 3 * perLook {
		many = append(many, Subject{data, fmt.Sprintf("i-%017x", n)})
	}
	p := a.Process(nil)
	if _, err := a.keeper(p, tokyo).Keep(t.Context(), many...); err != nil {
		t.Fatal(err)
	}
	asked := 0
	for _, c := range p.Calls {
		if c.Region == singapore {
			asked++
		}
	}
	if asked != 1 {
		t.Errorf("it was asked %d times", asked)
	}
	if len(p.Calls) > 4*2+2 {
		t.Errorf("%d subjects took %d calls", len(many), len(p.Calls))
	}
}
