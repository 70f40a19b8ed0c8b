package awsfake

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"lastgood/shared/recovery"
)

// Stranger says that a point is none of lastgood's, whatever its tags say: deleting it breaks the world.
func (w *World) Stranger(id string) { w.strangers[id] = true }

// Lock locks a snapshot.
func (w *World) Lock(id string) { w.locked[id] = true }

// Protect protects an image from deregistration.
func (w *World) Protect(in, id string) {
	i := w.regions[in].images.rows[id]
	i.protected = true
	w.put(in, i)
}

// Exists reports whether there is a snapshot or image of this id.
func (w *World) Exists(in, id string) bool { return w.regions[in].exists(id) }

// mustStay says why a point must not be deleted, going by what the world knows, or nothing.
func (w *World) mustStay(r *region, id string) string {
	if w.strangers[id] {
		return "it is none of lastgood's"
	}
	for _, name := range r.parameters.ids() {
		if r.parameters.rows[name].value == id {
			return "the parameter " + name + " names it"
		}
	}
	for _, i := range r.instances.rows {
		if i.image == id && i.state != "terminated" {
			return "the instance " + i.id + " was launched from it"
		}
	}
	if by := r.scaling.refersTo(id); by != "" {
		return by + " refers to it"
	}
	sets := w.madeSets(r)
	s := sets[w.setOf(r, id)]
	if keep := w.Retain[s.policy]; s.good("") && !s.good(id) && keep > 0 {
		newer := map[string]bool{}
		for _, other := range sets {
			if other.policy != s.policy || other.target != s.target || other.copied != s.copied || !other.good("") {
				continue
			}
			if other.run == s.run && other.attempt != s.attempt {
				return "" // the run has another set that is as good
			}
			if other.taken.After(s.taken) {
				newer[other.run] = true
			}
		}
		if len(newer) < keep {
			return fmt.Sprintf("it is of set %d of the newest %d of policy %s", len(newer)+1, keep, s.policy)
		}
	}
	return ""
}

// madeSet is a set that lastgood made, as the world knows it.
type madeSet struct {
	policy, target, run, attempt string
	copied                       bool
	size                         int
	taken                        time.Time
	parts                        []madePart
}

type madePart struct {
	id, source string
	usable     bool
	bad        bool // quarantined
}

// good reports whether the set could be restored from without the part of this id.
func (s madeSet) good(without string) bool {
	sources := map[string]bool{}
	for _, p := range s.parts {
		if p.bad {
			return false
		}
		if p.usable && p.id != without {
			sources[p.source] = true
		}
	}
	return s.size > 0 && len(sources) >= s.size
}

func (w *World) setOf(r *region, id string) string {
	if s, is := r.snapshots.rows[id]; is {
		return fmt.Sprintf("snapshots %s %s %t", s.tags[recovery.TagRun], s.tags[recovery.TagAttempt], s.from != "")
	}
	i := r.images.rows[id]
	return fmt.Sprintf("images %s %s %t", i.tags[recovery.TagRun], i.tags[recovery.TagAttempt], i.sourceInstance == "")
}

func (w *World) madeSets(r *region) map[string]madeSet {
	sets := map[string]madeSet{}
	add := func(id string, tags map[string]string, copied, usable bool, source string, taken time.Time, size int) {
		if w.strangers[id] || tags[recovery.TagRun] == "" {
			return
		}
		run := strings.Split(tags[recovery.TagRun], "/")
		s := sets[w.setOf(r, id)]
		s.policy, s.target, s.run, s.attempt, s.copied, s.size, s.taken = run[0], run[len(run)-1], tags[recovery.TagRun], tags[recovery.TagAttempt], copied, size, taken
		_, bad := tags[recovery.TagQuarantine]
		s.parts = append(s.parts, madePart{id, source, usable, bad})
		sets[w.setOf(r, id)] = s
	}
	for _, id := range r.snapshots.ids() {
		s := r.snapshots.rows[id]
		source, taken := w.snapshotTruth(s)
		size, _ := strconv.Atoi(s.tags[recovery.TagSetSize])
		add(id, s.tags, s.from != "", s.state == "completed" && s.tier == "", source, taken, size)
	}
	for _, id := range r.images.ids() {
		i := r.images.rows[id]
		source, taken := w.truth(i)
		add(id, i.tags, i.sourceInstance == "", i.state == "available", source, taken, 1)
	}
	return sets
}
