package pointer

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"

	"lastgood/shared/telemetry"
)

// Batch gathers which sources the events of a batch ask to look at, so that each
// source is settled once, whatever the number of its events.
type Batch struct {
	sources []string
	asks    map[string][]ask
}

// ask is one event's wish: its number in the batch and what it says.
type ask struct {
	event int
	hint  Hint
}

// Add notes that the event of this number asks to look at source. A hint without an
// image says nothing but that.
func (b *Batch) Add(event int, source string, hint Hint) {
	if b.asks == nil {
		b.asks = map[string][]ask{}
	}
	if _, known := b.asks[source]; !known {
		b.sources = append(b.sources, source)
	}
	b.asks[source] = append(b.asks[source], ask{event, hint})
}

// Settle settles every source, in the order of their first event, and then calls report
// once for each event, in their order. A failure of one source leaves the others alone; it
// is the outcome of all its events.
func (b *Batch) Settle(ctx context.Context, s *Settler, report func(event int, o telemetry.Outcome)) {
	outcomes := map[int]telemetry.Outcome{}
	add := func(event int, o telemetry.Outcome) {
		if before, another := outcomes[event]; another {
			o = both(before, o)
		}
		outcomes[event] = o
	}
	for _, source := range b.sources {
		asks := b.asks[source]
		var hints []Hint
		for _, a := range asks {
			if a.hint.Image != "" {
				hints = append(hints, a.hint)
			}
		}
		results, err := s.SettleAll(ctx, source, hints...)
		for i, a := range asks {
			switch {
			case err != nil:
				add(a.event, results[len(results)-1].failed(err))
			case i == 0:
				for _, result := range results {
					add(a.event, result.Outcome())
				}
			default: // counted and told once, however many events led to it
				add(a.event, telemetry.Outcome{Name: telemetry.OutcomeTogether, Reason: "settled with another event of the batch"}.
					With(slog.String(telemetry.FieldSourceID, source)))
			}
		}
	}
	for _, event := range slices.Sorted(maps.Keys(outcomes)) {
		report(event, outcomes[event])
	}
}

// SettleAll settles a source's own pointer, and then the aliases that stand for it. With
// an error, the last result is of the one that failed.
func (s *Settler) SettleAll(ctx context.Context, source string, hints ...Hint) ([]Result, error) {
	result, err := s.Settle(ctx, source, hints...)
	results := []Result{result}
	for _, alias := range s.AliasesOf(source) {
		if err != nil {
			break
		}
		result, err = s.SettleAlias(ctx, alias, hints...)
		results = append(results, result)
	}
	return results, err
}

// both is the outcome of an event that asked to look at two sources: the failure, if one
// failed, or else the move, if one moved. Both are counted.
func both(a, b telemetry.Outcome) telemetry.Outcome {
	metrics, err := slices.Concat(a.Metrics, b.Metrics), errors.Join(a.Err, b.Err)
	if a.Err == nil && (b.Err != nil || !a.Moved()) {
		a = b
	}
	a.Metrics, a.Err = metrics, err
	return a
}

// Outcome is the result as it is logged and counted.
func (r Result) Outcome() telemetry.Outcome {
	o := telemetry.Outcome{Name: telemetry.OutcomeName(r.Move)}.With(
		slog.String(telemetry.FieldSourceID, r.Source),
		slog.String(telemetry.FieldParameter, r.Parameter),
		slog.String(telemetry.FieldFrom, r.From),
		slog.String(telemetry.FieldTo, r.To))
	switch r.Move {
	case Moved:
		o.Metrics = append(o.Metrics, telemetry.PointersMoved)
		if r.Copy {
			o.CopyTaken = r.TakenAt
		}
		if r.Unconfirmed {
			o.Reason = "Parameter Store validates the value before readers see it"
		}
	case Unchanged:
	case Nothing:
		o.Reason = "there is no good recovery point yet, and no pointer"
	case Behind:
		o.Reason = "it could not be moved to the newest good one"
	case Conflict:
		o.Reason = "the parameter is none of lastgood's: it does not name an image. Delete it, or use another prefix"
		o.Metrics = append(o.Metrics, telemetry.PointersDangling)
	case Dangling:
		o.Reason = "no good recovery point is left; the parameter stays as it is"
		o.Metrics = append(o.Metrics, telemetry.PointersDangling)
	}
	return r.tellForged(o)
}

// failed is the outcome of a settle that has to be made again.
func (r Result) failed(err error) telemetry.Outcome {
	return r.tellForged(telemetry.Failed(err).With(slog.String(telemetry.FieldSourceID, r.Source)))
}

func (r Result) tellForged(o telemetry.Outcome) telemetry.Outcome {
	if len(r.Forged) > 0 {
		o.Metrics = append(o.Metrics, telemetry.TagsContradicting)
		o = o.With(slog.Any(telemetry.FieldForged, r.Forged))
	}
	return o
}
