package retention

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"lastgood/shared/recovery"
)

const (
	here   = "ap-northeast-1"
	there  = "ap-southeast-1"
	policy = "daily-web"
	target = "i-0123456789abcdef0"
)

var now = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// made is a set as it really is: what a reference can decide on without reading a tag.
type made struct {
	run       time.Time
	attempt   int
	size      int
	success   bool
	copied    bool
	image     bool
	pending   bool
	failed    bool
	missing   int
	doubted   bool // somebody copied its tags
	attested  bool
	held      bool
	quarantin bool
	points    []recovery.Point
}

// world makes points with ids that never repeat.
type world struct{ n int }

func (w *world) id(kind string) string {
	w.n++
	return fmt.Sprintf("%s-%017x", kind, w.n)
}

func volume(i int) string { return fmt.Sprintf("vol-%017x", i+1) }

// make makes the points of a set.
func (w *world) make(m made) made {
	run := recovery.Run{Policy: policy, Scheduled: m.run, Target: target}
	taken := m.run.Add(time.Duration(m.attempt) * 3 * time.Minute)
	for i := range m.size - m.missing {
		p := recovery.Point{ID: w.id("snap"), Region: here, State: recovery.Available, Created: taken, OriginalOf: volume(i), Tags: map[string]string{
			recovery.TagPolicy: policy, recovery.TagRun: run.String(), recovery.TagAttempt: strconv.Itoa(m.attempt),
			recovery.TagSetSize: strconv.Itoa(m.size), recovery.TagPreScript: recovery.Failure, recovery.TagPostScript: recovery.Success}}
		if m.image {
			p.ID, p.OriginalOf = w.id("ami"), target
		}
		if m.success {
			p.Tags[recovery.TagPreScript] = recovery.Success
		}
		if m.copied {
			p = w.copyOf(p)
		}
		if i == 0 {
			switch {
			case m.pending:
				p.State = recovery.Pending
			case m.failed:
				p.State = recovery.Gone
			}
			if m.quarantin {
				p.Tags[recovery.TagQuarantine] = "tested badly"
			}
			if m.held {
				p.Held = "protected from deregistration"
			}
		}
		m.points = append(m.points, p)
	}
	return m
}

// copyOf is the attested copy of a point of another Region.
func (w *world) copyOf(p recovery.Point) recovery.Point {
	kind, _, _ := cut(p.ID)
	c := asCopied(recovery.Point{ID: w.id(kind), Region: there, Created: p.Created, OriginalOf: p.OriginalOf, Tags: p.Tags}, recovery.Point{}, here, p.Created.Add(time.Hour))
	c.ID = w.id(kind)
	return c
}

func cut(id string) (kind, hex string, ok bool) {
	for i, r := range id {
		if r == '-' {
			return id[:i], id[i+1:], true
		}
	}
	return id, "", false
}

func chance(r *rand.Rand, percent int) bool { return r.IntN(100) < percent }

// random is a history of some weeks: with gaps, second attempts, failures, quarantine, copied
// tags and points of other policies.
func (w *world) random(r *rand.Rand, copied bool) (sets []made, others []recovery.Point) {
	image := chance(r, 30)
	for day := range 1 + r.IntN(12) {
		if chance(r, 15) {
			continue // a gap
		}
		run := now.Add(-time.Duration(day)*12*time.Hour - 2*time.Hour)
		for attempt := range 1 + r.IntN(5)/4 {
			m := made{run: run, attempt: attempt + 1, size: 1 + r.IntN(3), copied: copied, image: image, attested: true,
				success: chance(r, 60), pending: chance(r, 8), failed: chance(r, 8), held: chance(r, 5), quarantin: chance(r, 8)}
			if image {
				m.size = 1
			}
			if m.size > 1 && chance(r, 10) {
				m.missing = 1
			}
			if copied && chance(r, 10) {
				m.attested = false
			}
			m = w.make(m)
			if chance(r, 8) && !image { // somebody made a snapshot of a volume, with all tags of one of ours
				p := m.points[0]
				p.ID = w.id("snap")
				if !copied {
					p.OriginalOf, p.Created = volume(r.IntN(5)), p.Created.Add(time.Hour)
					m.doubted = true
				} else {
					p.Tags = map[string]string{recovery.TagPolicy: policy, recovery.TagRun: p.Tags[recovery.TagRun]}
				}
				if !m.doubted {
					others = append(others, p)
				} else {
					m.points = append(m.points, p)
				}
			}
			sets = append(sets, m)
		}
		if chance(r, 20) { // another policy took the same source
			other := recovery.Run{Policy: "hourly-web", Scheduled: run, Target: target}
			others = append(others, recovery.Point{ID: w.id("snap"), Region: here, State: recovery.Available, Created: run, OriginalOf: volume(0),
				Tags: map[string]string{recovery.TagPolicy: "hourly-web", recovery.TagRun: other.String(), recovery.TagSetSize: "1"}})
		}
	}
	return sets, others
}
