package functions_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"lastgood/functions/reconcile"
	"lastgood/shared/event"
	"lastgood/shared/recovery"
	"lastgood/shared/telemetry"
)

// measured reconciles, and returns what a metric says of it.
func measured(t *testing.T, h reconcile.Handler, m telemetry.Metric) any {
	t.Helper()
	var out bytes.Buffer
	h.Metrics.Out = &out
	h.Handle(t.Context(), []event.Reconcile{{}})
	if err := h.Metrics.Flush(); err != nil {
		t.Fatal(err)
	}
	var line map[string]any
	if err := json.NewDecoder(&out).Decode(&line); err != nil {
		t.Fatal(err)
	}
	return line[string(m)]
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
		make func(a account)
		want float64
	}{
		"lost_availability": {func(a account) { backups(a, 2); settled(a, tokyo, ami(0)) }, 1},
		"lost_end":          {func(a account) { backups(a, 2); settled(a, tokyo, ami(1)); a.Deregister(tokyo, ami(1)) }, 1},
		"backfill":          {func(a account) { backups(a, 1) }, 0},
		"quarantine": {func(a account) {
			backups(a, 2)
			settled(a, tokyo, ami(1))
			a.Tag(tokyo, ami(1), map[string]string{recovery.TagQuarantine: ""})
		}, 0},
		"another_data_type": {func(a account) {
			a.MayDelete = true
			backups(a, 1)
			a.SetParameter(tokyo, a.name(), ami(0), "String", "aws:ec2:image", 1)
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAccount(latest)
			f.make(a)
			h := a.reconciler(a.Process(nil), tokyo)
			if got := measured(t, h, telemetry.PointersRepaired); got != f.want {
				t.Errorf("%v repairs, want %v", got, f.want)
			}
		})
	}
}
