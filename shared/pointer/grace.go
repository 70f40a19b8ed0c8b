package pointer

import (
	"context"
	"slices"

	"lastgood/shared/config"
)

// maxGraces bounds how often a sweep waits for events that are still at work.
const maxGraces = 3

// await gives events the time to do what they should have done, and notes what none of
// them did. While some pointers move, the events of the others may be waiting behind
// theirs; what has not moved when nothing moves any more has lost its event.
//
// A value that Parameter Store has still to validate shows up meanwhile, too.
func (w *sweeping) await(ctx context.Context, aims []aim) []aim {
	var moved []aim
	for range maxGraces {
		if w.Grace == 0 || len(aims) == 0 || w.Over(ctx) {
			break
		}
		if w.Pause(ctx, w.Grace) != nil || w.reread(ctx, aims) != nil {
			break // settling says what is the matter
		}
		waited := len(aims)
		aims = slices.DeleteFunc(aims, func(a aim) bool {
			if a.moved {
				moved = append(moved, a)
			}
			return a.moved
		})
		if len(aims) == waited {
			for _, a := range aims {
				w.overdue[a.id] = w.eventful(a)
			}
			break
		}
	}
	return slices.DeleteFunc(append(aims, moved...), w.stands)
}

// patient reports whether a pointer should be left alone for a while: an event is to move
// it, or a value it was given is being validated.
func (w *sweeping) patient(a aim) bool {
	return w.eventful(a) || w.Store.dataType(a.id) == config.EC2Image
}

// eventful reports whether an event should have moved a pointer. None tells of a
// quarantine or of another kind, and a first pointer is backfill.
func (w *sweeping) eventful(a aim) bool {
	want, found := w.newest(a.target, w.Included)
	return found && a.have != nil && w.Store.ours(a.id, *a.have) && a.have.point != want.ID && !w.points[a.have.point].Quarantined()
}

// reread reads anew what pointers hold, and notes which of them somebody else has moved.
func (w *sweeping) reread(ctx context.Context, aims []aim) error {
	held, err := w.Store.Read(ctx, w.Parameters, ids(aims)...)
	if err != nil {
		return err
	}
	for i, a := range aims {
		p, has := held[a.id]
		have := valueOf(p)
		aims[i].moved = has != (a.have != nil) || has && have != *a.have
		if !aims[i].moved {
			continue
		}
		aims[i].have = nil
		if has {
			aims[i].have = &have
		}
		delete(w.overdue, a.id)
		w.begin(aims[i])
	}
	return nil
}

// confirm looks whether Parameter Store has taken the values that it validates after the put.
func (w *sweeping) confirm(ctx context.Context) {
	if len(w.written) == 0 || w.Grace == 0 || w.Over(ctx) || w.Pause(ctx, w.Grace) != nil {
		return
	}
	held, err := w.Store.Read(ctx, w.Parameters, ids(w.written)...)
	if err != nil {
		w.errs = append(w.errs, err)
		return
	}
	for _, a := range w.written {
		if r := w.results[a.id]; valueOf(held[a.id]).point == r.To {
			r.Unconfirmed = false
		}
	}
}

func ids(aims []aim) []string {
	ids := make([]string, len(aims))
	for i, a := range aims {
		ids[i] = a.id
	}
	return ids
}
