package functions_test

import (
	"bytes"
	"context"
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"lastgood/functions/reconcile"
	"lastgood/shared/awsfake"
	"lastgood/shared/event"
	"lastgood/shared/recovery"
	"lastgood/shared/telemetry"
)

// measured reconciles, and returns what a metric says of it.
func measured(t *testing.T, h reconcile.Handler, m telemetry.Metric) any {
	t.Helper()
	return metrics(t, h)[m]
}

// metrics reconciles, with what the outcome adds as the adapter does, and returns what
// there is to be told.
func metrics(t *testing.T, h reconcile.Handler) map[telemetry.Metric]any {
	t.Helper()
	var out bytes.Buffer
	h.Metrics.Out = &out
	h.Metrics.Count(h.Handle(t.Context(), []event.Reconcile{{}})[0].Metrics...)
	return flushed(t, h, &out)
}

func flushed(t *testing.T, h reconcile.Handler, out *bytes.Buffer) map[telemetry.Metric]any {
	t.Helper()
	if err := h.Metrics.Flush(); err != nil {
		t.Fatal(err)
	}
	var line map[telemetry.Metric]any
	if err := json.NewDecoder(out).Decode(&line); err != nil {
		t.Fatal(err)
	}
	return line
}

// An instance is watched as long as it is backed up: one that is gone, or was imaged once,
// does not keep an alarm red.
func TestReconcile_counts_as_stale_only_what_is_still_backed_up(t *testing.T) {
	for name, f := range map[string]struct {
		images  int
		later   time.Duration
		aliases map[string][]string
		want    float64
	}{
		"fresh":                      {3, 25 * time.Hour, nil, 0},
		"too_old":                    {3, 27 * time.Hour, nil, 1},
		"too_old_and_an_alias_of_it": {3, 27 * time.Hour, map[string][]string{"web": {web, evil}}, 2},
		"imaged_once":                {1, 27 * time.Hour, nil, 0},
		"gone_for_weeks":             {3, 15 * 24 * time.Hour, nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAccount(latest)
			backups(a, f.images)
			a.Now = t0.Add(f.later)
			h := a.reconciler(a.Process(nil), tokyo)
			h.Sweep.Aliases = f.aliases
			if got := measured(t, h, telemetry.PointersStale); got != f.want {
				t.Errorf("%v stale, want %v", got, f.want)
			}
		})
	}
}

// Repairs are lost events, and nothing else.
func TestReconcile_counts_as_repaired_only_what_an_event_should_have_done(t *testing.T) {
	for name, f := range map[string]struct {
		make   func(a account)
		events []notice // that come while the run waits for them
		want   float64
	}{
		"lost_availability":      {func(a account) { backups(a, 2); settled(a, tokyo, ami(0)) }, nil, 1},
		"overtaken_availability": {func(a account) { backups(a, 2); settled(a, tokyo, ami(0)) }, []notice{became(tokyo, ami(1), recovery.Available, t0)}, 0},
		"overtaken_creation":     {func(a account) { backups(a, 2); settled(a, tokyo, ami(0)) }, []notice{created(ami(1), web, t0)}, 0},
		"lost_end":               {func(a account) { backups(a, 2); settled(a, tokyo, ami(1)); a.Deregister(tokyo, ami(1)) }, nil, 1},
		"overtaken_end": {
			func(a account) { backups(a, 2); settled(a, tokyo, ami(1)); a.Deregister(tokyo, ami(1)) },
			[]notice{became(tokyo, ami(1), recovery.Gone, t0)}, 0,
		},
		"backfill": {func(a account) { backups(a, 1) }, nil, 0},
		"quarantine": {func(a account) {
			backups(a, 2)
			settled(a, tokyo, ami(1))
			a.Tag(tokyo, ami(1), map[string]string{recovery.TagQuarantine: ""})
		}, nil, 0},
		"another_data_type": {func(a account) {
			a.MayDelete = true
			backups(a, 1)
			a.SetParameter(tokyo, a.name(), ami(0), "String", "aws:ec2:image", 1)
		}, nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAccount(latest)
			f.make(a)
			h := a.reconciler(a.Process(nil), tokyo)
			h.Sweep.Pause = func(context.Context, time.Duration) error {
				for _, e := range f.events {
					e.deliver(a, nil)
				}
				return nil
			}
			if got := measured(t, h, telemetry.PointersRepaired); got != f.want {
				t.Errorf("%v repairs, want %v", got, f.want)
			}
			if err := a.right(tokyo); err != nil {
				t.Error(err)
			}
		})
	}
}

