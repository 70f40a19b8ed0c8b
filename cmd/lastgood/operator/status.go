package operator

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"lastgood/shared/pointer"
	"lastgood/shared/recovery"
)

// Status is how all pointers stand.
type Status struct {
	At       time.Time       `json:"at"`
	Pointers []Standing      `json:"pointers"` // by source, then in the order of the Regions
	Groups   []GroupStanding `json:"groups"`   // that follow instances: by name, then in the order of the Regions
	Silent   []Silent        `json:"silent"`   // Regions that did not answer
	// Ungrouped are Regions whose groups could not be looked at.
	Ungrouped []Silent `json:"ungrouped"`
	Unknown   []string `json:"unknown"` // what was asked for by name and is nowhere
}

// Warnings counts what there is to act on.
func (s Status) Warnings() int {
	n := len(s.Silent) + len(s.Ungrouped) + len(s.Unknown)
	for _, g := range s.Groups {
		if g.Warns() {
			n++
		}
	}
	for _, p := range s.Pointers {
		n += len(p.Warnings)
	}
	return n
}

// Status looks at all pointers, or at those of some instances, their volumes, volumes and aliases. In each Region
// it lists the recovery points once and the pointers once; it asks for points by id where pointers name such
// as are not in the list, and verifies a signature only where a copy is newer than what its pointer names.
func (a *Account) Status(ctx context.Context, only ...string) (Status, error) {
	status := Status{At: a.Now().UTC(), Pointers: []Standing{}, Groups: []GroupStanding{}, Ungrouped: []Silent{}, Unknown: []string{}}
	names := map[string]string{}
	answers, silent, err := ask(a.impatient(), func(r *Region) (regionStatus, error) { return a.statusIn(ctx, r, only) })
	if err != nil {
		return status, err
	}
	status.Silent = silent
	for _, answer := range answers {
		a.withFile(answer)
		maps.Copy(names, answer.names)
		status.Pointers = append(status.Pointers, answer.pointers...)
		status.Groups = append(status.Groups, answer.groups...)
		status.Ungrouped = append(status.Ungrouped, answer.ungrouped...)
	}
	for i, s := range status.Pointers { // wherever it is that an instance runs
		status.Pointers[i].SourceName = names[s.Source]
	}
	slices.SortStableFunc(status.Groups, func(a, b GroupStanding) int { return cmp.Compare(a.Group, b.Group) })
	slices.SortStableFunc(status.Pointers, func(a, b Standing) int { return cmp.Compare(a.Source, b.Source) })
	for _, id := range only {
		if !slices.ContainsFunc(status.Pointers, func(s Standing) bool { return s.Source == id }) {
			status.Unknown = append(status.Unknown, id)
		}
	}
	return status, nil
}

// regionStatus is how a Region's pointers stand, and the groups that follow them.
type regionStatus struct {
	pointers  []Standing
	groups    []GroupStanding
	ungrouped []Silent
	names     map[string]string
}

// withFile has the commands that are told of use the configuration that was looked at.
func (a *Account) withFile(s regionStatus) {
	for _, p := range s.pointers {
		for i := range p.Warnings {
			p.Warnings[i].Command = a.File.Command(p.Warnings[i].Command)
		}
	}
	for i := range s.groups {
		s.groups[i].Command = a.File.Command(s.groups[i].Command)
	}
}

// statusIn looks at a Region. Who may not look at its groups is shown its pointers all the same.
func (a *Account) statusIn(ctx context.Context, r *Region, only []string) (s regionStatus, err error) {
	if s.pointers, err = a.pointersIn(ctx, r, only); err != nil {
		return s, err
	}
	s.names = r.sourceNames(ctx, s.pointers)
	if s.groups, err = a.groupsIn(ctx, r, only); err != nil {
		s.ungrouped = []Silent{{r.Name, brief(err)}}
	}
	return s, nil
}

