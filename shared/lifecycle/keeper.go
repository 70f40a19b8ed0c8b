// Package lifecycle does what becomes of a policy's recovery points once they exist: it copies
// them to other Regions and deletes what retention lets go. It looks at what there is and acts
// on that, so that it can be asked at any time, by anybody, again and again.
package lifecycle

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"lastgood/shared/config"
	"lastgood/shared/inventory"
	"lastgood/shared/recovery"
	"lastgood/shared/retention"
)

// Keeper keeps what the policies say, in one Region. Any number of keepers may be at it at once.
type Keeper struct {
	Config   config.Config
	Points   inventory.Points // of this Region
	EC2      EC2              // likewise
	Groups   Groups           // likewise
	SSM      SSM              // likewise
	Verifier recovery.Verifier
	// Elsewhere is another Region. Each question to it is asked within Timeout, and no answer is an answer.
	Elsewhere func(region string) Destination
	Timeout   time.Duration
	Now       func() time.Time
}

// Subject is one policy on one target.
type Subject struct{ Policy, Target string }

// SubjectOf is what a point's run was of; false where the point is of no run.
func SubjectOf(p recovery.Point) (Subject, bool) {
	run, ok := recovery.ParseRun(p.Tags[recovery.TagRun])
	return Subject{run.Policy, run.Target}, ok && p.Tags[recovery.TagPolicy] == run.Policy
}

// runs are all runs of the subject, as a filter.
func (s Subject) runs() string { return s.Policy + "/*/" + s.Target }

// perLook is how many subjects are looked at together. What is found is acted on before the next
// are looked at: it should not be old by then.
const perLook = 50

// Plan says what Keep would do, and why, without doing it. It costs about four calls for 50
// subjects, two for each Region that is copied to, a verification for each copy, and, where
// something would be deleted, those that find out who refers to it.
func (k *Keeper) Plan(ctx context.Context, subjects ...Subject) ([]Result, error) {
	var results []Result
	err := k.each(ctx, subjects, true, func(look *look) error {
		results = append(results, look.results...)
		return nil
	})
	return results, err
}

// Keep starts the copies that are due and deletes what is to go. An error means that something
// could not be looked at, and then nothing of that was touched; what a call failed for is in
// the results. Either way the next Keep goes on from there.
func (k *Keeper) Keep(ctx context.Context, subjects ...Subject) ([]Result, error) {
	var results []Result
	err := k.each(ctx, subjects, false, func(look *look) error {
		for i := range look.results {
			k.copy(ctx, look, &look.results[i])
			k.prune(ctx, &look.results[i])
		}
		results = append(results, look.results...)
		return nil
	})
	return results, err
}

// each looks at the subjects that have a rule, some at a time.
func (k *Keeper) each(ctx context.Context, subjects []Subject, thorough bool, do func(*look) error) error {
	subjects = slices.DeleteFunc(slices.Clone(subjects), func(s Subject) bool {
		_, known := k.Config.Policy(s.Policy)
		return !known && !thorough // everything of it is kept
	})
	away := map[string]*elsewhere{}
	for some := range slices.Chunk(subjects, perLook) {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("keeping %d policies' targets from %s of %s on: %w", len(some), some[0].Policy, some[0].Target, err)
		}
		look, err := k.look(ctx, some, away, thorough)
		if err != nil {
			return err
		}
		if err := do(look); err != nil {
			return err
		}
	}
	return nil
}

// look is one look at some subjects, here and in the Regions they are copied to.
type look struct {
	results []Result
	away    map[string]*elsewhere
}

func (k *Keeper) look(ctx context.Context, subjects []Subject, away map[string]*elsewhere, thorough bool) (*look, error) {
	points, err := k.Points.OfRuns(ctx, patterns(subjects)...)
	if err != nil {
		return nil, err
	}
	l := &look{away: away}
	bySubject := gather(points)
	there := k.ask(ctx, subjects, away)
	for _, s := range subjects {
		r, err := k.judge(ctx, s, bySubject[s], there, thorough)
		if err != nil {
			return nil, err
		}
		l.results = append(l.results, r)
	}
	return l, k.spare(ctx, l.results)
}

