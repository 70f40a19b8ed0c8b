package operator

import (
	"fmt"
	"strings"

	"lastgood/shared/recovery"
)

// sets are the snapshots of a Region by the sets they are parts of.
type sets map[recovery.SetID][]recovery.Point

func setsOf(points []recovery.Point) sets {
	all := sets{}
	for _, p := range points {
		if id, _ := p.Set(); id != (recovery.SetID{}) {
			all[id] = append(all[id], p)
		}
	}
	return all
}

// lack says in words why the set of p is not good, whatever p is by itself; "" where it lacks
// nothing, or p is a set by itself.
func (s sets) lack(p recovery.Point) string {
	id, size := p.Set()
	if id == (recovery.SetID{}) || size == 1 || len(s[id]) == 0 {
		return ""
	}
	sources, unattested, failed := map[string]bool{}, 0, false
	for _, part := range s[id] {
		if part.Quarantined() {
			return part.ID + " of its set is quarantined"
		}
		if part.Source() == "" {
			unattested++
		}
		sources[part.Source()] = part.Source() != ""
		failed = failed || part.State == recovery.Gone
	}
	delete(sources, "")
	switch there := len(sources) + unattested; {
	case size == 0:
		return "nobody knows how many its set has"
	case there < size:
		return fmt.Sprintf("%d of the %d snapshots of its set are missing", size-there, size)
	case failed:
		return "a snapshot of its set failed, or is archived"
	case unattested > 0:
		return fmt.Sprintf("%d of the %d snapshots of its set are not attested yet", unattested, size)
	}
	return ""
}

// verdict is what came of the scripts around a capture; "" where there were none, or nobody knows yet.
func verdict(p recovery.Point) string {
	pre, post := p.Tags[recovery.TagPreScript], p.Tags[recovery.TagPostScript]
	switch {
	case pre == recovery.Failure || post == recovery.Failure:
		return recovery.Failure
	case pre == recovery.Success && post == recovery.Success:
		return recovery.Success
	}
	return ""
}

// noun is what a recovery point, or what is taken of a source, is called.
func noun(id string) string {
	if strings.HasPrefix(id, "snap-") || recovery.IsVolumeID(id) {
		return "snapshot"
	}
	return "image"
}

// removal is how a recovery point is done away with.
func removal(id string) string {
	if recovery.IsSnapshotID(id) {
		return "Delete"
	}
	return "Deregister"
}
