package retention

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"lastgood/shared/recovery"
)

// Set is what one attempt of a run made, or the copy of that.
type Set struct {
	Run     recovery.Run // the zero Run where nobody can tell
	Attempt string
	Copied  bool
	Points  []recovery.Point // in the order of their ids
	TakenAt time.Time        // of the newest of them
	State   State

	why string // the state, in words
}

// oneMoment is how far apart EC2 may begin the snapshots of one set.
const oneMoment = 5 * time.Minute

// State is how a set as a whole stands.
type State string

// The states of a set. Only good ones count.
const (
	Good        State = "good"
	Pending     State = "pending"
	Broken      State = "broken" // a part failed or is missing
	Quarantined State = "quarantined"
	Doubtful    State = "doubtful" // it may be somebody else's
)

// setKey tells sets apart.
type setKey struct {
	image        bool
	run, attempt string
	from         string // the Region a copy was made from
}

// sets gathers the points that are ours into sets. What is not ours, and second copies of one
// snapshot, are decided on already.
func (h History) sets() (sets []Set, decided []Decision) {
	byKey := map[setKey][]recovery.Point{}
	var keys []setKey
	points := slices.SortedFunc(slices.Values(h.Points), func(a, b recovery.Point) int { return cmp.Compare(a.ID, b.ID) })
	for _, p := range points {
		if why := h.doubt(p); why != "" {
			set := Set{Attempt: p.Tags[recovery.TagAttempt], Points: []recovery.Point{p}, TakenAt: p.TakenAt(), State: Doubtful}
			set.Run, _ = recovery.ParseRun(p.Tags[recovery.TagRun])
			set.Copied = !p.Original()
			decided = append(decided, keep(set, why))
			continue
		}
		from, _, _ := strings.Cut(p.Tags[recovery.TagCopiedFrom], "/")
		key := setKey{recovery.IsImageID(p.ID), p.Tags[recovery.TagRun], p.Tags[recovery.TagAttempt], from}
		if p.Original() {
			key.from = ""
		}
		if byKey[key] == nil {
			keys = append(keys, key)
		}
		byKey[key] = append(byKey[key], p)
	}
	for _, key := range keys {
		first, second := firstCopies(byKey[key])
		set := newSet(key, first)
		sets = append(sets, set)
		for _, p := range second {
			extra := set
			extra.Points, extra.State = []recovery.Point{p.Point}, Broken
			decided = append(decided, Decision{Set: extra, Delete: p.worse, Reason: "a second copy of " + p.Tags[recovery.TagCopiedFrom] + p.than})
		}
	}
	return sets, decided
}

func newSet(key setKey, points []recovery.Point) Set {
	s := Set{Attempt: key.attempt, Copied: key.from != "", Points: points}
	s.Run, _ = recovery.ParseRun(key.run)
	_, s.TakenAt = ages(points)
	s.State, s.why = stateOf(points, key.image)
	return s
}

// stateOf is the state of a set, and why. Doubt comes first: a set that is not beyond doubt
// ours is not judged at all.
func stateOf(points []recovery.Point, image bool) (State, string) {
	size, sources, states := 1, map[string]bool{}, map[recovery.State]int{}
	if !image {
		size, _ = strconv.Atoi(points[0].Tags[recovery.TagSetSize])
	}
	quarantined := 0
	earliest, latest := ages(points)
	for _, p := range points {
		switch {
		case !image && p.Tags[recovery.TagSetSize] != points[0].Tags[recovery.TagSetSize] || size < 1:
			return Doubtful, "its parts do not agree on how many they are"
		case sources[p.Source()]:
			return Doubtful, "it has two recovery points of " + p.Source() + ": somebody may have copied tags"
		case p.TakenAt().IsZero():
			return Doubtful, "nobody knows how old " + p.ID + " is"
		}
		sources[p.Source()] = true
		states[p.State]++
		if p.Quarantined() {
			quarantined++
		}
	}
	switch {
	case latest.Sub(earliest) > oneMoment:
		return Doubtful, "its parts were not taken at one moment: somebody may have copied tags"
	case len(points) > size:
		return Doubtful, fmt.Sprintf("it has %d parts where %d were taken: somebody may have copied tags", len(points), size)
	case quarantined > 0:
		return Quarantined, "it is quarantined, and neither counted nor deleted"
	case states[recovery.Pending] > 0:
		return Pending, "it is still being made"
	case states[recovery.Gone] > 0:
		return Broken, "a part of it failed"
	case len(points) < size:
		return Broken, fmt.Sprintf("%d of its %d parts are missing", size-len(points), size)
	}
	return Good, ""
}

// ages are when the oldest and the newest of the points were taken.
func ages(points []recovery.Point) (earliest, latest time.Time) {
	earliest, latest = points[0].TakenAt(), points[0].TakenAt()
	for _, p := range points {
		if p.TakenAt().Before(earliest) {
			earliest = p.TakenAt()
		}
		if p.TakenAt().After(latest) {
			latest = p.TakenAt()
		}
	}
	return earliest, latest
}

// held says who holds a part of the set so that it may not be deleted.
func (s Set) held() string {
	for _, p := range s.Points {
		if p.Held != "" {
			return p.ID + " is " + p.Held
		}
	}
	return ""
}

// ids are those of all that goes with the set.
func (s Set) ids() []string {
	var ids []string
	for _, p := range s.Points {
		ids = append(append(ids, p.ID), p.Snapshots...)
	}
	return ids
}

func (s Set) same(t Set) bool { return len(t.Points) > 0 && s.Points[0].ID == t.Points[0].ID }

// succeeded reports whether the set was taken while the application was frozen.
func (s Set) succeeded() bool {
	return !slices.ContainsFunc(s.Points, func(p recovery.Point) bool {
		return p.Tags[recovery.TagPreScript] != recovery.Success || p.Tags[recovery.TagPostScript] != recovery.Success
	})
}

func only(sets []Set, copied bool) []Set {
	return slices.DeleteFunc(slices.Clone(sets), func(s Set) bool { return s.Copied != copied })
}

// newestFirst orders by age; of equally old sets by run, kind and attempt, so that the order is always the same.
func newestFirst[T any](list []T, set func(T) Set) {
	slices.SortStableFunc(list, func(a, b T) int {
		x, y := set(a), set(b)
		return cmp.Or(y.TakenAt.Compare(x.TakenAt), cmp.Compare(y.Run.String(), x.Run.String()),
			cmp.Compare(y.Attempt, x.Attempt), cmp.Compare(y.Points[0].ID, x.Points[0].ID))
	})
}

func keep(s Set, why string) Decision { return Decision{Set: s, Reason: why} }
