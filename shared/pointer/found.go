package pointer

import (
	"maps"
	"slices"

	"lastgood/shared/recovery"
)

// found is what is known of the images of many sources.
type found struct {
	points   map[string]recovery.Point
	bySource map[string]map[string]bool // source -> ids of its points
	asked    map[string]bool            // described by id, and so as fresh as EC2 can be
}

func newFound(points []recovery.Point) found {
	f := found{map[string]recovery.Point{}, map[string]map[string]bool{}, map[string]bool{}}
	for _, p := range points {
		f.add(p)
	}
	return f
}

func (f found) has(id string) bool {
	_, has := f.points[id]
	return has
}

func (f found) add(p recovery.Point) {
	f.remove(p.ID)
	f.points[p.ID] = p
	if f.bySource[p.Source()] == nil {
		f.bySource[p.Source()] = map[string]bool{}
	}
	f.bySource[p.Source()][p.ID] = true
}

func (f found) remove(id string) {
	delete(f.bySource[f.points[id].Source()], id)
	delete(f.points, id)
}

// answer puts what EC2 said of ids over what was known of them.
func (f found) answer(ids []string, points map[string]recovery.Point) {
	for _, id := range ids {
		f.asked[id] = true
		f.remove(id)
	}
	for p := range maps.Values(points) {
		f.add(p)
	}
}

// replace puts a new listing of some sources in the place of the old one.
func (f found) replace(sources []string, points []recovery.Point) {
	for _, source := range sources {
		for _, id := range slices.Collect(maps.Keys(f.bySource[source])) {
			delete(f.asked, id)
			f.remove(id)
		}
	}
	for _, p := range points {
		f.add(p)
	}
}

// newest is the newest good point of a target, as far as is known.
func (f found) newest(t target, included func(string) bool) (recovery.Point, bool) {
	var points []recovery.Point
	for _, source := range t.sources {
		for id := range f.bySource[source] {
			points = append(points, f.points[id])
		}
	}
	return recovery.NewestOf(points, t.sources, included)
}
