package reconcile

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"time"

	"lastgood/shared/attest"
	"lastgood/shared/inventory"
	"lastgood/shared/lifecycle"
	"lastgood/shared/recovery"
	"lastgood/shared/telemetry"
)

// Policies is what a run does for what policies made.
type Policies struct {
	Snapshots inventory.Snapshots
	Copies    attest.Snapshots
	History   History
	Pace      func(ctx context.Context) error // before each question to History
	Keeper    *lifecycle.Keeper
}

// History knows what a snapshot was copied from, where the event that said so was lost.
type History interface {
	CopiedFrom(ctx context.Context, p recovery.Point) (attest.Origin, error)
}

const (
	// lookups is how many copies a run asks the history about.
	lookups = 20
	// heardWithin is how long a copy's event is waited for, and how long the history takes to know of a call.
	heardWithin = 15 * time.Minute
)

// attest signs the copies of snapshots whose event was lost, and adds to snapshots what it wrote.
func (h Handler) attest(ctx context.Context, snapshots []recovery.Point) (errs []error) {
	places := h.unheard(snapshots)
	origins := map[string]attest.Origin{}
	var copies []recovery.Point
	for _, i := range places {
		if err := h.Policies.Pace(ctx); err != nil {
			return append(errs, err)
		}
		from, err := h.Policies.History.CopiedFrom(ctx, snapshots[i])
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if from != (attest.Origin{}) {
			origins[snapshots[i].ID] = from
		}
		copies = append(copies, snapshots[i])
	}
	results := h.Policies.Copies.Attest(ctx, copies, origins)
	for _, i := range places {
		r, asked := results[snapshots[i].ID]
		switch {
		case !asked:
		case r.Err != nil:
			errs = append(errs, r.Err)
		case r.Source != "" || r.Contradicted:
			snapshots[i].Tags = r.On(snapshots[i].Tags)
			h.Metrics.Count(r.Metrics()...)
		case r.Unanswered:
			h.Metrics.Count(telemetry.ImagesUnresolved)
		default:
			h.Metrics.Count(telemetry.ImagesUnattributed)
		}
	}
	return errs
}

// unheard lists the copies that are not attested and should be by now, some in each run, in turn.
func (h Handler) unheard(snapshots []recovery.Point) []int {
	var unheard []int
	for i, p := range snapshots {
		if attest.NeedsOrigin(p) && p.State != recovery.Gone && h.Now().Sub(p.Created) >= heardWithin {
			unheard = append(unheard, i)
		}
	}
	slices.SortFunc(unheard, func(a, b int) int {
		return cmp.Or(snapshots[b].Created.Compare(snapshots[a].Created), cmp.Compare(snapshots[a].ID, snapshots[b].ID))
	})
	if len(unheard) <= lookups {
		return unheard
	}
	turns := slices.Collect(slices.Chunk(unheard, lookups))
	return turns[h.run()%len(turns)]
}

// keep copies and prunes what policies made, for every policy and target that there is anything of,
// and deletes what deregistered images left behind.
func (h Handler) keep(ctx context.Context, points []recovery.Point) (errs []error) {
	if deadline, limited := ctx.Deadline(); limited {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-h.Sweep.Reserve))
		defer cancel()
	}
	results, err := h.Policies.Keeper.Keep(ctx, h.subjects(points)...)
	if err != nil {
		errs = append(errs, err)
	}
	h.Metrics.Add(telemetry.CopiesWaiting, 0) // added to below; this has it say 0 where there are none
	for _, r := range results {
		if r.Idle() {
			continue
		}
		h.Metrics.Add(telemetry.CopiesWaiting, r.CopiesWaiting())
		o := r.Outcome()
		o.Log(ctx, h.Log)
		h.Metrics.Count(o.Metrics...)
		errs = append(errs, r.Failed...)
	}
	left, err := h.Policies.Keeper.DeleteLeftovers(ctx)
	if err != nil {
		errs = append(errs, err)
	}
	if len(left.Deleted) > 0 {
		telemetry.Outcome{Name: telemetry.OutcomeLeftovers, Reason: "snapshots of images that are gone"}.
			With(slog.Any(telemetry.FieldPruned, left.Deleted)).Log(ctx, h.Log)
	}
	h.addSome(telemetry.PruneFailed, len(left.Failed))
	return append(errs, left.Failed...)
}

// subjects are the policies and targets that the points are of. Each run begins with another one, so
// that one for which there is no time has it in another run.
func (h Handler) subjects(points []recovery.Point) []lifecycle.Subject {
	known := map[lifecycle.Subject]bool{}
	var subjects []lifecycle.Subject
	for _, p := range points {
		if s, ours := lifecycle.SubjectOf(p); ours && !known[s] {
			known[s] = true
			subjects = append(subjects, s)
		}
	}
	slices.SortFunc(subjects, func(a, b lifecycle.Subject) int {
		return cmp.Or(cmp.Compare(a.Policy, b.Policy), cmp.Compare(a.Target, b.Target))
	})
	if len(subjects) == 0 {
		return nil
	}
	first := h.run() * turnOfSubjects % len(subjects)
	return slices.Concat(subjects[first:], subjects[:first])
}

// turnOfSubjects is how many subjects further a run begins than the one before.
const turnOfSubjects = 500
