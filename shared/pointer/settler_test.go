package pointer

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lastgood/shared/awsfake"
	"lastgood/shared/recovery"
)

func TestSettle_says_what_it_did_in_the_parameters_description(t *testing.T) {
	p := recovery.Point{ID: ami1, Name: "AwsBackup_x", OriginalOf: web, Created: t0, Tags: map[string]string{"Name": "web-1"}}
	want := web + ` as of 2026-09-01 02:00:00 UTC: image "AwsBackup_x", tagged "web-1". Kept by lastgood.`
	if diff := cmp.Diff(want, describe(p)); diff != "" {
		t.Error(diff)
	}
}

func TestSettle_reads_every_page(t *testing.T) {
	w := world(latest)
	w.PageSize = 2
	var ids []string
	for i := range 7 {
		ids = append(ids, fmt.Sprintf("ami-%017d", i))
	}
	slices.Reverse(ids) // the newest comes on the first page, the oldest on the last
	images(w, ids...)
	if _, err := settler(w.Process(nil), tokyo, latest).Settle(context.Background(), web); err != nil {
		t.Fatal(err)
	}
	if got := w.Value(tokyo, parameter); got != w.Newest(tokyo, web) {
		t.Errorf("the pointer names %s, the newest is %s", got, w.Newest(tokyo, web))
	}
}

func TestSettle_leaves_out_names_that_are_not_included(t *testing.T) {
	w := world(latest)
	images(w, ami1)
	s := settler(w.Process(nil), tokyo, latest)
	s.Included = func(string) bool { return false }
	if r, err := s.Settle(context.Background(), web); err != nil || r.Move != Nothing {
		t.Errorf("got %v, %v", r.Move, err)
	}
}

// Somebody with tagging rights can make a settle dearer, by a verification for each forgery,
// and no more.
func TestSettle_many_forgeries_cost_one_verification_each(t *testing.T) {
	const forgeries = 300
	w := world(latest)
	images(w, ami1)
	for i := range forgeries {
		id, at := fmt.Sprintf("ami-f%016d", i), t0.Add(time.Duration(i+1)*time.Minute)
		w.Copy(tokyo, id, singapore, ami2, "copy", at)
		w.SetState(tokyo, id, "available")
		w.Tag(tokyo, id, map[string]string{recovery.TagSourceID: web, recovery.TagTakenAt: at.Format(time.RFC3339), recovery.TagSignature: "AAAA"})
	}
	p := w.Process(nil)
	r, err := settler(p, tokyo, latest).Settle(context.Background(), web)
	if err != nil || w.Value(tokyo, parameter) != ami1 {
		t.Fatalf("%+v, %v", r, err)
	}
	if len(r.Forged) != forgeries || p.Count("VerifyMac") != forgeries || len(p.Calls) > forgeries+8 {
		t.Errorf("%d forged, %d verifications, %d calls", len(r.Forged), p.Count("VerifyMac"), len(p.Calls))
	}
}

// EC2 is waited for a little before an event is given back: its queue takes minutes.
func TestSettle_waits_for_EC2(t *testing.T) {
	w := world(latest)
	w.Create(tokyo, ami1, web, t0)
	s := settler(w.Process(nil), tokyo, latest)
	var waited time.Duration
	s.Pause = func(_ context.Context, d time.Duration) error {
		if waited += d; waited > time.Second {
			w.SetState(tokyo, ami1, "available")
		}
		return nil
	}
	r, err := s.Settle(context.Background(), web, Hint{Image: ami1, State: recovery.Available, Fresh: true})
	if err != nil || r.Move != Moved || waited != 3*time.Second {
		t.Errorf("%s after %s: %v", r.Move, waited, err)
	}
}

// What is deleted is put again, though the invocation's time be over in between; and
// nothing is deleted with too little time left.
func TestSettle_recreates_a_pinned_pointer_or_leaves_it(t *testing.T) {
	for name, tc := range map[string]struct {
		left  time.Duration
		value string
	}{
		"time_ends_with_the_delete": {time.Hour, ami2},
		"too_little_time":           {timeToRecreate / 2, ami1},
	} {
		t.Run(name, func(t *testing.T) {
			w := world(pinned)
			images(w, ami1, ami2)
			w.SetParameter(tokyo, parameter, ami1, "String", "text", 1)
			ctx, cancel := context.WithTimeout(context.Background(), tc.left)
			defer cancel()
			p := w.Process(func(_ int, c awsfake.Call) awsfake.Fault {
				if c.Action == "DeleteParameter" {
					cancel()
				}
				return awsfake.Fault{}
			})
			settler(p, tokyo, pinned).Settle(ctx, web)
			if got := w.Value(tokyo, parameter); got != tc.value {
				t.Errorf("the pointer names %q, want %q", got, tc.value)
			}
		})
	}
}
