// Package reconcile is the function that looks at everything, on a schedule: what events
// make sooner, it makes certain.
package reconcile

import (
	"context"
	"log/slog"
	"time"

	"lastgood/shared/attest"
	"lastgood/shared/event"
	"lastgood/shared/pointer"
	"lastgood/shared/recovery"
	"lastgood/shared/telemetry"
)

// Handler settles every pointer of a Region and measures them. Its first run after a
// deployment is the backfill.
type Handler struct {
	Images    pointer.Images
	Originals attest.Originals
	Attestor  attest.Attestor
	Sweep     *pointer.Sweep
	Watch     Watch
	Log       *slog.Logger
	Metrics   *telemetry.Recorder
	Now       func() time.Time
}

// Handle reconciles once, however many requests there are. A run that could not finish
// everything is no failure: the next one goes on.
func (h Handler) Handle(ctx context.Context, batch []event.Reconcile) []telemetry.Outcome {
	outcome := h.reconcile(ctx)
	outcomes := make([]telemetry.Outcome, len(batch))
	for i := range batch {
		outcomes[i] = outcome
	}
	return outcomes
}

func (h Handler) reconcile(ctx context.Context) telemetry.Outcome {
	images, err := h.Images.All(ctx)
	if err != nil {
		return telemetry.Failed(err)
	}
	left, errs := h.attribute(ctx, images, doubtful(images))
	swept, err := h.Sweep.Sweep(ctx, images)
	if err != nil {
		return telemetry.Failed(err)
	}
	forged, more := h.attribute(ctx, images, forged(images, swept.Results)) // the next run moves what becomes of it
	errs = append(append(errs, more...), swept.Errors...)
	h.measure(ctx, images, swept.Results)
	unfinished := left + forged + swept.Unfinished
	h.Metrics.Add(telemetry.ReconcileUnfinished, unfinished+len(errs))

	outcome := telemetry.Outcome{Name: "reconciled", Metrics: []telemetry.Metric{telemetry.ReconcilesCompleted}}
	if unfinished > 0 || len(errs) > 0 {
		outcome = telemetry.Outcome{Name: "unfinished", Reason: "the next run goes on"}
	}
	for _, err := range errs {
		h.Log.Error("reconcile", telemetry.FieldError, err.Error())
	}
	return outcome.With(
		slog.Int("images", len(images)),
		slog.Int("pointers", len(swept.Results)),
		slog.Int("errors", len(errs)),
		slog.Int("unfinished", unfinished))
}

// maxAsked bounds how many images without a source one run looks into, the newest first.
const maxAsked = 1000

// attribute finds out and signs whose the doubtful images are, and puts right what their
// tags say against the evidence. It adds to images what it wrote on them, and returns how
// many it did not get to.
func (h Handler) attribute(ctx context.Context, images []recovery.Point, doubtful []int) (left int, errs []error) {
	if len(doubtful) > maxAsked {
		left, doubtful = len(doubtful)-maxAsked, doubtful[:maxAsked]
	}
	origins := make([]attest.Origin, len(doubtful))
	for n, i := range doubtful {
		origins[n] = attest.OriginOf(images[i])
	}
	answers := h.Originals.Ask(ctx, origins)
	for n, i := range doubtful {
		if h.Sweep.Over(ctx) {
			return left + len(doubtful) - n, errs
		}
		original, answered := answers.Of(origins[n])
		attested, err := h.Attestor.Attest(ctx, images[i], false, original)
		switch {
		case err != nil:
			errs = append(errs, err)
		case attested.Source != "":
			images[i].Tags = attested.On(images[i].Tags)
			h.Metrics.Count(attested.Metrics()...)
		case !answered && origins[n] != (attest.Origin{}):
			h.Metrics.Count(telemetry.ImagesUnresolved)
		default:
			h.Metrics.Count(pointer.Unattributed(map[string]recovery.Point{images[i].ID: images[i]}, images[i].ID, false).Metrics...)
		}
	}
	return left, errs
}
