package recovery

import (
	"slices"
	"strconv"
)

// SetID tells the set of a run's snapshots from another attempt's at the same run.
type SetID struct{ Run, Attempt string }

// Set is the set that p belongs to; the zero SetID for what is a set by itself.
func (p Point) Set() (id SetID, size int) {
	if !isSnapshot(p.ID) || p.Tags[TagRun] == "" {
		return SetID{}, 1
	}
	size, err := strconv.Atoi(p.Tags[TagSetSize])
	if err != nil || size < 1 {
		size = 0 // nobody knows: it is never whole
	}
	return SetID{p.Tags[TagRun], p.Tags[TagAttempt]}, size
}

// Whole gives each snapshot the state of its whole set, because a set is restored as a
// whole or not at all: pending while a part of it is missing or pending, gone when a part of
// it failed or was quarantined. All points of a set have to be among points.
func Whole(points []Point) []Point {
	states := map[SetID][]Point{}
	for _, p := range points {
		if id, _ := p.Set(); id != (SetID{}) {
			states[id] = append(states[id], p)
		}
	}
	whole := slices.Clone(points)
	for i, p := range whole {
		if id, size := p.Set(); id != (SetID{}) && p.State != Gone {
			whole[i].State = stateOf(states[id], size)
		}
	}
	return whole
}

// stateOf is the state of a set of this size.
func stateOf(set []Point, size int) State {
	state, sources := Available, map[string]bool{}
	for _, p := range set {
		sources[p.Source()] = p.Source() != ""
		switch {
		case p.State == Gone || p.Quarantined():
			return Gone
		case p.State == Pending:
			state = Pending
		}
	}
	delete(sources, "")
	if size == 0 || len(sources) < size {
		return Pending
	}
	return state
}
