package operator

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"lastgood/shared/attest"
	"lastgood/shared/recovery"
)

// family is an image with the copies made of it, and the copies of those; or a snapshot with
// its set, and the copies of that.
type family struct {
	point   recovery.Point              // the one asked for
	origin  attest.Origin               // what it was copied from, if it is a copy
	members map[string][]recovery.Point // Region -> points
}

// find describes a recovery point in whichever Region has it.
func (x *reach) find(ctx context.Context, id string) (point recovery.Point, err error) {
	for _, found := range each(ctx, x, func(ctx context.Context, r *Region) (map[string]recovery.Point, error) {
		return r.Points.ByID(ctx, id)
	}) {
		if p, is := found[id]; is {
			return p, nil
		}
	}
	return point, x.missing(id)
}

// family finds an image, or the set of a snapshot, and every copy of it; with everywhere also what it is a copy of,
// and all copies of that.
func (x *reach) family(ctx context.Context, id string, everywhere bool) (family, error) {
	point, err := x.find(ctx, id)
	if err != nil {
		return family{}, err
	}
	f := family{point: point, members: map[string][]recovery.Point{}}
	if recovery.IsSnapshotID(id) {
		return f, x.set(ctx, &f, everywhere)
	}
	if !point.Original() {
		f.origin = attest.OriginOf(point)
	}
	f.add(point)
	begin := attest.Origin{Region: point.Region, Image: id}
	if everywhere {
		begin = x.climb(ctx, &f)
	}
	x.descend(ctx, &f, begin)
	return f, nil
}

// climb adds what the image was copied from, and what that was copied from, and returns
// the first of them, whether it still exists or not.
func (x *reach) climb(ctx context.Context, f *family) attest.Origin {
	top := attest.Origin{Region: f.point.Region, Image: f.point.ID}
	for at := f.origin; at != (attest.Origin{}); {
		top = at
		at = attest.Origin{}
		for _, found := range each(ctx, x, func(ctx context.Context, r *Region) (map[string]recovery.Point, error) {
			if r.Name != top.Region {
				return nil, nil //nolint:nilnil // nothing is found there
			}
			return r.Points.Images.ByID(ctx, top.Image)
		}) {
			if p, is := found[top.Image]; is && f.add(p) && !p.Original() {
				at = attest.OriginOf(p)
			}
		}
	}
	return top
}

// descend adds all copies of an image, and the copies of those.
func (x *reach) descend(ctx context.Context, f *family, top attest.Origin) {
	seen := map[attest.Origin]bool{top: true}
	for of := []attest.Origin{top}; len(of) > 0; {
		ids := map[string][]string{}
		for _, o := range of {
			ids[o.Region] = append(ids[o.Region], o.Image)
		}
		of = nil
		for _, p := range slices.Concat(each(ctx, x, func(ctx context.Context, r *Region) (copies []recovery.Point, err error) {
			for _, region := range slices.Sorted(maps.Keys(ids)) {
				some, err := r.Points.Images.CopiesOf(ctx, region, ids[region]...)
				if err != nil {
					return copies, err
				}
				copies = append(copies, some...)
			}
			return copies, nil
		})...) {
			f.add(p)
			if o := (attest.Origin{Region: p.Region, Image: p.ID}); !seen[o] {
				seen[o] = true
				of = append(of, o)
			}
		}
	}
}

// add reports whether p is new to the family.
func (f *family) add(p recovery.Point) bool {
	members := f.members[p.Region]
	if slices.ContainsFunc(members, func(m recovery.Point) bool { return m.ID == p.ID }) {
		return false
	}
	f.members[p.Region] = append(members, p)
	return true
}

// set adds the snapshots that the run took at the same moment, in the Region of the one asked for,
// and, unless that is a copy, the copies of those; with everywhere both in any case.
func (x *reach) set(ctx context.Context, f *family, everywhere bool) error {
	id, _ := f.point.Set()
	if id == (recovery.SetID{}) {
		return fmt.Errorf("%s is of no run of a policy, and so no recovery point: a snapshot of an image is quarantined with its image", f.point.ID)
	}
	f.add(f.point)
	home := f.point.Region
	if !f.point.Original() {
		f.origin = copiedFrom(f.point)
		home = f.origin.Region
	}
	if home == "" { // a copy that nobody tagged as one: nothing is known to belong to it
		return nil
	}
	for _, p := range slices.Concat(each(ctx, x, func(ctx context.Context, r *Region) ([]recovery.Point, error) {
		return r.Points.Snapshots.OfRuns(ctx, id.Run)
	})...) {
		part, _ := p.Set()
		of := part == id && (p.Original() && p.Region == home || copiedFrom(p).Region == home)
		if of && (everywhere || f.point.Original() || p.Region == f.point.Region && !p.Original()) {
			f.add(p)
		}
	}
	return x.err()
}

// copiedFrom is what a snapshot's tag says that it was copied from: EC2 itself does not tell.
func copiedFrom(p recovery.Point) attest.Origin {
	region, id, _ := strings.Cut(p.Tags[recovery.TagCopiedFrom], "/")
	return attest.Origin{Region: region, Image: id}
}

// sources are whose points these are, as far as EC2 or a tag with a signature says.
func (f *family) sources() []string {
	var sources []string
	for _, members := range f.members {
		for _, p := range members {
			if source := p.Source(); source != "" {
				sources = append(sources, source)
			}
		}
	}
	slices.Sort(sources)
	return slices.Compact(sources)
}

// in lists the ids of a Region's members.
func (f *family) in(region string) []string {
	ids := []string{}
	for _, p := range f.members[region] {
		ids = append(ids, p.ID)
	}
	slices.Sort(ids)
	return ids
}

// note says what else there is to a point that is a copy.
func (f *family) note(everywhere bool, did string) string {
	if everywhere || f.origin == (attest.Origin{}) {
		return ""
	}
	return fmt.Sprintf("%s is a copy of %s in %s, which was not %s, nor were its other copies: --everywhere does that",
		f.point.ID, f.origin.Image, f.origin.Region, did)
}
