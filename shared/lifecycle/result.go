package lifecycle

import (
	"errors"
	"log/slog"

	"lastgood/shared/retention"
	"lastgood/shared/telemetry"
)

// Result is what was decided on one policy and target, and what became of it.
type Result struct {
	Subject
	Region     string
	Decisions  []retention.Decision
	Due        []Copy
	Unanswered []string // Regions to copy to that gave no answer

	// What was done. All of it is empty in a plan.
	Pruned    []string // ids
	Leftover  []string // snapshots of deregistered images that EC2 did not delete, and why
	Failed    []error  // what could not be deleted; the rest of its set was left alone
	Started   []Copy
	Waiting   int     // copies that there was no room for
	NotCopied []error // copies that could not be started
}

// Err is what the next look has to make good, and an event should come again for.
func (r Result) Err() error { return errors.Join(r.Failed...) }

// Idle reports whether there was nothing to do and nothing to tell.
func (r Result) Idle() bool {
	return len(r.Pruned)+len(r.Leftover)+len(r.Failed)+len(r.Started)+r.Waiting+len(r.NotCopied)+len(r.Unanswered) == 0
}

// CopiesWaiting is how many copies are due and were not begun, for want of room or of an answer. Of a Region
// that gave none nobody knows how many are due there: it counts as one.
func (r Result) CopiesWaiting() int { return r.Waiting + len(r.Unanswered) }

// Outcome is the result as it is logged and counted.
func (r Result) Outcome() telemetry.Outcome {
	o := telemetry.Outcome{Name: telemetry.OutcomeKept}.With(
		slog.String(telemetry.FieldPolicy, r.Policy),
		slog.String(telemetry.FieldTarget, r.Target),
		slog.Any(telemetry.FieldPruned, r.Pruned),
		slog.Int(telemetry.FieldCopiesStarted, len(r.Started)),
		slog.Int(telemetry.FieldCopiesWaiting, r.CopiesWaiting()))
	if len(r.Unanswered) > 0 {
		o = o.With(slog.Any(telemetry.FieldUnanswered, r.Unanswered))
	}
	if len(r.Leftover) > 0 {
		o = o.With(slog.Any(telemetry.FieldLeftover, r.Leftover))
	}
	if err := errors.Join(r.NotCopied...); err != nil {
		o = o.With(slog.String(telemetry.FieldNotCopied, err.Error()))
	}
	for range r.Pruned {
		o.Metrics = append(o.Metrics, telemetry.PointsPruned)
	}
	for range r.Failed {
		o.Metrics = append(o.Metrics, telemetry.PruneFailed)
	}
	for range r.Started {
		o.Metrics = append(o.Metrics, telemetry.CopiesStarted)
	}
	for range r.NotCopied {
		o.Metrics = append(o.Metrics, telemetry.CopiesFailed)
	}
	o.Err = r.Err()
	return o
}
