package pointer

import (
	"context"
	"strings"
	"testing"
	"time"

	"lastgood/shared/awsfake"
	"lastgood/shared/config"
	"lastgood/shared/recovery"
)

func TestSettle(t *testing.T) {
	copyName := "AwsBackup_" + web
	for name, tc := range map[string]struct {
		parameter config.Parameter
		region    string
		prepare   func(w *awsfake.World)
		hints     []Hint
		move      Move
		value     string
		version   int64
		calls     int // at most; 0 means not looked at
		fails     string

		unconfirmed bool
	}{
		"nothing_there": {move: Nothing, calls: 3},
		"first_image": {
			prepare: func(w *awsfake.World) { images(w, ami1) },
			move:    Moved, value: ami1, version: 1, calls: 8,
		},
		"nothing_changes": {
			prepare: func(w *awsfake.World) { images(w, ami1); w.SetParameter(tokyo, parameter, ami1, "String", "text", 4) },
			move:    Unchanged, value: ami1, version: 4, calls: 3,
		},
		"newer_image_overwrites_in_place": {
			prepare: func(w *awsfake.World) {
				images(w, ami1, ami2)
				w.SetParameter(tokyo, parameter, ami1, "String", "text", 4)
			},
			move: Moved, value: ami2, version: 5, calls: 7,
		},
		"newer_image_recreates_a_pinned_parameter": {
			parameter: pinned,
			prepare: func(w *awsfake.World) {
				images(w, ami1, ami2)
				w.SetParameter(tokyo, parameter, ami1, "String", "text", 1)
			},
			move: Moved, value: ami2, version: 1, calls: 8,
		},
		"pinned_version_that_grew_is_put_right": {
			parameter: pinned,
			prepare:   func(w *awsfake.World) { images(w, ami1); w.SetParameter(tokyo, parameter, ami1, "String", "text", 2) },
			move:      Moved, value: ami1, version: 1, calls: 8,
		},
		"pinned_that_is_right_costs_three_calls": {
			parameter: pinned,
			prepare:   func(w *awsfake.World) { images(w, ami1); w.SetParameter(tokyo, parameter, ami1, "String", "text", 1) },
			move:      Unchanged, value: ami1, version: 1, calls: 3,
		},
		"wrong_data_type_is_recreated": {
			prepare: func(w *awsfake.World) {
				w.MayDelete = true
				images(w, ami1)
				w.SetParameter(tokyo, parameter, ami1, "String", "aws:ec2:image", 3)
			},
			move: Moved, value: ami1, version: 1, calls: 8,
		},
		"somebodys_own_secret_is_left_alone": {
			prepare: func(w *awsfake.World) {
				images(w, ami1)
				w.SetParameter(tokyo, parameter, ami1, "SecureString", "text", 3)
			},
			move: Conflict, value: ami1, version: 3,
		},
		"somebodys_own_value_is_left_alone": {
			prepare: func(w *awsfake.World) {
				images(w, ami1)
				w.SetParameter(tokyo, parameter, "on", "String", "text", 3)
			},
			move: Conflict, value: "on", version: 3,
		},
		"image_data_type_overwrites_in_place_and_is_validated_later": {
			parameter: validated,
			prepare: func(w *awsfake.World) {
				images(w, ami1, ami2)
				w.SetParameter(tokyo, parameter, ami1, "String", "aws:ec2:image", 4)
			},
			move: Moved, value: ami2, version: 5, calls: 7, unconfirmed: true,
		},
		"text_becomes_the_image_data_type_by_recreation": {
			parameter: validated,
			prepare: func(w *awsfake.World) {
				w.MayDelete = true
				images(w, ami1)
				w.SetParameter(tokyo, parameter, ami1, "String", "text", 4)
			},
			move: Moved, value: ami1, version: 1, calls: 8, unconfirmed: true,
		},
		"pending_image_is_never_published": {
			prepare: func(w *awsfake.World) { images(w, ami1); w.Create(tokyo, ami2, web, t0.Add(time.Hour)) },
			hints:   []Hint{{Image: ami2, State: recovery.Pending, Fresh: true}},
			move:    Moved, value: ami1, version: 1, calls: 8,
		},
		"falls_back_when_the_newest_is_deregistered": {
			prepare: func(w *awsfake.World) {
				images(w, ami1, ami2)
				w.Deregister(tokyo, ami2)
				w.SetParameter(tokyo, parameter, ami2, "String", "text", 9)
			},
			hints: []Hint{{Image: ami2, State: recovery.Gone, Fresh: true}},
			move:  Moved, value: ami1, version: 10, calls: 8,
		},
		"falls_back_when_the_newest_is_disabled": {
			prepare: func(w *awsfake.World) {
				images(w, ami1, ami2)
				w.SetState(tokyo, ami2, "disabled")
				w.SetParameter(tokyo, parameter, ami2, "String", "text", 9)
			},
			move: Moved, value: ami1, version: 10, calls: 8,
		},
		"falls_back_when_the_newest_is_quarantined": {
			prepare: func(w *awsfake.World) {
				images(w, ami1, ami2)
				w.Tag(tokyo, ami2, map[string]string{recovery.TagQuarantine: ""})
				w.SetParameter(tokyo, parameter, ami2, "String", "text", 9)
			},
			move: Moved, value: ami1, version: 10, calls: 8,
		},
		"dangling_stays_as_it_is": {
			prepare: func(w *awsfake.World) { w.SetParameter(tokyo, parameter, ami1, "String", "text", 1) },
			move:    Dangling, value: ami1, version: 1, calls: 4,
		},
		"another_instances_image_is_none_of_ours": {
			prepare: func(w *awsfake.World) {
				w.Create(tokyo, ami1, other, t0)
				w.SetState(tokyo, ami1, "available")
				w.Tag(tokyo, ami1, map[string]string{recovery.TagSourceID: web, recovery.TagTakenAt: t0.Format(time.RFC3339), recovery.TagSignature: "AAAA"})
			},
			move: Nothing, calls: 3,
		},
		"unsigned_tag_moves_nothing": {
			prepare: func(w *awsfake.World) {
				w.Copy(tokyo, ami1, singapore, ami2, copyName, t0)
				w.SetState(tokyo, ami1, "available")
				w.Tag(tokyo, ami1, map[string]string{recovery.TagSourceID: web, recovery.TagTakenAt: t0.Format(time.RFC3339)})
			},
			move: Nothing, calls: 3,
		},
		"forged_signature_is_passed_over": {
			prepare: func(w *awsfake.World) {
				images(w, ami1)
				w.Copy(tokyo, ami3, singapore, ami2, copyName, t0.Add(time.Hour))
				w.SetState(tokyo, ami3, "available")
				w.Tag(tokyo, ami3, map[string]string{recovery.TagSourceID: web, recovery.TagTakenAt: t0.Add(time.Hour).Format(time.RFC3339), recovery.TagSignature: "AAAA"})
			},
			move: Moved, value: ami1, version: 1,
		},
		"signature_of_another_Region_does_not_fit": {
			prepare: func(w *awsfake.World) {
				w.Copy(tokyo, ami1, singapore, ami2, copyName, t0)
				w.SetState(tokyo, ami1, "available")
				w.Copy(singapore, ami1, singapore, ami2, copyName, t0)
				sign(w, singapore, ami1, web, t0)
				w.Tag(tokyo, ami1, w.Tags(singapore, ami1))
			},
			move: Nothing,
		},
		"signed_copy_costs_one_call_more": {
			region: singapore,
			prepare: func(w *awsfake.World) {
				for i, id := range []string{ami1, ami2} {
					taken := t0.Add(time.Duration(i) * time.Hour)
					w.Copy(singapore, id, tokyo, id, copyName, taken.Add(time.Minute))
					w.SetState(singapore, id, "available")
					sign(w, singapore, id, web, taken)
				}
				w.SetParameter(singapore, parameter, ami1, "String", "text", 1)
			},
			move: Moved, value: ami2, version: 2, calls: 9,
		},
		"older_copy_finishing_last_does_not_win": {
			region: singapore,
			prepare: func(w *awsfake.World) {
				w.Copy(singapore, ami1, tokyo, ami1, copyName, t0.Add(time.Hour)) // copied last, and taken first
				w.Copy(singapore, ami2, tokyo, ami2, copyName, t0.Add(time.Minute))
				for i, id := range []string{ami1, ami2} {
					w.SetState(singapore, id, "available")
					sign(w, singapore, id, web, t0.Add(time.Duration(i)*time.Second))
				}
			},
			move: Moved, value: ami2, version: 1, calls: 9,
		},
		"copy_that_claims_to_be_older_than_itself_is_no_candidate": {
			region: singapore,
			prepare: func(w *awsfake.World) {
				w.Copy(singapore, ami1, tokyo, ami1, copyName, t0)
				w.SetState(singapore, ami1, "available")
				sign(w, singapore, ami1, web, t0.Add(time.Hour))
			},
			move: Nothing, calls: 3,
		},
		"creation_that_EC2_does_not_show_yet_comes_again": {
			hints: []Hint{{Image: ami1, State: recovery.Pending, Fresh: true}},
			fails: "it does not show " + ami1,
		},
		"creation_long_ago_of_what_is_not_there_is_over": {
			hints: []Hint{{Image: ami1, State: recovery.Pending}},
			move:  Nothing, calls: 4,
		},
		"availability_that_EC2_does_not_show_yet_comes_again": {
			prepare: func(w *awsfake.World) { w.Create(tokyo, ami1, web, t0) },
			hints:   []Hint{{Image: ami1, State: recovery.Available, Fresh: true}},
			fails:   "it shows " + ami1 + " as pending",
		},
		"end_that_EC2_does_not_show_yet_comes_again": {
			prepare: func(w *awsfake.World) { images(w, ami1) },
			hints:   []Hint{{Image: ami1, State: recovery.Gone, Fresh: true}},
			fails:   "it shows " + ami1 + " as available",
		},
		"image_enabled_again_counts_once_its_disabling_is_old": {
			prepare: func(w *awsfake.World) { images(w, ami1) },
			hints:   []Hint{{Image: ami1, State: recovery.Gone}},
			move:    Moved, value: ami1, version: 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.parameter == (config.Parameter{}) {
				tc.parameter = latest
			}
			if tc.region == "" {
				tc.region = tokyo
			}
			w := world(tc.parameter)
			if tc.prepare != nil {
				tc.prepare(w)
			}
			p := w.Process(nil)
			r, err := settler(p, tc.region, tc.parameter).Settle(context.Background(), web, tc.hints...)
			if tc.fails != "" {
				if err == nil || !strings.Contains(err.Error(), tc.fails) || !strings.Contains(err.Error(), web) {
					t.Fatalf("got error %v, want one that says %q", err, tc.fails)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if r.Move != tc.move || w.Value(tc.region, parameter) != tc.value || w.Version(tc.region, parameter) != tc.version {
				t.Errorf("%s to %q version %d, want %s to %q version %d", r.Move, w.Value(tc.region, parameter), w.Version(tc.region, parameter), tc.move, tc.value, tc.version)
			}
			if tc.calls > 0 && len(p.Calls) > tc.calls {
				t.Errorf("%d calls, want at most %d: %v", len(p.Calls), tc.calls, p.Calls)
			}
			if tc.move == Unchanged && len(p.Calls) != 3 {
				t.Errorf("a settle that changes nothing costs %d calls, want 3", len(p.Calls))
			}
			if r.Unconfirmed != tc.unconfirmed {
				t.Errorf("unconfirmed: %v, want %v", r.Unconfirmed, tc.unconfirmed)
			}
			if len(w.Broken) > 0 {
				t.Error(w.Broken)
			}
		})
	}
}
