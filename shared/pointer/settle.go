package pointer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"lastgood/shared/config"
	"lastgood/shared/inventory"
	"lastgood/shared/recovery"
)

// passes bounds how often one settle looks again. It takes one look to find the
// pointer right, two to move it; more only while others move it as well.
const passes = 5

// Settler brings pointers to the newest good recovery point of their source.
//
// Any number of settlers may run at once, for the same source too: each looks again
// after it wrote, so the last to write leaves the pointer at the newest good point.
type Settler struct {
	Points   inventory.Points
	Store    Store
	Verifier recovery.Verifier
	Included func(name string) bool // which image names may become a pointer's value
	Aliases  map[string][]string    // pointers of their own: alias -> the sources it stands for
	// Pause waits where EC2 or Parameter Store needs a moment; an error ends the settle.
	Pause func(ctx context.Context, d time.Duration) error
}

// target is a pointer to be settled: a source's own, or an alias for several sources.
type target struct {
	id      string // what the parameter is named by, below the prefix
	sources []string
}

// pauses are how long EC2 is waited for when it is behind an event, before the event is
// given back: the queue's visibility timeout is minutes.
var pauses = []time.Duration{time.Second, 2 * time.Second}

// Recreating a pinned parameter is not begun with less time left than this, and the put
// after the delete gets that long whatever became of the context in between.
const (
	timeToRecreate = 10 * time.Second
	timeToPut      = 8 * time.Second
)

// Hint is what an event says of an image: a lower bound for what EC2 must show.
type Hint struct {
	Image string
	State recovery.State
	// Fresh says that the event is so young that EC2's answers may be older than it.
	// An answer older than a fresh hint is an error, to be tried again; of an event
	// that is not fresh, EC2's answer is taken to be the later word.
	Fresh bool
	// Tags are those this invocation has written, which listings may not show yet.
	Tags map[string]string
}

// Move says what settle did with a pointer.
type Move string

// What settle can do.
const (
	Unchanged Move = "unchanged" // names the newest good point already
	Moved     Move = "moved"
	Dangling  Move = "dangling"    // there is no good point left; the pointer stays as it is
	Conflict  Move = "conflict"    // the parameter is somebody's own: it names no recovery point. It stays as it is
	Behind    Move = "behind"      // names an older point than the newest good one, and could not be moved
	Nothing   Move = "nothing-yet" // there is no good point and no pointer
)

// Result is what settle found and did.
type Result struct {
	Source      string
	Parameter   string
	Move        Move
	From, To    string    // recovery point ids; From is "" where there was no pointer
	TakenAt     time.Time // of To
	Copy        bool      // To is a copy
	Forged      []string  // points whose signature does not fit; they were passed over
	Unconfirmed bool      // Parameter Store has still to validate the value it was given
	Repaired    bool      // a sweep moved it, and an event should have
}

// Settle brings source's pointer to its newest good recovery point.
//
// It costs three calls when nothing changes and at most eight when the pointer moves,
// one more where the point is a copy, whose signature is verified. Every error means
// that the pointer may not be right yet and that settling again will make it so;
// nothing needs to be undone.
func (s *Settler) Settle(ctx context.Context, source string, hints ...Hint) (Result, error) {
	return s.settle(ctx, target{source, []string{source}}, hints)
}

// SettleAlias brings an alias's pointer to the newest good recovery point of any of its
// sources, as Settle does.
func (s *Settler) SettleAlias(ctx context.Context, alias string, hints ...Hint) (Result, error) {
	return s.settle(ctx, target{alias, s.Aliases[alias]}, hints)
}

// AliasesOf lists the aliases that stand for source, among others.
func (s *Settler) AliasesOf(source string) []string {
	var aliases []string
	for alias, sources := range s.Aliases {
		if slices.Contains(sources, source) {
			aliases = append(aliases, alias)
		}
	}
	slices.Sort(aliases)
	return aliases
}

func (s *Settler) settle(ctx context.Context, t target, hints []Hint) (Result, error) {
	r := Result{Source: t.id, Parameter: s.Store.Name(t.id), Move: Unchanged}
	l := look{Settler: s, target: t, hints: hints, signatures: newSignatures(s.Verifier)}
	var own *value // what we wrote ourselves; trusted over GetParameter, which may lag
	for pass := range passes {
		want, have, err := l.patiently(ctx, own)
		r.Forged = l.forged
		if err != nil {
			return r, fmt.Errorf("settling %s: %w", t.id, err)
		}
		if pass == 0 && have != nil {
			r.From = have.point
		}
		r.To, r.TakenAt, r.Copy = want.ID, want.TakenAt(), !want.Original()
		switch {
		case have != nil && !s.Store.ours(t.id, *have):
			r.Move, r.From, r.To = Conflict, "", "" // it may be a secret
			return r, nil
		case want.ID == "" && have == nil:
			r.Move = Nothing
			return r, nil
		case want.ID == "":
			r.Move, r.To = Dangling, have.point
			return r, nil
		case have != nil && have.point == want.ID && s.Store.right(t.id, *have):
			return r, nil
		}
		own, err = s.write(ctx, t.id, want, have)
		if errors.Is(err, errExists) { // somebody else was first: look again
			err = s.Pause(ctx, pauses[0])
			if err == nil {
				continue
			}
		}
		if err != nil {
			return r, fmt.Errorf("settling %s: %w", t.id, err)
		}
		r.Move, r.Unconfirmed = Moved, s.Store.dataType(t.id) == config.EC2Image
	}
	return r, fmt.Errorf("settling %s: %s kept changing for %d passes; settle it again", t.id, r.Parameter, passes)
}

// write makes want the pointer's value. A pinned parameter, and one of another data type,
// cannot be changed in place: it is deleted first, but only when it is there. Of two
// settlers that both delete and put, one puts first and the other finds it exists.
func (s *Settler) write(ctx context.Context, id string, want recovery.Point, have *value) (*value, error) {
	overwrite := have != nil && s.Store.Parameter.Versioning == config.Latest && s.Store.sameKind(id, *have)
	if have != nil && !overwrite {
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < timeToRecreate {
			return nil, fmt.Errorf("recreating parameter %s: there is no time left for it in this invocation", s.Store.Name(id))
		}
		if err := s.Store.remove(ctx, id); err != nil {
			return nil, err
		}
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), timeToPut)
		defer cancel()
	}
	if err := s.Store.put(ctx, id, want.ID, describe(want), overwrite); err != nil {
		return nil, err
	}
	return s.Store.written(id, want.ID), nil
}

// describe says in words what the parameter names, for a person in the console. The id comes
// first: tags and names prove nothing.
func describe(p recovery.Point) string {
	tagged := ""
	if name := p.Tags["Name"]; name != "" {
		tagged = fmt.Sprintf(", tagged %q", name)
	}
	what := fmt.Sprintf("image %q", p.Name)
	if recovery.IsSnapshotID(p.ID) {
		what = fmt.Sprintf("snapshot of run %s", p.Tags[recovery.TagRun])
	}
	return fmt.Sprintf("%s as of %s: %s%s. Kept by lastgood.",
		p.Source(), p.TakenAt().UTC().Format("2006-01-02 15:04:05 UTC"), what, tagged)
}
