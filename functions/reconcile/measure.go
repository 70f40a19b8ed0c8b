package reconcile

import (
	"context"
	"slices"

	"lastgood/shared/pointer"
	"lastgood/shared/recovery"
	"lastgood/shared/telemetry"
)

// measure tells how the pointers of the Region stand.
func (h Handler) measure(ctx context.Context, images []recovery.Point, results []pointer.Result) {
	now := h.Now()
	bySource := map[string][]recovery.Point{}
	for _, p := range images {
		bySource[p.Source()] = append(bySource[p.Source()], p)
	}
	var tracked, repaired, stale, unconfirmed int
	for _, r := range results {
		if (r.Move != pointer.Unchanged && r.Move != pointer.Nothing) || len(r.Forged) > 0 {
			r.Outcome().Log(ctx, h.Log)
			h.Metrics.Count(r.Outcome().Metrics...)
		}
		if r.To == "" {
			continue
		}
		tracked++
		if r.Repaired {
			repaired++
		}
		if r.Unconfirmed {
			unconfirmed++
		}
		if r.TakenAt.IsZero() {
			continue
		}
		age := now.Sub(r.TakenAt)
		if r.Move == pointer.Moved && r.Copy {
			h.Metrics.Age(telemetry.CopyLag, age)
		}
		points := h.pointsOf(r.Source, bySource)
		if h.Watch.Watched(points, now) {
			h.Metrics.Age(telemetry.PointerAge, age)
		}
		if h.Watch.Stale(r.TakenAt, points, now) {
			stale++
		}
	}
	h.Metrics.Add(telemetry.PointersTracked, tracked)
	h.Metrics.Add(telemetry.PointersRepaired, repaired)
	h.Metrics.Add(telemetry.PointersStale, stale)
	h.addSome(telemetry.PointersUnconfirmed, unconfirmed)
	h.Metrics.Add(telemetry.PointersDangling, 0) // counted above; this has it say 0 where there was none
}

// addSome adds to a metric that is worth its price only where there is something to tell.
func (h Handler) addSome(m telemetry.Metric, n int) {
	if n > 0 {
		h.Metrics.Add(m, n)
	}
}

// pointsOf are the points of a source, or of all that an alias stands for.
func (h Handler) pointsOf(source string, bySource map[string][]recovery.Point) []recovery.Point {
	sources, isAlias := h.Sweep.Aliases[source]
	if !isAlias {
		return bySource[source]
	}
	var points []recovery.Point
	for _, s := range slices.Compact(slices.Sorted(slices.Values(sources))) {
		points = append(points, bySource[s]...)
	}
	return points
}
