package retention

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"lastgood/shared/config"
	"lastgood/shared/recovery"
)

// rules are what the properties are tried with.
var rules = []config.Retain{
	{Count: 1}, {Count: 3}, {Count: 100},
	{Age: config.Duration(36 * time.Hour), AtLeast: 1}, {Age: config.Duration(72 * time.Hour), AtLeast: 4}, {Age: config.Duration(time.Hour)},
}

// reference decides by counting, on what the sets really are.
func reference(sets []made, rule config.Retain) map[int]bool {
	good := func(m made) bool {
		return m.attested && !m.doubted && !m.quarantin && !m.pending && !m.failed && m.missing == 0
	}
	taken := func(m made) time.Time { return m.run.Add(time.Duration(m.attempt) * 3 * time.Minute) }
	counts := func(i int) bool { // it is the one of its run that counts
		if !good(sets[i]) {
			return false
		}
		for j, other := range sets {
			if j == i || !other.run.Equal(sets[i].run) || !good(other) {
				continue
			}
			if other.success && !sets[i].success || other.success == sets[i].success && other.attempt < sets[i].attempt {
				return false
			}
		}
		return true
	}
	newer := func(i int) (n int) {
		for j := range sets {
			if counts(j) && taken(sets[j]).After(taken(sets[i])) {
				n++
			}
		}
		return n
	}
	stays := func(i int) bool {
		if rule.Count > 0 {
			return newer(i) < rule.Count
		}
		return now.Sub(taken(sets[i])) <= rule.Age.Std() || newer(i) < rule.AtLeast
	}
	remove := map[int]bool{}
	for i, m := range sets {
		old := now.Sub(taken(m)) >= 24*time.Hour
		switch {
		case m.held || m.quarantin || m.pending || m.doubted || !m.attested:
		case counts(i):
			remove[i] = !stays(i)
		case good(m):
			remove[i] = old
			for j := range sets {
				if counts(j) && !stays(j) && sets[j].run.Equal(m.run) {
					remove[i] = true
				}
			}
		case old:
			for j := range sets {
				if counts(j) && stays(j) && taken(sets[j]).After(taken(m)) {
					remove[i] = true
				}
			}
		}
	}
	return remove
}

func (m made) has(p recovery.Point) bool {
	return slices.ContainsFunc(m.points, func(q recovery.Point) bool { return q.ID == p.ID })
}

func TestDecide_agrees_with_a_reference_on_histories_of_all_kinds(t *testing.T) {
	deleted, kept := 0, 0
	for seed := range uint64(6000) {
		r := rand.New(rand.NewPCG(seed, 4))
		w, copied, rule := &world{}, seed%3 == 0, rules[r.IntN(len(rules))]
		sets, others := w.random(r, copied)
		unattested := map[string]bool{}
		h := History{Policy: policy, Target: target, Originals: &rule, Copies: &rule, Now: now, Points: slices.Clone(others),
			Verified: func(p recovery.Point) bool { return !unattested[p.ID] }}
		for _, m := range sets {
			h.Points = append(h.Points, m.points...)
			for _, p := range m.points {
				unattested[p.ID] = !m.attested
			}
		}
		r.Shuffle(len(h.Points), func(i, j int) { h.Points[i], h.Points[j] = h.Points[j], h.Points[i] })
		want := reference(sets, rule)
		seen := map[string]int{}
		for _, d := range h.Decide() {
			for _, p := range d.Points {
				seen[p.ID]++
				i := slices.IndexFunc(sets, func(m made) bool { return m.has(p) })
				should := i >= 0 && want[i]
				if d.Delete != should || d.Reason == "" {
					t.Fatalf("seed %d, rule %+v: %s of run %s attempt %s: delete %t, because %q; the reference says %t",
						seed, rule, p.ID, d.Run, d.Attempt, d.Delete, d.Reason, should)
				}
			}
			if d.Delete {
				deleted++
			} else {
				kept++
			}
		}
		for _, p := range h.Points {
			if seen[p.ID] != 1 {
				t.Fatalf("seed %d: %s is in %d decisions", seed, p.ID, seen[p.ID])
			}
		}
	}
	if deleted < 3000 || kept < 3000 {
		t.Errorf("only %d deleted and %d kept: the histories are too tame", deleted, kept)
	}
}

func TestDecide_asked_again_after_deleting_deletes_nothing_more(t *testing.T) {
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 5))
		rule := rules[r.IntN(len(rules))]
		w := &world{}
		sets, others := w.random(r, false)
		h := History{Policy: policy, Target: target, Originals: &rule, Now: now, Points: others, Verified: func(recovery.Point) bool { return false }}
		for _, m := range sets {
			h.Points = append(h.Points, m.points...)
		}
		gone := map[string]bool{}
		for _, d := range h.Decide() {
			for _, p := range d.Points {
				gone[p.ID] = d.Delete
			}
		}
		h.Points = slices.DeleteFunc(h.Points, func(p recovery.Point) bool { return gone[p.ID] })
		for _, d := range h.Decide() {
			if d.Delete {
				t.Fatalf("seed %d, rule %+v: a second look deletes %s: %s", seed, rule, d.Points[0].ID, d.Reason)
			}
		}
	}
}

// A copy that retention would delete at once would be made and deleted for ever.
func TestDue_copies_what_stays_and_ends(t *testing.T) {
	copies := 0
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 6))
		own, other := rules[r.IntN(len(rules))], rules[r.IntN(len(rules))]
		w := &world{}
		sets, others := w.random(r, false)
		from := History{Policy: policy, Target: target, Originals: &own, Now: now, Points: others, Verified: func(recovery.Point) bool { return false }}
		for _, m := range sets {
			from.Points = append(from.Points, m.points...)
		}
		to := History{Policy: policy, Target: target, Copies: &other, Now: now, Verified: func(recovery.Point) bool { return true }}
		for round := 0; ; round++ {
			due := Due(from, to, there, false)
			if len(due) == 0 {
				break
			}
			if round > 0 {
				t.Fatalf("seed %d: copied and due again: %+v", seed, due)
			}
			for _, c := range due {
				copies++
				to.Points = append(to.Points, w.copied(c.Original))
			}
		}
		for _, d := range to.Decide() {
			if d.Delete || !d.Counted {
				t.Fatalf("seed %d: copied, and then: %s, delete %t, %s", seed, d.Points[0].ID, d.Delete, d.Reason)
			}
		}
	}
	if copies < 3000 {
		t.Errorf("only %d copies: the histories are too tame", copies)
	}
}

// copied is a finished, attested copy of p in the other Region.
func (w *world) copied(p recovery.Point) recovery.Point {
	kind, _, _ := cut(p.ID)
	c := asCopied(p, recovery.Point{ID: w.id(kind)}, there, now)
	return c
}

func ExampleHistory_Decide() {
	w := &world{}
	h := History{Policy: policy, Target: target, Originals: &config.Retain{Count: 2}, Now: now}
	for day := range 4 {
		h.Points = append(h.Points, w.make(made{run: now.AddDate(0, 0, -day), attempt: 1, size: 2, success: true, quarantin: day == 1}).points...)
	}
	for _, d := range h.Decide() {
		fmt.Printf("%s delete: %t, %s\n", d.Run.Scheduled.Format(time.DateOnly), d.Delete, d.Reason)
	}
	// Output:
	// 2026-11-20 delete: false, good, number 1 of 2 to keep
	// 2026-11-19 delete: false, it is quarantined, and neither counted nor deleted
	// 2026-11-18 delete: false, good, number 2 of 2 to keep; goes when the next one is good
	// 2026-11-17 delete: true, older than the 2 newest good ones
}
