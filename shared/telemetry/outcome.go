package telemetry

import (
	"context"
	"log/slog"
	"slices"
	"time"
)

// Outcome is what became of one event. Every event has exactly one, which is logged
// once, at the edge, and counted.
type Outcome struct {
	Name    OutcomeName
	Reason  string // why, where the name does not say it
	Err     error  // not nil: nothing is lost, the event has to come again
	Metrics []Metric
	Attrs   []slog.Attr

	// CopyTaken is when the original of the copy was taken that a pointer moved to; else zero.
	CopyTaken time.Time
}

// Failed is the outcome of an attempt that has to be made again.
func Failed(err error) Outcome {
	return Outcome{Name: OutcomeFailed, Err: err, Metrics: []Metric{EventsFailed}}
}

// Bad is the outcome of an event that cannot be understood, however often it comes.
func Bad(err error) Outcome {
	return Outcome{Name: OutcomeBad, Err: err, Metrics: []Metric{EventsBad}}
}

// Ignored is the outcome of an event that is understood and not for us.
func Ignored(reason string) Outcome {
	return Outcome{Name: OutcomeIgnored, Reason: reason, Metrics: []Metric{EventsIgnored}}
}

// With adds fields to the outcome's log line.
func (o Outcome) With(attrs ...slog.Attr) Outcome {
	o.Attrs = append(o.Attrs[:len(o.Attrs):len(o.Attrs)], attrs...)
	return o
}

// Log writes the outcome's line.
func (o Outcome) Log(ctx context.Context, log *slog.Logger, attrs ...slog.Attr) {
	attrs = append(attrs, slog.String(FieldOutcome, string(o.Name)))
	if o.Reason != "" {
		attrs = append(attrs, slog.String(FieldReason, o.Reason))
	}
	attrs = append(attrs, o.Attrs...)
	level := slog.LevelInfo
	if o.Err != nil {
		level = slog.LevelError
		attrs = append(attrs, slog.String(FieldError, o.Err.Error()))
	}
	log.LogAttrs(ctx, level, "event", attrs...)
}

// Moved reports whether the outcome is that a pointer was written.
func (o Outcome) Moved() bool { return slices.Contains(o.Metrics, PointersMoved) }
