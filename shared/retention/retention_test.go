package retention

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"lastgood/shared/config"
	"lastgood/shared/recovery"
)

// three is a history of three good sets of two volumes each, of which one is kept.
func three(change func(w *world, h *History)) History {
	w := &world{}
	h := History{Policy: policy, Target: target, Originals: &config.Retain{Count: 1}, Now: now,
		Verified: func(p recovery.Point) bool { return p.Tags[recovery.TagSignature] == "to be" }}
	for day := range 3 {
		h.Points = append(h.Points, w.make(made{run: now.AddDate(0, 0, -day-2), attempt: 1, size: 2, success: true}).points...)
	}
	if change != nil {
		change(w, &h)
	}
	return h
}

// of is the decision that a point is in.
func of(t *testing.T, decisions []Decision, id string) Decision {
	t.Helper()
	i := slices.IndexFunc(decisions, func(d Decision) bool {
		return slices.ContainsFunc(d.Points, func(p recovery.Point) bool { return p.ID == id })
	})
	if i < 0 {
		t.Fatalf("nothing is decided on %s", id)
	}
	return decisions[i]
}

func tags(p recovery.Point, more map[string]string) map[string]string {
	all := maps.Clone(p.Tags)
	maps.Copy(all, more)
	return all
}

// Each is a change of the fourth point, of the set in the middle, which would go.
func TestDecide_keeps_what_is_not_beyond_doubt_ours(t *testing.T) {
	for name, test := range map[string]struct {
		change func(w *world, h *History)
		why    string
	}{
		"run that cannot be read": {func(_ *world, h *History) {
			h.Points[3].Tags = tags(h.Points[3], map[string]string{recovery.TagRun: "daily-web/yesterday/" + target})
		}, "cannot be read"},
		"tags that contradict each other": {func(_ *world, h *History) {
			h.Points[3].Tags = tags(h.Points[3], map[string]string{recovery.TagPolicy: "weekly-web"})
		}, "contradict"},
		"another target": {func(_ *world, h *History) {
			run := recovery.Run{Policy: policy, Scheduled: now, Target: "i-0ffffffffffffffff"}
			h.Points[3].Tags = tags(h.Points[3], map[string]string{recovery.TagRun: run.String()})
		}, "another policy or target"},
		"one part too many": {func(w *world, h *History) {
			p := h.Points[3]
			p.ID, p.OriginalOf = w.id("snap"), volume(7)
			h.Points = append(h.Points, p)
		}, "3 parts where 2 were taken"},
		"two of one volume": {func(w *world, h *History) {
			p := h.Points[3]
			p.ID = w.id("snap")
			h.Points = append(h.Points, p)
		}, "two recovery points of " + volume(1)},
		"a part from another moment": {func(_ *world, h *History) {
			h.Points[3].Created = h.Points[3].Created.Add(time.Hour)
		}, "not taken at one moment"},
		"parts that disagree": {func(_ *world, h *History) {
			h.Points[3].Tags = tags(h.Points[3], map[string]string{recovery.TagSetSize: "1"})
		}, "do not agree"},
		"a size that is no number": {func(_ *world, h *History) {
			for _, i := range []int{2, 3} {
				h.Points[i].Tags = tags(h.Points[i], map[string]string{recovery.TagSetSize: "all"})
			}
		}, "do not agree"},
		"a part that nobody took": {func(_ *world, h *History) { h.Points[3].OriginalOf = "" }, "nobody says what it was taken from"},
		"a part that is archived": {func(_ *world, h *History) {
			h.Points[3].State, h.Points[3].Held = recovery.Gone, "archived"
		}, "archived"},
		"a quarantined part": {func(_ *world, h *History) {
			h.Points[3].Tags = tags(h.Points[3], map[string]string{recovery.TagQuarantine: ""})
		}, "quarantined"},
		"a part still being made": {func(_ *world, h *History) { h.Points[3].State = recovery.Pending }, "still being made"},
		"a policy that is gone":   {func(_ *world, h *History) { h.Originals = nil }, "no rule"},
		"a rule that says nothing": {func(_ *world, h *History) {
			h.Originals = &config.Retain{}
		}, "no rule"},
		"a copy, where copies have no rule": {func(_ *world, h *History) {
			for _, i := range []int{2, 3} {
				original := h.Points[i]
				original.Region = there
				h.Points[i] = asCopied(original, original, here, original.Created)
			}
		}, "no rule"},
		"a copy that nobody attested": {func(_ *world, h *History) {
			p := h.Points[3]
			p.OriginalOf, p.Tags = "", tags(p, map[string]string{recovery.TagCopiedFrom: there + "/snap-0123456789abcdef0"})
			h.Points[3], h.Copies = p, &config.Retain{Count: 1}
		}, "not attested"},
		"a copy within the Region": {func(_ *world, h *History) {
			p := h.Points[3]
			p.OriginalOf, p.Tags = "", tags(p, map[string]string{recovery.TagCopiedFrom: here + "/" + p.ID})
			h.Points[3] = p
		}, "nobody says what it was taken from"},
		"an image of another instance": {func(w *world, h *History) {
			h.Points[3].ID, h.Points[3].OriginalOf = w.id("ami"), "i-0ffffffffffffffff"
		}, "its run was on another source"},
		"an image that was copied from something else": {func(w *world, h *History) {
			p := h.Points[3]
			p.ID, p.OriginalOf, p.SourceRegion, p.SourceImage = w.id("ami"), "", there, "ami-0123456789abcdef0"
			p.Tags = tags(p, map[string]string{recovery.TagCopiedFrom: there + "/ami-0ffffffffffffffff"})
			h.Points[3] = p
		}, "copied from something else"},
	} {
		t.Run(name, func(t *testing.T) {
			untouched := of(t, three(nil).Decide(), three(nil).Points[3].ID)
			if !untouched.Delete {
				t.Fatalf("without the change it is kept: %s", untouched.Reason)
			}
			h := three(test.change)
			if d := of(t, h.Decide(), h.Points[3].ID); d.Delete || !strings.Contains(d.Reason, test.why) {
				t.Errorf("delete %t, because %q; want it kept because %q", d.Delete, d.Reason, test.why)
			}
		})
	}
}

