package reconcile

import (
	"cmp"
	"context"
	"slices"
	"time"

	"lastgood/shared/pointer"
	"lastgood/shared/recovery"
	"lastgood/shared/telemetry"
)

// Watch says which pointers may not grow old.
type Watch struct {
	MaxAge      time.Duration // an older pointer is stale
	RetireAfter time.Duration // an instance without two images in this time is not watched: it is gone, or was imaged once
}

// measure tells how the pointers of the Region stand.
func (h Handler) measure(ctx context.Context, images []recovery.Point, results []pointer.Result) {
	now := h.Now()
	recent, silent := h.Watch.recent(images, now), silent(images)
	var tracked, repaired, stale int
	for _, r := range results {
		if (r.Move != pointer.Unchanged && r.Move != pointer.Nothing) || len(r.Forged) > 0 {
			r.Outcome().Log(ctx, h.Log)
			h.Metrics.Count(r.Outcome().Metrics...)
		}
		if r.To == "" {
			continue
		}
		tracked++
		if r.Move == pointer.Moved && r.From != r.To && !silent[r.From] {
			repaired++
		}
		if r.TakenAt.IsZero() {
			continue
		}
		age := now.Sub(r.TakenAt)
		h.Metrics.Age(telemetry.PointerAge, age)
		if r.Move == pointer.Moved && r.Copy {
			h.Metrics.Age(telemetry.CopyLag, age)
		}
		if age > h.Watch.MaxAge && h.watched(r.Source, recent) {
			stale++
		}
	}
	h.Metrics.Add(telemetry.PointersTracked, tracked)
	h.Metrics.Add(telemetry.PointersRepaired, repaired)
	h.Metrics.Add(telemetry.PointersStale, stale)
	h.Metrics.Add(telemetry.PointersDangling, 0) // counted above; this has it say 0 where there was none
}

// watched reports whether a source, or one that an alias stands for, is still being backed up.
func (h Handler) watched(source string, recent map[string]int) bool {
	for _, s := range slices.Concat(h.Sweep.Aliases[source], []string{source}) {
		if recent[s] >= 2 {
			return true
		}
	}
	return false
}

// recent counts each source's good images of late.
func (w Watch) recent(images []recovery.Point, now time.Time) map[string]int {
	recent := map[string]int{}
	for _, p := range images {
		if p.State == recovery.Available && !p.Quarantined() && now.Sub(p.TakenAt()) < w.RetireAfter {
			recent[p.Source()]++
		}
	}
	return recent
}

// silent lists the images whose pointer moves away without a lost event: no event tells of
// a quarantine. The missing image is one of them: a first pointer is backfill.
func silent(images []recovery.Point) map[string]bool {
	silent := map[string]bool{"": true}
	for _, p := range images {
		if p.Quarantined() {
			silent[p.ID] = true
		}
	}
	return silent
}

// forged lists the images whose signature turned out not to fit.
func forged(images []recovery.Point, results []pointer.Result) []int {
	ids := map[string]bool{}
	for _, r := range results {
		for _, id := range r.Forged {
			ids[id] = true
		}
	}
	var forged []int
	for i, p := range images {
		if ids[p.ID] {
			forged = append(forged, i)
		}
	}
	return forged
}

// doubtful lists the images that nobody says whose they are, or that say something else
// than EC2, the newest first.
func doubtful(images []recovery.Point) []int {
	var doubtful []int
	for i, p := range images {
		tag := p.Tags[recovery.TagSourceID]
		if p.Source() == "" || p.Original() && tag != "" && tag != p.OriginalOf {
			doubtful = append(doubtful, i)
		}
	}
	slices.SortFunc(doubtful, func(a, b int) int {
		return cmp.Or(images[b].Created.Compare(images[a].Created), cmp.Compare(images[a].ID, images[b].ID))
	})
	return doubtful
}
