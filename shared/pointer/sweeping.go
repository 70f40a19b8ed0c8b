package pointer

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"lastgood/shared/config"
	"lastgood/shared/recovery"
)

// chunk is how many pointers are written between two looks at the images they are given.
const chunk = 20

// sweeping is one sweep under way.
type sweeping struct {
	*Sweep
	found
	signatures
	results    map[string]*Result
	overdue    map[string]bool // pointers that no event has moved in time
	written    []aim           // that Parameter Store validates after the put
	errs       []error
	unfinished int
}

// aim is a pointer to be settled, and what it holds; nil when there is none.
type aim struct {
	target
	have  *value
	moved bool // by somebody else, since it was listed
}

// aims are the sources that have an image or a pointer, and the aliases. Below "/" those
// were not listed: they are read by name, and one that cannot be read is left out.
func (w *sweeping) aims(ctx context.Context, pointers map[string]types.Parameter) []aim {
	aliases := slices.Sorted(maps.Keys(w.Aliases))
	if w.Store.Parameter.Prefix == "/" {
		aliases = w.readAliases(ctx, aliases, pointers)
	}
	var ids []string
	for id := range pointers {
		if _, alias := w.Aliases[id]; !alias {
			ids = append(ids, id)
		}
	}
	for source := range w.bySource {
		if _, has := pointers[source]; !has && source != "" {
			ids = append(ids, source)
		}
	}
	slices.Sort(ids)
	var aims []aim
	for _, id := range append(ids, aliases...) {
		a := aim{target: target{id, []string{id}}}
		if sources, alias := w.Aliases[id]; alias {
			a.sources = sources
		}
		if p, has := pointers[id]; has {
			v := valueOf(p)
			a.have = &v
		}
		aims = append(aims, a)
	}
	return aims
}

// readAliases adds to pointers what aliases hold, and returns those that could be read.
func (w *sweeping) readAliases(ctx context.Context, aliases []string, pointers map[string]types.Parameter) (readable []string) {
	for some := range slices.Chunk(aliases, parametersPerRead) {
		held, err := w.Store.Read(ctx, w.Parameters, some...)
		if err != nil {
			for _, alias := range some {
				w.errs = append(w.errs, fmt.Errorf("settling %s: %w", alias, err))
			}
			continue
		}
		maps.Copy(pointers, held)
		readable = append(readable, some...)
	}
	return readable
}

// settleAll settles the newest first.
func (w *sweeping) settleAll(ctx context.Context, aims []aim) {
	slices.SortStableFunc(aims, func(a, b aim) int { return w.age(b).Compare(w.age(a)) })
	for some := range slices.Chunk(aims, chunk) {
		w.settle(ctx, some)
	}
}

// settle moves pointers that do not stand where they belong. What was listed and read may
// be minutes old by now, so it looks anew before it writes; and again after it wrote.
func (w *sweeping) settle(ctx context.Context, aims []aim) {
	for pass := 0; len(aims) > 0; pass++ {
		if pass == 0 && w.Over(ctx) {
			w.unfinished += len(aims)
			return
		}
		err := w.lookAgain(ctx, aims)
		if err == nil && pass == 0 {
			err = w.reread(ctx, aims)
		}
		if err == nil {
			err = w.describe(ctx, aims)
		}
		if err == nil && pass == passes {
			err = fmt.Errorf("it kept changing for %d passes", passes)
		}
		var again []aim
		for _, a := range aims {
			next, failed := (*aim)(nil), err
			if err == nil {
				next, failed = w.move(ctx, a)
			}
			if failed != nil {
				w.errs = append(w.errs, fmt.Errorf("settling %s: %w", a.id, failed))
			}
			if next != nil {
				again = append(again, *next)
			}
		}
		aims = again
	}
}

