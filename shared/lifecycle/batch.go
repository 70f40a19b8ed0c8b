package lifecycle

import (
	"context"
	"errors"
	"slices"

	"lastgood/shared/recovery"
	"lastgood/shared/telemetry"
)

// Batch gathers which policies and targets the events of a batch are about, so that each is
// looked at once, whatever the number of its events.
type Batch struct {
	subjects []Subject
	events   map[Subject][]int
}

// Add notes that the event of this number is about p. What is of no run is none of ours.
func (b *Batch) Add(event int, p recovery.Point) {
	s, ours := SubjectOf(p)
	if !ours || slices.Contains(b.events[s], event) {
		return
	}
	if b.events == nil {
		b.events = map[Subject][]int{}
	}
	if b.events[s] == nil {
		b.subjects = append(b.subjects, s)
	}
	b.events[s] = append(b.events[s], event)
}

// Keep keeps every policy and target that was added, and adds what came of it to the outcomes of
// their events. What could not be done fails the events: they come again, and find it.
func (b *Batch) Keep(ctx context.Context, k *Keeper, outcomes []telemetry.Outcome) {
	if len(b.subjects) == 0 {
		return
	}
	results, err := k.Keep(ctx, b.subjects...)
	done := map[Subject]bool{}
	for _, r := range results {
		done[r.Subject] = true
		for i, event := range b.events[r.Subject] {
			o := &outcomes[event]
			if i == 0 && !r.Idle() { // counted and told once, however many events led to it
				kept := r.Outcome()
				*o = o.With(kept.Attrs...)
				o.Metrics = slices.Concat(o.Metrics, kept.Metrics)
			}
			fail(o, r.Err())
		}
	}
	for _, s := range b.subjects {
		if done[s] {
			continue
		}
		for _, event := range b.events[s] {
			fail(&outcomes[event], err)
		}
	}
}

// fail adds an error to an outcome, if there is one.
func fail(o *telemetry.Outcome, err error) {
	if err == nil {
		return
	}
	if o.Err == nil {
		failed := telemetry.Failed(err)
		o.Name, o.Reason, o.Metrics = failed.Name, failed.Reason, slices.Concat(o.Metrics, failed.Metrics)
	}
	o.Err = errors.Join(o.Err, err)
}
