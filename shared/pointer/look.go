package pointer

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"lastgood/shared/recovery"
)

// errBehind says that an event is ahead of what EC2 shows.
var errBehind = errors.New("EC2 is behind an event")

// look is one look at what there is of a source.
type look struct {
	*Settler
	target
	hints []Hint

	points map[string]recovery.Point
	asked  map[string]bool // described by id, and so as fresh as EC2 can be

	signatures
	forged []string // points whose signature does not fit
}

// patiently is take, and waits a little for EC2 where it is behind an event.
func (l *look) patiently(ctx context.Context, own *value) (want recovery.Point, have *value, err error) {
	for _, pause := range pauses {
		if want, have, err = l.take(ctx, own); !errors.Is(err, errBehind) {
			return want, have, err
		}
		if err := l.Pause(ctx, pause); err != nil {
			return want, nil, err
		}
	}
	return l.take(ctx, own)
}

// take finds the newest good point, the zero point where there is none, and reads the
// pointer, nil where there is none. own is what this settle wrote before, if it did.
func (l *look) take(ctx context.Context, own *value) (want recovery.Point, have *value, err error) {
	listed, err := l.Points.OfSource(ctx, l.sources...)
	if err != nil {
		return want, nil, err
	}
	if have = own; have == nil {
		if have, err = l.Store.get(ctx, l.id); err != nil {
			return want, nil, err
		}
	}
	l.points, l.asked = make(map[string]recovery.Point, len(listed)), map[string]bool{}
	l.overlay(listed)
	doubtful := l.doubtful(have)
	for {
		want, found := recovery.NewestOf(slices.Collect(maps.Values(l.points)), l.sources, l.Included)
		named := found && have != nil && have.point == want.ID
		if found && !want.Original() && (!named || !l.Store.right(l.id, *have)) {
			genuine, news, err := l.genuine(ctx, want)
			if err != nil {
				return want, nil, err
			}
			if !genuine {
				if news {
					l.forged = append(l.forged, want.ID)
				}
				delete(l.points, want.ID)
				continue
			}
		}
		if found && !named {
			doubtful = append(doubtful, want.ID)
		}
		asked, err := l.ask(ctx, doubtful)
		if err != nil {
			return want, nil, err
		}
		if asked {
			continue // what was said may have changed which one is the newest
		}
		if err := l.behind(); err != nil {
			return want, nil, err
		}
		return want, have, nil
	}
}

// doubtful lists what the listing may be behind on: images that an event says more of
// than the listing shows, and the one the pointer names, if it is not listed.
func (l *look) doubtful(have *value) []string {
	var ids []string
	for _, h := range l.hints {
		if p, listed := l.points[h.Image]; !listed && h.State != recovery.Gone || listed && p.State.Before(h.State) {
			ids = append(ids, h.Image)
		}
	}
	if have != nil && l.Store.ours(l.id, *have) {
		if _, listed := l.points[have.point]; !listed {
			ids = append(ids, have.point)
		}
	}
	return ids
}

// ask describes by id those it has not asked about yet, and reports whether there were any.
func (l *look) ask(ctx context.Context, ids []string) (bool, error) {
	ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return l.asked[id] })
	if len(ids) == 0 {
		return false, nil
	}
	found, err := l.Points.ByID(ctx, ids...)
	if err != nil {
		return false, err
	}
	for _, id := range ids {
		l.asked[id] = true
		delete(l.points, id)
	}
	l.overlay(slices.Collect(maps.Values(found)))
	return true, nil
}

// overlay puts points over what was known before, with the tags this invocation wrote.
func (l *look) overlay(points []recovery.Point) {
	for _, p := range points {
		for _, h := range l.hints {
			if h.Image == p.ID && len(h.Tags) > 0 {
				p.Tags = maps.Clone(p.Tags)
				maps.Copy(p.Tags, h.Tags)
			}
		}
		l.points[p.ID] = p
	}
}

// behind is an error while EC2 shows an image older than a fresh event says it is.
func (l *look) behind() error {
	for _, h := range l.hints {
		p, seen := l.points[h.Image]
		switch {
		case !h.Fresh:
		case !seen && h.State == recovery.Pending:
			return fmt.Errorf("%w: it does not show %s, whose creation was announced", errBehind, h.Image)
		case seen && p.State.Before(h.State):
			return fmt.Errorf("%w: it shows %s as %s, which was announced as %s", errBehind, h.Image, p.State, h.State)
		}
	}
	return nil
}
