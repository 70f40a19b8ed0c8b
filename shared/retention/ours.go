package retention

import (
	"cmp"
	"slices"
	"strings"

	"lastgood/shared/recovery"
)

// doubt says why a point may be somebody else's, or nothing where it is beyond doubt ours. Tags
// are copied around by people and programs: a tag alone makes nothing ours.
func (h History) doubt(p recovery.Point) string {
	run, ok := recovery.ParseRun(p.Tags[recovery.TagRun])
	switch {
	case !ok:
		return "its " + recovery.TagRun + " cannot be read"
	case run.Policy != p.Tags[recovery.TagPolicy]:
		return "its " + recovery.TagPolicy + " and its " + recovery.TagRun + " contradict each other"
	case run.Policy != h.Policy || run.Target != h.Target:
		return "it is of another policy or target"
	}
	volume := recovery.IsVolumeID(run.Target)
	if volume && recovery.IsImageID(p.ID) {
		return "it is an image, and its run was on a volume"
	}
	if !p.Original() {
		if why := h.copyDoubt(p); why != "" {
			return why
		}
	}
	if (volume || recovery.IsImageID(p.ID)) && p.Source() != run.Target {
		return "it was taken of " + p.Source() + ", and its run was on another source: somebody may have copied tags"
	}
	return ""
}

// copyDoubt says why a point may be no copy of ours.
func (h History) copyDoubt(p recovery.Point) string {
	region, id, ok := strings.Cut(p.Tags[recovery.TagCopiedFrom], "/")
	switch {
	case !ok || region == p.Region:
		return "nobody says what it was taken from: somebody may have copied tags"
	case recovery.IsImageID(p.ID) && (p.SourceRegion != region || p.SourceImage != id):
		return "EC2 says that it was copied from something else than its " + recovery.TagCopiedFrom
	case !h.Verified(p):
		return "what it is a copy of is not attested"
	}
	return ""
}

// extra is a copy of what there is a better copy of.
type extra struct {
	recovery.Point
	worse bool   // it may go
	than  string // what the better one is
}

// firstCopies tells the best copy of each original from the others: CopySnapshot has no client
// token, so a copy whose answer was lost, or that failed, is made anew.
func firstCopies(points []recovery.Point) (first []recovery.Point, second []extra) {
	if points[0].Original() || slices.ContainsFunc(points, recovery.Point.Quarantined) {
		return points, nil
	}
	order := []recovery.State{recovery.Available, recovery.Pending, recovery.Gone}
	best := map[string]recovery.Point{}
	byRank := slices.SortedFunc(slices.Values(points), func(a, b recovery.Point) int {
		return cmp.Or(slices.Index(order, a.State)-slices.Index(order, b.State), a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
	})
	for _, p := range byRank {
		of := p.Tags[recovery.TagCopiedFrom]
		b, another := best[of]
		switch {
		case !another:
			best[of] = p
			first = append(first, p)
		case p.Held != "":
			second = append(second, extra{p, false, ", and " + p.Held})
		case b.State == recovery.Available || p.State == recovery.Gone && b.State == recovery.Pending:
			second = append(second, extra{p, true, ", beside " + b.ID})
		default:
			second = append(second, extra{p, false, ", beside " + b.ID + ", and neither is done"})
		}
	}
	slices.SortFunc(first, func(a, b recovery.Point) int { return cmp.Compare(a.ID, b.ID) })
	return first, second
}