// What is counted for the restore point objective is what the alarm watches.
func TestReconcile_measures_the_age_of_what_is_still_backed_up(t *testing.T) {
	for images, want := range map[int]any{1: nil, 2: []any{(26*time.Hour - time.Minute).Seconds()}} {
		a := newAccount(latest)
		backups(a, images)
		a.Now = t0.Add(26 * time.Hour)
		if got := measured(t, a.reconciler(a.Process(nil), tokyo), telemetry.PointerAge); !cmp.Equal(got, want) {
			t.Errorf("with %d images the ages are %v, want %v", images, got, want)
		}
	}
}

// One image that cannot be tagged and one pointer that cannot be written alarm by
// themselves; the run is complete.
func TestReconcile_completes_past_what_fails(t *testing.T) {
	for action, region := range map[string]string{"PutParameter": tokyo, "CreateTags": singapore} {
		t.Run(action, func(t *testing.T) {
			a := newAccount(latest)
			copies(a, 1)
			p := a.Process(func(_ int, c awsfake.Call) awsfake.Fault {
				if c.Action == action {
					return awsfake.Fault{Before: awsfake.ErrServer}
				}
				return awsfake.Fault{}
			})
			all := metrics(t, a.reconciler(p, region))
			if all[telemetry.ReconcileFailures] != 1. || all[telemetry.ReconcilesCompleted] != 1. || all[telemetry.ReconcileUnfinished] != 0. {
				t.Errorf("%v", all)
			}
		})
	}
}

// What Parameter Store refuses is counted each time.
func TestReconcile_counts_what_Parameter_Store_does_not_take(t *testing.T) {
	for valid, want := range map[bool]any{true: nil, false: 1.} {
		a := newAccount(validated)
		backups(a, 1)
		for range 2 {
			h := a.reconciler(a.Process(nil), tokyo)
			h.Sweep.Pause = func(context.Context, time.Duration) error { a.Validated(tokyo, valid); return nil }
			if got := measured(t, h, telemetry.PointersUnconfirmed); got != want {
				t.Errorf("validated %v: %v unconfirmed, want %v", valid, got, want)
			}
		}
		if got := a.Value(tokyo, a.name()); (got == ami(0)) != valid {
			t.Errorf("validated %v: the pointer names %q", valid, got)
		}
	}
}

// Attribution has a share of the time; the pointers get the rest of it.
func TestReconcile_leaves_time_for_the_pointers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAccount(latest)
		backups(a, 2)
		settled(a, tokyo, ami(0))
		const tagged = 20
		for i := range tagged {
			a.Create(tokyo, ami(100+i), evil, t0)
			a.Tag(tokyo, ami(100+i), map[string]string{recovery.TagSourceID: web})
		}
		h := a.reconciler(a.Process(func(_ int, c awsfake.Call) awsfake.Fault {
			if c.Action == "CreateTags" {
				time.Sleep(time.Minute)
			}
			return awsfake.Fault{}
		}), tokyo)
		var out bytes.Buffer
		h.Metrics.Out = &out
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		if o := h.Handle(ctx, []event.Reconcile{{}})[0]; o.Name != "reconciled" {
			t.Errorf("%+v", o)
		}
		all := flushed(t, h, &out)
		if waiting, _ := all[telemetry.ImagesWaiting].(float64); waiting != tagged-5 || a.Value(tokyo, a.name()) != ami(1) {
			t.Errorf("%v images wait, the pointer names %q", waiting, a.Value(tokyo, a.name()))
		}
	})
}