// stands notes where a pointer stands, and reports whether that is beyond doubt where it belongs.
func (w *sweeping) stands(a aim) bool {
	want, found := w.newest(a.target, w.Included)
	r := w.results[a.id]
	if r == nil {
		r = &Result{Source: a.id, Parameter: w.Store.Name(a.id), Move: Unchanged}
		w.results[a.id] = r
		w.begin(a)
	}
	right := found && a.have != nil && a.have.point == want.ID && w.Store.right(a.id, *a.have)
	named := want
	if !right { // what it names now, not what it should
		named = recovery.Point{}
		if a.have != nil {
			if named = w.points[a.have.point]; named.ID == "" {
				named.ID = a.have.point
			}
		}
	}
	r.To, r.TakenAt, r.Copy = named.ID, named.TakenAt(), named.ID != "" && !named.Original()
	switch {
	case right:
		if r.Move == Behind {
			r.Move = Unchanged
		}
	case a.have != nil && !w.Store.ours(a.id, *a.have):
		r.Move, r.To = Conflict, ""
		return true
	case !found && a.have == nil:
		r.Move = Nothing
		return true
	case !found:
		r.Move = Dangling
		return w.asked[a.have.point] || w.has(a.have.point)
	case r.Move != Moved:
		r.Move = Behind
	}
	return right
}

// begin notes what a pointer names before it is moved.
func (w *sweeping) begin(a aim) {
	from := ""
	if a.have != nil && w.Store.ours(a.id, *a.have) { // else it may be a secret
		from = a.have.point
	}
	w.results[a.id].From = from
}

func (w *sweeping) age(a aim) time.Time {
	want, _ := w.newest(a.target, w.Included)
	return want.TakenAt()
}

// describe looks at the images that pointers are about to be given, and at those they
// name that were not listed, until there is none it has not looked at.
func (w *sweeping) describe(ctx context.Context, aims []aim) error {
	for {
		var ids []string
		for _, a := range aims {
			if want, found := w.newest(a.target, w.Included); found {
				ids = append(ids, want.ID)
			}
			if a.have != nil { // what it names may be listed as it was, or not at all
				ids = append(ids, a.have.point)
			}
		}
		ids = slices.DeleteFunc(ids, func(id string) bool { return w.asked[id] })
		if len(ids) == 0 {
			return nil
		}
		points, err := w.Points.ByID(ctx, ids...)
		if err != nil {
			return err
		}
		w.answer(ids, points)
	}
}

// move gives a pointer its newest good point, and returns it as it stands then; nil
// where there was nothing to write.
func (w *sweeping) move(ctx context.Context, a aim) (*aim, error) {
	for !w.stands(a) {
		want, _ := w.newest(a.target, w.Included)
		if !want.Original() {
			genuine, news, err := w.genuine(ctx, want)
			if err != nil {
				return nil, err
			}
			if !genuine {
				if r := w.results[a.id]; news {
					r.Forged = append(r.Forged, want.ID)
				}
				w.remove(want.ID)
				if err := w.describe(ctx, []aim{a}); err != nil {
					return nil, err
				}
				continue
			}
		}
		if w.Pace(ctx) != nil || w.Over(ctx) {
			w.unfinished++
			return nil, nil //nolint:nilnil // the next sweep goes on
		}
		own, err := w.write(ctx, a.id, want, a.have)
		if errors.Is(err, errExists) { // somebody else was first: look again
			own, err = w.Store.get(ctx, a.id)
			return &aim{target: a.target, have: own}, err
		}
		if err != nil {
			return nil, err
		}
		r := w.results[a.id]
		r.Move, r.To, r.TakenAt, r.Copy = Moved, want.ID, want.TakenAt(), !want.Original()
		r.Repaired = w.overdue[a.id] && r.From != want.ID
		if w.Store.dataType(a.id) == config.EC2Image && !r.Unconfirmed {
			r.Unconfirmed = true
			w.written = append(w.written, a)
		}
		return &aim{target: a.target, have: own}, nil
	}
	return nil, nil //nolint:nilnil // nothing to write
}

// lookAgain lists the images of the aims' sources anew.
func (w *sweeping) lookAgain(ctx context.Context, aims []aim) error {
	var sources []string
	for _, a := range aims {
		sources = append(sources, a.sources...)
	}
	slices.Sort(sources)
	sources = slices.Compact(sources)
	points, err := w.Points.OfSource(ctx, sources...)
	if err != nil {
		return err
	}
	w.replace(sources, points)
	return nil
}