// judge decides on one subject. Signatures are verified only where that can make a difference:
// without a copy that counts, fewer are deleted, never more.
func (k *Keeper) judge(ctx context.Context, s Subject, points []recovery.Point, there map[string]map[Subject][]recovery.Point, thorough bool) (Result, error) {
	h := k.history(s, points)
	r := Result{Subject: s, Region: k.Points.Images.Region, Decisions: h.Decide()}
	if thorough || slices.ContainsFunc(r.Decisions, func(d retention.Decision) bool { return d.Delete && d.Copied }) {
		verified, err := k.verified(ctx, points)
		if err != nil {
			return r, err
		}
		h.Verified = func(p recovery.Point) bool { return verified[p.ID] }
		r.Decisions = h.Decide()
	}
	p, _ := k.Config.Policy(s.Policy)
	for _, to := range k.destinations(p) {
		found, answered := there[to.Region]
		if !answered {
			r.Unanswered = append(r.Unanswered, to.Region)
			continue
		}
		away := k.history(s, found[s])
		away.Originals, away.Copies = nil, &to.Retain
		r.Decisions = retention.Spare(r.Decisions, retention.Copying(h, away, to.Region))
		for _, due := range retention.Due(h, away, to.Region, p.Scripts != nil) {
			r.Due = append(r.Due, Copy{due, to})
		}
	}
	return r, nil
}

// history is what is known of a subject in a Region, taking signatures for genuine.
func (k *Keeper) history(s Subject, points []recovery.Point) retention.History {
	h := retention.History{
		Policy: s.Policy, Target: s.Target, Points: points, Now: k.Now(),
		Verified: func(p recovery.Point) bool { return p.Tags[recovery.TagSignature] != "" },
	}
	if p, known := k.Config.Policy(s.Policy); known {
		h.Originals = &p.Retain
		if rule, copies := p.RetainIn(k.Points.Images.Region, true); copies {
			h.Copies = &rule
		}
	}
	return h
}

func (k *Keeper) verified(ctx context.Context, points []recovery.Point) (map[string]bool, error) {
	verified := map[string]bool{}
	for _, p := range points {
		if p.Original() {
			continue
		}
		fits, err := recovery.Verify(ctx, k.Verifier, p)
		if err != nil {
			return nil, err
		}
		verified[p.ID] = fits
	}
	return verified, nil
}

// spare keeps what somebody refers to. It is asked only where something is to be deleted.
func (k *Keeper) spare(ctx context.Context, results []Result) error {
	var doomed []recovery.Point
	for _, r := range results {
		for _, d := range r.Decisions {
			if d.Delete {
				doomed = append(doomed, d.Points...)
			}
		}
	}
	if len(doomed) == 0 {
		return nil
	}
	referred, err := k.referred(ctx, doomed)
	if err != nil {
		return fmt.Errorf("finding out who refers to %d recovery points that are to go: %w", len(doomed), err)
	}
	for i := range results {
		results[i].Decisions = retention.Spare(results[i].Decisions, referred)
	}
	return nil
}

func patterns(subjects []Subject) []string {
	runs := make([]string, len(subjects))
	for i, s := range subjects {
		runs[i] = s.runs()
	}
	return runs
}

// gather sorts points by what their run says they are of.
func gather(points []recovery.Point) map[Subject][]recovery.Point {
	all := map[Subject]map[string]recovery.Point{}
	for _, p := range points {
		policy, rest, _ := strings.Cut(p.Tags[recovery.TagRun], "/") // it need not be a run that can be read
		s := Subject{policy, rest[strings.LastIndex(rest, "/")+1:]}
		if all[s] == nil {
			all[s] = map[string]recovery.Point{}
		}
		all[s][p.ID] = p
	}
	gathered := map[Subject][]recovery.Point{}
	for s, points := range all {
		gathered[s] = slices.Collect(maps.Values(points))
	}
	return gathered
}
