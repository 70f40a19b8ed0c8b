package retention

import (
	"maps"
	"slices"
	"strings"
	"time"

	"lastgood/shared/recovery"
)

const (
	// copyAgainAfter is how long a copy that failed is left before it is tried anew.
	copyAgainAfter = time.Hour
	// verdictWithin is how long a set is waited for to say what its scripts ended with.
	verdictWithin = time.Hour
)

// Copy is an original to be copied.
type Copy struct {
	Original recovery.Point
	Before   int    // how many copies of it there are already that are no use
	Reason   string // in words
}

// Due lists the originals among h that are to be copied to another Region, the newest sets first.
// there is what that Region holds. Copied is what the Region's rule would keep if all good sets
// were there, and nothing else: or it would be copied and deleted again for ever. scripted says
// that the policy runs scripts, whose verdict is to be on the set first.
func Due(h, there History, region string, scripted bool) []Copy {
	existing := map[string][]recovery.Point{} // original -> the copies of it
	for _, p := range there.Points {
		if from, id, ok := strings.Cut(p.Tags[recovery.TagCopiedFrom], "/"); ok && !p.Original() && len(h.Points) > 0 && from == h.Points[0].Region {
			existing[id] = append(existing[id], p)
		}
	}
	imagined := there // how the Region would look
	imagined.Points = slices.Clone(there.Points)
	missing := map[string]Copy{}
	ours := map[string]bool{}
	for _, d := range h.Decide() {
		if !d.Counted || d.Copied || d.Delete || scripted && h.undecided(d.Set) {
			continue
		}
		for _, p := range d.Points {
			there, again := h.usable(existing[p.ID])
			v := asCopied(p, there, region, h.Now)
			if there.ID == "" {
				missing[v.ID] = Copy{p, len(existing[p.ID]), again}
			}
			imagined.Points = slices.DeleteFunc(imagined.Points, func(q recovery.Point) bool { return slices.ContainsFunc(existing[p.ID], same(q)) })
			imagined.Points = append(imagined.Points, v)
			ours[v.ID] = true
		}
	}
	imagined.Verified = func(p recovery.Point) bool { return ours[p.ID] || there.Verified(p) }
	var due []Copy
	for _, d := range imagined.Decide() {
		if d.Delete || !d.Counted {
			continue
		}
		for _, p := range d.Points {
			if c, is := missing[p.ID]; is {
				due = append(due, c)
			}
		}
	}
	return due
}

// Copying lists the points of h of which there is a copy under way elsewhere, and where.
func Copying(h, there History, region string) map[string]string {
	under := map[string]string{}
	for _, p := range there.Points {
		if _, id, ok := strings.Cut(p.Tags[recovery.TagCopiedFrom], "/"); ok && p.State == recovery.Pending &&
			slices.ContainsFunc(h.Points, func(q recovery.Point) bool { return q.ID == id && q.Original() }) {
			under[id] = "the copy " + p.ID + " in " + region + ", which is under way,"
		}
	}
	return under
}

// undecided reports whether the set does not say yet what its scripts ended with.
func (h History) undecided(s Set) bool {
	return h.Now.Sub(s.TakenAt) < verdictWithin && slices.ContainsFunc(s.Points, func(p recovery.Point) bool {
		return p.Tags[recovery.TagPreScript] == "" && p.Tags[recovery.TagPostScript] == ""
	})
}

// usable is a copy that need not be made anew, or why there is none.
func (h History) usable(copies []recovery.Point) (recovery.Point, string) {
	again := "not copied yet"
	for _, p := range copies {
		age, signed := h.Now.Sub(p.Created), p.Tags[recovery.TagSignature] != ""
		switch {
		case p.State == recovery.Gone && p.Held == "" && age >= copyAgainAfter:
			again = "its copy " + p.ID + " failed"
		case !signed && p.State == recovery.Available && recovery.IsSnapshotID(p.ID) && age >= Patience:
			again = "its copy " + p.ID + " was not attested for a day"
		default:
			return p, ""
		}
	}
	return recovery.Point{}, again
}

// asCopied is how a copy of p will look when it is done and attested; there is the copy itself,
// where it exists already.
func asCopied(p, there recovery.Point, region string, now time.Time) recovery.Point {
	v := recovery.Point{ID: p.ID, Region: region, State: recovery.Available, Created: now,
		SourceImage: p.ID, SourceRegion: p.Region, Held: there.Held, Tags: maps.Clone(p.Tags)}
	if there.ID != "" {
		v.ID = there.ID
	}
	maps.Copy(v.Tags, map[string]string{
		recovery.TagCopiedFrom: p.Region + "/" + p.ID,
		recovery.TagSourceID:   p.OriginalOf,
		recovery.TagTakenAt:    p.Created.UTC().Format(time.RFC3339Nano),
		recovery.TagSignature:  "to be",
	})
	if there.Quarantined() {
		v.Tags[recovery.TagQuarantine] = there.Tags[recovery.TagQuarantine]
	}
	return v
}

func same(p recovery.Point) func(recovery.Point) bool {
	return func(q recovery.Point) bool { return q.ID == p.ID }
}