func TestDecide_a_run_in_which_nothing_was_made_deletes_nothing(t *testing.T) {
	h := three(nil)
	h.Originals = &config.Retain{Count: 3}
	for days := range 400 {
		h.Now = now.AddDate(0, 0, days)
		for _, d := range h.Decide() {
			if d.Delete {
				t.Fatalf("%d days later %s goes: %s", days, d.Points[0].ID, d.Reason)
			}
		}
	}
}

func TestDecide_prefers_the_second_copy_that_is_done(t *testing.T) {
	w := &world{}
	original := w.make(made{run: now.AddDate(0, 0, -2), attempt: 1, size: 1}).points[0]
	original.Region = there
	failed, done, late := asCopied(original, recovery.Point{}, here, now), asCopied(original, recovery.Point{}, here, now), asCopied(original, recovery.Point{}, here, now)
	failed.ID, done.ID, late.ID = w.id("snap"), w.id("snap"), w.id("snap")
	failed.State, late.Created = recovery.Gone, now.Add(time.Minute)
	h := History{Policy: policy, Target: target, Copies: &config.Retain{Count: 1}, Now: now,
		Points: []recovery.Point{failed, done, late}, Verified: func(recovery.Point) bool { return true }}
	for id, gone := range map[string]bool{failed.ID: true, done.ID: false, late.ID: true} {
		if d := of(t, h.Decide(), id); d.Delete != gone {
			t.Errorf("%s: delete %t, %s", id, d.Delete, d.Reason)
		}
	}
	h.Points[1].State = recovery.Pending
	if d := of(t, h.Decide(), late.ID); d.Delete || !d.Counted {
		t.Errorf("the one that is done: delete %t, %s", d.Delete, d.Reason)
	}
	h.Points[2].State = recovery.Pending
	if d := of(t, h.Decide(), late.ID); d.Delete {
		t.Errorf("neither is done, and one goes: %s", d.Reason)
	}
}

func TestSpare_keeps_the_whole_set_of_a_part_that_is_referred_to(t *testing.T) {
	h := three(nil)
	spared := Spare(h.Decide(), map[string]string{h.Points[3].ID: "the pointer /lastgood/vol-1"})
	if d := of(t, spared, h.Points[2].ID); d.Delete || !strings.Contains(d.Reason, "the pointer /lastgood/vol-1") {
		t.Errorf("delete %t, %s", d.Delete, d.Reason)
	}
	if d := of(t, spared, h.Points[5].ID); !d.Delete {
		t.Errorf("the oldest, which nobody refers to, stays: %s", d.Reason)
	}
}

