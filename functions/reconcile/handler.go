// Package reconcile is the function that looks at everything, on a schedule: what events
// make sooner, it makes certain.
package reconcile

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"lastgood/shared/attest"
	"lastgood/shared/event"
	"lastgood/shared/inventory"
	"lastgood/shared/pointer"
	"lastgood/shared/recovery"
	"lastgood/shared/telemetry"
)

// Handler settles every pointer of a Region and measures them. Its first run after a
// deployment is the backfill.
type Handler struct {
	Images    inventory.Images
	Originals attest.Originals
	Attestor  attest.Attestor
	Sweep     *pointer.Sweep
	Policies  *Policies // nil where the configuration has none
	Watch     recovery.Watch
	Every     time.Duration // from one run to the next
	Log       *slog.Logger
	Metrics   *telemetry.Recorder
	Now       func() time.Time
}

// Handle reconciles once, however many requests there are. A run that had no time for
// some pointers, or failed on some, is no failure: the next one goes on.
func (h Handler) Handle(ctx context.Context, batch []event.Reconcile) []telemetry.Outcome {
	outcome := h.reconcile(ctx)
	outcomes := make([]telemetry.Outcome, len(batch))
	for i := range batch {
		outcomes[i] = outcome
	}
	return outcomes
}

// attributing is the share of a run's time that attribution may take. The rest is for the
// pointers.
const attributing = 0.4

func (h Handler) reconcile(ctx context.Context) telemetry.Outcome {
	over := within(ctx, attributing)
	images, err := h.Images.All(ctx)
	if err != nil {
		return telemetry.Failed(err)
	}
	var snapshots []recovery.Point
	var kept []error // what failed of what is done for policies
	if h.Policies != nil {
		if snapshots, err = h.Policies.Snapshots.OfRuns(ctx, "*"); err != nil {
			return telemetry.Failed(err)
		}
		kept = h.attest(ctx, snapshots)
	}
	run := h.run()
	due, waiting := turn(doubtful(images), run)
	tried := h.attribute(ctx, images, append(due, audited(images, run, h.Every)...), over)

	points := slices.Concat(images, recovery.Whole(snapshots)) // what was attested may make a set whole
	swept, err := h.Sweep.Sweep(ctx, points)
	if err != nil {
		return telemetry.Failed(err)
	}
	// What the sweep found forged it has counted, and the next run moves what becomes of it.
	again := h.attribute(ctx, points, forged(points, swept.Results), func() bool { return h.Sweep.Over(ctx) })
	if h.Policies != nil {
		kept = append(kept, h.keep(ctx, points)...)
	}
	failures := slices.Concat(tried.errs, again.errs, swept.Errors, kept)
	h.measure(ctx, points, swept.Results)
	h.Metrics.Add(telemetry.ReconcileUnfinished, swept.Unfinished)
	h.addSome(telemetry.ReconcileFailures, len(failures))
	h.addSome(telemetry.TagsContradicting, tried.contradicting)
	h.addSome(telemetry.ImagesWaiting, waiting+tried.left+again.left)
	for _, err := range failures {
		h.Log.Error("reconcile", telemetry.FieldError, err.Error())
	}

	outcome := telemetry.Outcome{Name: telemetry.OutcomeReconciled, Metrics: []telemetry.Metric{telemetry.ReconcilesCompleted}}
	if swept.Unfinished > 0 {
		outcome = telemetry.Outcome{Name: telemetry.OutcomeUnfinished, Reason: "the next run goes on"}
	}
	return outcome.With(
		slog.Int(telemetry.FieldImages, len(images)),
		slog.Int(telemetry.FieldSnapshots, len(snapshots)),
		slog.Int(telemetry.FieldPointers, len(swept.Results)),
		slog.Int(telemetry.FieldFailures, len(failures)),
		slog.Int(telemetry.FieldUnfinished, swept.Unfinished))
}

// run numbers the runs, so that each can take another share of what is looked at in turns.
func (h Handler) run() int { return int(h.Now().UnixNano() / int64(h.Every)) }

// within measures out a part of an invocation's time, and reports when that is over.
func within(ctx context.Context, part float64) (over func() bool) {
	deadline, limited := ctx.Deadline()
	end := time.Now().Add(time.Duration(part * float64(time.Until(deadline))))
	return func() bool { return ctx.Err() != nil || limited && time.Now().After(end) }
}
