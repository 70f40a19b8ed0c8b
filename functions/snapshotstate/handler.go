// Package snapshotstate is the function that hears of snapshots being done: it settles the pointers of
// volumes, attests copies, starts copies to other Regions, and prunes.
package snapshotstate

import (
	"context"
	"log/slog"
	"time"

	"lastgood/shared/attest"
	"lastgood/shared/event"
	"lastgood/shared/inventory"
	"lastgood/shared/lifecycle"
	"lastgood/shared/pointer"
	"lastgood/shared/recovery"
	"lastgood/shared/telemetry"
)

// Handler answers EBS's events of snapshots. They come for every snapshot in the account; those
// that no policy made cost nothing but a share in one look.
type Handler struct {
	Snapshots inventory.Snapshots
	Copies    attest.Snapshots
	Settler   *pointer.Settler
	Keeper    *lifecycle.Keeper
	Now       func() time.Time
}

// Handle attests the copies of a batch, settles the volumes of every set that is done, once each,
// and keeps their policies. It costs one DescribeSnapshots for the batch, and one more if any of
// its snapshots is of a policy.
func (h Handler) Handle(ctx context.Context, batch []event.SnapshotState) []telemetry.Outcome {
	outcomes := make([]telemetry.Outcome, len(batch))
	seen, err := h.look(ctx, batch)
	if err != nil {
		for i := range outcomes {
			outcomes[i] = telemetry.Failed(err)
		}
		return outcomes
	}
	var settle pointer.Batch
	var keep lifecycle.Batch
	for i, e := range batch {
		fresh := pointer.Fresh(h.Now(), e.Time)
		outcomes[i] = seen.judge(e, fresh)
		if outcomes[i].Name != telemetry.OutcomeSetDone {
			continue
		}
		for _, change := range e.Snapshots {
			for _, part := range seen.set(change.ID) {
				hint := pointer.Hint{Image: part.ID, State: recovery.Pending, Fresh: fresh, Tags: seen.attested[part.ID].Written}
				if part.State == recovery.Available { // the whole set is
					hint.State = recovery.Available
				}
				if part.State == recovery.Gone {
					hint = pointer.Hint{}
				}
				if part.Source() != "" {
					settle.Add(i, part.Source(), hint)
				}
				keep.Add(i, part)
			}
		}
	}
	settle.Settle(ctx, h.Settler, func(i int, o telemetry.Outcome) {
		o.Metrics = append(o.Metrics, outcomes[i].Metrics...)
		outcomes[i] = o.With(outcomes[i].Attrs...)
	})
	keep.Keep(ctx, h.Keeper, outcomes)
	for i, e := range batch {
		outcomes[i] = outcomes[i].With(slog.String(telemetry.FieldSnapshotID, e.Snapshots[0].ID))
	}
	return outcomes
}

// seen is what EC2 shows of a batch's snapshots, and of the sets that they are parts of.
type seen struct {
	found    map[string]recovery.Point // what the events name, each in its own state
	parts    map[string]recovery.Point // all parts of the runs, each in the state of its set
	attested map[string]attest.SnapshotResult
}

func (h Handler) look(ctx context.Context, batch []event.SnapshotState) (seen, error) {
	var ids []string
	origins := map[string]attest.Origin{}
	for _, e := range batch {
		for _, s := range e.Snapshots {
			ids = append(ids, s.ID)
			if s.Original != "" {
				origins[s.ID] = attest.Origin{Region: s.OriginalRegion, Image: s.Original}
			}
		}
	}
	found, err := h.Snapshots.Each(ctx, ids...)
	if err != nil {
		return seen{}, err
	}
	var copies []recovery.Point
	runs := map[string]bool{}
	for id, p := range found {
		if p.Tags[recovery.TagRun] == "" {
			delete(origins, id)
			continue
		}
		runs[p.Tags[recovery.TagRun]] = true
		if !p.Original() {
			copies = append(copies, p)
		}
	}
	for id := range origins {
		if _, shown := found[id]; !shown {
			delete(origins, id)
		}
	}
	s := seen{found: found, attested: h.Copies.Attest(ctx, copies, origins)}
	s.parts, err = h.sets(ctx, runs, s)
	return s, err
}