func TestDue(t *testing.T) {
	h := three(func(_ *world, h *History) { h.Originals = &config.Retain{Count: 3} })
	to := func(points ...recovery.Point) History {
		return History{Policy: policy, Target: target, Copies: &config.Retain{Count: 1}, Now: now, Points: points, Verified: h.Verified}
	}
	newest := h.Points[:2]
	exists := func(i int, change func(*recovery.Point)) recovery.Point {
		p := asCopied(newest[i], recovery.Point{ID: "snap-0cccccccccccccc0" + string('0'+rune(i))}, there, now)
		change(&p)
		return p
	}
	fine := exists(0, func(*recovery.Point) {})
	for name, test := range map[string]struct {
		to   History
		want int
		why  string
	}{
		"nothing is there":         {to(), 2, "not copied yet"},
		"a part is there":          {to(fine), 1, "not copied yet"},
		"a part is under way":      {to(fine, exists(1, func(p *recovery.Point) { p.State = recovery.Pending })), 0, ""},
		"a part has just failed":   {to(fine, exists(1, func(p *recovery.Point) { p.State = recovery.Gone })), 0, ""},
		"a part failed long since": {to(fine, exists(1, func(p *recovery.Point) { p.State, p.Created = recovery.Gone, now.Add(-time.Hour) })), 1, "failed"},
		"somebody archived a part": {to(fine, exists(1, func(p *recovery.Point) {
			p.State, p.Held, p.Created = recovery.Gone, "archived", now.Add(-time.Hour)
		})), 0, ""},
		"a part was never attested": {to(fine, exists(1, func(p *recovery.Point) {
			delete(p.Tags, recovery.TagSignature)
			p.Created = now.Add(-Patience)
		})), 1, "not attested"},
		"a part is still to be attested": {to(fine, exists(1, func(p *recovery.Point) { delete(p.Tags, recovery.TagSignature) })), 0, ""},
		"a quarantined copy":             {to(fine, exists(1, func(p *recovery.Point) { p.Tags[recovery.TagQuarantine] = "" })), 2, "not copied yet"},
	} {
		t.Run(name, func(t *testing.T) {
			due := Due(h, test.to, there, false)
			if len(due) != test.want {
				t.Fatalf("%d copies are due: %+v", len(due), due)
			}
			for _, c := range due {
				if !strings.Contains(c.Reason, test.why) {
					t.Errorf("because %q", c.Reason)
				}
			}
		})
	}
	t.Run("where there is no rule", func(t *testing.T) {
		none := to()
		none.Copies = nil
		if due := Due(h, none, there, false); len(due) != 0 {
			t.Errorf("copies are due: %+v", due)
		}
	})
	t.Run("before its scripts have a verdict", func(t *testing.T) {
		h := three(nil)
		for i := range h.Points {
			h.Points[i].Tags = tags(h.Points[i], nil)
			delete(h.Points[i].Tags, recovery.TagPreScript)
			delete(h.Points[i].Tags, recovery.TagPostScript)
		}
		h.Now = h.Points[0].Created.Add(time.Minute)
		if due := Due(h, to(), there, true); len(due) != 0 {
			t.Errorf("copies are due: %+v", due)
		}
		if due := Due(h, to(), there, false); len(due) != 2 {
			t.Errorf("of a policy without scripts %d copies are due", len(due))
		}
		h.Now = h.Now.Add(2 * time.Hour)
		if due := Due(h, to(), there, true); len(due) != 2 {
			t.Errorf("two hours later %d copies are due", len(due))
		}
	})
}

func TestCopying_names_the_originals_that_are_being_copied(t *testing.T) {
	h := three(nil)
	under := asCopied(h.Points[3], recovery.Point{}, there, now)
	under.ID, under.State = "snap-0ccccccccccccccc0", recovery.Pending
	done := asCopied(h.Points[2], recovery.Point{}, there, now)
	spared := Spare(h.Decide(), Copying(h, History{Points: []recovery.Point{under, done}}, there))
	if d := of(t, spared, h.Points[2].ID); d.Delete || !strings.Contains(d.Reason, under.ID) {
		t.Errorf("delete %t, %s", d.Delete, d.Reason)
	}
}

func FuzzDecide(f *testing.F) {
	f.Add("daily-web/2026-11-18T12:00:00Z/"+target, "daily-web", "1", "2", "", "2026-11-18T12:00:00Z")
	f.Add("daily-web/2026-11-18T12:00:00Z/"+target, "daily-web", "1", "-9", there+"/snap-0123456789abcdef0", "never")
	f.Fuzz(func(t *testing.T, run, name, attempt, size, from, taken string) {
		h := three(func(w *world, h *History) {
			p := h.Points[3]
			p.Tags = map[string]string{recovery.TagRun: run, recovery.TagPolicy: name, recovery.TagAttempt: attempt, recovery.TagSetSize: size,
				recovery.TagCopiedFrom: from, recovery.TagTakenAt: taken, recovery.TagSignature: "to be"}
			stranger := p
			stranger.ID, stranger.OriginalOf = w.id("snap"), ""
			h.Copies = &config.Retain{Count: 1}
			h.Points = append(h.Points, p, stranger)
			h.Points = slices.Delete(h.Points, 3, 4)
		})
		decided := 0
		for _, d := range h.Decide() {
			decided += len(d.Points)
			parsed, ok := recovery.ParseRun(d.Points[0].Tags[recovery.TagRun])
			if d.Delete && (!ok || parsed.Policy != policy || parsed.Target != target || d.Points[0].Tags[recovery.TagPolicy] != policy) {
				t.Errorf("%s goes, and its tags say it is not ours: %v", d.Points[0].ID, d.Points[0].Tags)
			}
		}
		if newest := of(t, h.Decide(), h.Points[0].ID); newest.Delete {
			t.Errorf("the newest goes: %s", newest.Reason)
		}
		if decided != len(h.Points) {
			t.Errorf("%d of %d points are decided on", decided, len(h.Points))
		}
		Due(h, h, there, true)
	})
}
