package awsfake

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"lastgood/shared/recovery"
)

// Newest is the oracle: the newest good image of an instance, by the age of the original,
// from what the world knows and no tag can change.
func (w *World) Newest(in, instance string) string {
	var best string
	var bestAge time.Time
	for _, id := range w.regions[in].images.ids() {
		i := w.regions[in].images.rows[id]
		_, quarantined := i.tags[recovery.TagQuarantine]
		source, age := w.truth(i)
		if source == instance && i.state == "available" && !quarantined && !age.Before(bestAge) {
			best, bestAge = id, age
		}
	}
	return best
}

// truth is whose image it is and how old, following a copy to its original, which may be gone by now.
func (w *World) truth(i image) (source string, age time.Time) {
	if r, copied := w.regions[i.sourceRegion]; copied && i.sourceInstance == "" {
		i = r.ever[i.sourceImage]
	}
	return i.sourceInstance, i.created
}

// snapshot is the world's state as text, for telling states apart, with or without what
// it was before the last change.
func (w *World) snapshot(before bool) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(w.regions)) {
		r := w.regions[name]
		b.WriteString(name + r.images.String() + r.parameters.String() + r.snapshots.String() + r.instances.String() + r.volumes.String() + r.hosts.String() +
			r.commands.String() + r.validating.String() + r.scaling.String())
		if before {
			b.WriteString(r.imagesBefore.String() + r.parametersBefore.String() + r.snapshotsBefore.String() + r.commandsBefore.String() + r.scalingBefore.String())
		}
	}
	fmt.Fprint(&b, w.late)
	return b.String()
}

func (w *World) put(in string, i image) {
	r := w.regions[in]
	w.changes++
	if before := r.images.rows[i.id]; before.good() && !i.good() {
		r.goneSince[i.id] = w.changes
	}
	r.ever[i.id] = i
	r.setImages(r.images.with(i.id, i))
}

// good reports whether a point of this id could be restored from.
func (w *World) good(r *region, id string) bool {
	if s, is := r.snapshots.rows[id]; is {
		return w.goodSnapshot(r, s)
	}
	return r.images.rows[id].good()
}

func (i image) good() bool {
	_, quarantined := i.tags[recovery.TagQuarantine]
	return i.state == "available" && !quarantined
}

func (r *region) setImages(t *table[image]) { r.imagesBefore, r.images = r.images, t }
func (r *region) setParameters(t *table[parameter]) {
	r.parametersBefore, r.parameters = r.parameters, t
}

func (r *region) imagesAsOf(stale bool) *table[image] {
	if stale {
		return r.imagesBefore
	}
	return r.images
}

func (r *region) parametersAsOf(stale bool) *table[parameter] {
	if stale {
		return r.parametersBefore
	}
	return r.parameters
}

// Clone is a world that goes its own way from here on.
func (w *World) Clone() *World {
	c := *w
	c.Broken = slices.Clone(w.Broken)
	c.down, c.tokens, c.locked, c.strangers = maps.Clone(w.down), maps.Clone(w.tokens), maps.Clone(w.locked), maps.Clone(w.strangers)
	c.regions = make(map[string]*region, len(w.regions))
	for name, r := range w.regions {
		copied := *r
		copied.ever, copied.everSnapshot, copied.goneSince = maps.Clone(r.ever), maps.Clone(r.everSnapshot), maps.Clone(r.goneSince)
		c.regions[name] = &copied
	}
	return &c
}

// State is the world's state as text, for telling states apart.
func (w *World) State() string { return w.snapshot(false) }