func (a *Account) pointersIn(ctx context.Context, r *Region, only []string) ([]Standing, error) {
	pointers, err := pointer.Read(ctx, r.SSM, r.Names, a.Config.AliasNames()...)
	if err != nil {
		return nil, err
	}
	points, err := r.everything(ctx)
	if err != nil {
		return nil, err
	}
	byID, bySource, claimed := sortOut(points)
	if err := r.addNamed(ctx, byID, pointers); err != nil {
		return nil, err
	}
	inSets := setsOf(points)
	var standings []Standing
	for _, source := range a.sources(pointers, bySource, claimed) {
		if len(only) > 0 && !asked(only, source, bySource[source]) {
			continue
		}
		v := view{region: r.Name, source: source, sources: []string{source}, sets: inSets}
		if of, alias := a.Config.Aliases[source]; alias {
			v.sources = of
		}
		for _, s := range v.sources {
			v.points, v.claimed = append(v.points, bySource[s]...), append(v.claimed, claimed[s]...)
		}
		if parameter, has := pointers[source]; has {
			v.held = &parameter
			if p, exists := byID[v.point()]; exists {
				v.named = &p
			}
		}
		r.findNewest(ctx, &v, a.Config.Included)
		if s, about := v.standing(a.Config, a.Now()); about {
			s.Parameter = r.Names.Parameter(source)
			standings = append(standings, s)
		}
	}
	return standings, nil
}

// everything lists all recovery points of the Region.
func (r *Region) everything(ctx context.Context) ([]recovery.Point, error) {
	images, err := r.Points.Images.All(ctx)
	if err != nil {
		return nil, err
	}
	snapshots, err := r.Points.Snapshots.All(ctx)
	return append(images, snapshots...), err
}

// asked reports whether a source was asked for: by itself, or as a volume of an instance, going
// by the runs that its snapshots were made in.
func asked(only []string, source string, points []recovery.Point) bool {
	return slices.Contains(only, source) || recovery.IsVolumeID(source) && slices.ContainsFunc(points, func(p recovery.Point) bool {
		run, _ := recovery.ParseRun(p.Tags[recovery.TagRun])
		return slices.Contains(only, run.Target)
	})
}

// sortOut sorts points by whose they are, and by whose they only claim to be.
func sortOut(points []recovery.Point) (byID map[string]recovery.Point, bySource, claimed map[string][]recovery.Point) {
	byID, bySource, claimed = map[string]recovery.Point{}, map[string][]recovery.Point{}, map[string][]recovery.Point{}
	for _, p := range points {
		byID[p.ID] = p
		if source := p.Source(); source != "" {
			bySource[source] = append(bySource[source], p)
		} else if source, _ := recovery.Claimed(p); source != "" && recovery.Fits(p.ID, source) {
			claimed[source] = append(claimed[source], p)
		}
	}
	return byID, bySource, claimed
}

// addNamed describes what pointers name and the list does not have: disabled images are not in it.
func (r *Region) addNamed(ctx context.Context, byID map[string]recovery.Point, pointers map[string]types.Parameter) error {
	var ids []string
	for _, parameter := range pointers {
		id := aws.ToString(parameter.Value)
		if _, listed := byID[id]; !listed && (recovery.IsImageID(id) || recovery.IsSnapshotID(id)) {
			ids = append(ids, id)
		}
	}
	found, err := r.Points.ByID(ctx, ids...)
	maps.Copy(byID, found)
	return err
}

// sources are everything that has a pointer, a recovery point, or a claim, in order.
func (a *Account) sources(pointers map[string]types.Parameter, bySource, claimed map[string][]recovery.Point) []string {
	all := slices.Collect(maps.Keys(pointers))
	all = slices.AppendSeq(all, maps.Keys(bySource))
	all = slices.AppendSeq(all, maps.Keys(claimed))
	all = slices.AppendSeq(all, maps.Keys(a.Config.Aliases))
	slices.Sort(all)
	return slices.Compact(all)
}

// findNewest finds the newest good point the way settle does: a copy that the pointer does
// not name yet counts only if its signature fits.
func (r *Region) findNewest(ctx context.Context, v *view, included func(string) bool) {
	points := slices.Clone(v.points)
	for {
		want, found := recovery.NewestOf(points, v.sources, included)
		if !found {
			return
		}
		if !want.Original() && v.point() != want.ID {
			genuine, err := recovery.Verify(ctx, r.Key, want)
			if err == nil && !genuine {
				v.forged = append(v.forged, want.ID)
				points = slices.DeleteFunc(points, func(p recovery.Point) bool { return p.ID == want.ID })
				continue
			}
			v.unverified = err
		}
		v.want = want
		return
	}
}
