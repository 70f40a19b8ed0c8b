package pointer

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lastgood/shared/awsfake"
	"lastgood/shared/config"
	"lastgood/shared/recovery"
	"lastgood/shared/signature"
)

const (
	tokyo     = "ap-northeast-1"
	singapore = "ap-southeast-1"
	web       = "i-0123456789abcdef0"
	other     = "i-0fedcba9876543210"
	ami1      = "ami-00000000000000001"
	ami2      = "ami-00000000000000002"
	ami3      = "ami-00000000000000003"
	parameter = "/lastgood/" + web
)

var (
	t0        = time.Date(2026, 9, 1, 2, 0, 0, 0, time.UTC)
	latest    = config.Default().Parameter
	pinned    = config.Parameter{Prefix: "/lastgood/", Versioning: config.Pinned, DataType: config.Text}
	validated = config.Parameter{Prefix: "/lastgood/", Versioning: config.Latest, DataType: config.EC2Image}
	all       = func(string) bool { return true }
)

// settler is one as setup makes it, in process p.
func settler(p *awsfake.Process, region string, parameter config.Parameter) *Settler {
	c := p.Client(region)
	return &Settler{
		Points:   PointsIn(c, region),
		Store:    Store{SSM: c, Parameter: parameter},
		Verifier: signature.Key{KMS: c, ID: "key"},
		Included: all,
		Pause:    func(context.Context, time.Duration) error { return nil },
	}
}

// sign tags a copy as copyimage does.
func sign(w *awsfake.World, region, image, source string, taken time.Time) {
	key := signature.Key{KMS: w.Process(nil).Client(region), ID: "key"}
	tags, err := recovery.Claim{Region: region, Point: image, Source: source, TakenAt: taken}.Tags(context.Background(), key)
	if err != nil {
		panic(err)
	}
	w.Tag(region, image, tags)
}

// images makes available images of web in Tokyo, a minute apart.
func images(w *awsfake.World, ids ...string) {
	for i, id := range ids {
		w.Create(tokyo, id, web, t0.Add(time.Duration(i)*time.Minute))
		w.SetState(tokyo, id, "available")
	}
}

func world(parameter config.Parameter) *awsfake.World {
	w := awsfake.New(tokyo, singapore)
	w.MayDelete = parameter.Versioning == config.Pinned
	return w
}

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
