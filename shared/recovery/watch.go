package recovery

import "time"

// Watch says which pointers may not grow old: reconcile counts by it, and status warns by it.
type Watch struct {
	MaxAge      time.Duration // what is older is stale
	RetireAfter time.Duration // a source without two points in this time is gone, or was backed up once
}

// watchedFrom is how many points of late make a source one that is still being backed up.
const watchedFrom = 2

// Watched reports whether a source, or one of several that an alias stands for, is still
// being backed up, going by all their points. A point that turned out bad counts too: that
// backups are bad is no reason to stop watching.
func (w Watch) Watched(points []Point, now time.Time) bool {
	recent := 0
	for _, p := range points {
		if p.State != Gone && !p.TakenAt().IsZero() && now.Sub(p.TakenAt()) < w.RetireAfter {
			recent++
		}
	}
	return recent >= watchedFrom
}

// Stale reports whether a pointer to what was taken then is too old, given all the points
// of its sources. Nobody knows how old the zero time is.
func (w Watch) Stale(takenAt time.Time, points []Point, now time.Time) bool {
	return !takenAt.IsZero() && now.Sub(takenAt) > w.MaxAge && w.Watched(points, now)
}
