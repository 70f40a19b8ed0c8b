package operator

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"lastgood/shared/recovery"
)

// VolumesRequest says which volumes to restore, and where.
type VolumesRequest struct {
	Volumes []string
	Region  string
	Run     string // of a policy, as in the tag lastgood:run; "" for what the pointers name
	File    string // what the commands call the template's file
}

// RestoreVolumes is all it takes to make volumes of the snapshots of one run.
type RestoreVolumes struct {
	Region   string           `json:"region"`
	Run      string           `json:"run"`
	Scripts  string           `json:"scripts,omitempty"`
	Volumes  []RestoredVolume `json:"volumes"` // in the order they were asked for
	Notes    []string         `json:"notes"`
	Warnings []string         `json:"warnings"`
	Commands []string         `json:"commands"`
	Template string           `json:"template"`
}

// RestoredVolume is one volume, and the snapshot that it is made of.
type RestoredVolume struct {
	Source   string    `json:"source"`
	Snapshot string    `json:"snapshot"`
	TakenAt  time.Time `json:"takenAt,omitzero"`
	Name     string    `json:"name"`
}

// RestoreVolumes makes the template and the commands. It changes nothing. An error says that
// there is nothing to restore from, or that the volumes would be of different moments.
func (a *Account) RestoreVolumes(ctx context.Context, q VolumesRequest) (RestoreVolumes, error) {
	r, err := a.Region(q.Region)
	if err != nil {
		return RestoreVolumes{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, actPatience)
	defer cancel()
	var s RestoreVolumes
	var points []recovery.Point
	if q.Run == "" {
		points, s.Warnings, err = a.ofPointers(ctx, r, q)
	} else {
		points, err = r.ofRun(ctx, q)
	}
	if err != nil {
		return RestoreVolumes{}, err
	}
	s.Region, s.Run, s.Scripts = r.Name, points[0].Tags[recovery.TagRun], verdict(points[0])
	if s.Warnings == nil {
		s.Warnings = []string{}
	}
	s.Notes = []string{"set ZONE to the availability zone of the server that is to have the volumes, which then are attached to it by hand"}
	if s.Scripts == recovery.Failure {
		s.Notes = append(s.Notes, "its scripts failed: what is restored is crash-consistent, as after a power cut")
	}
	for i, p := range points {
		name := p.Tags["Name"]
		if name == "" {
			name = q.Volumes[i]
		}
		s.Volumes = append(s.Volumes, RestoredVolume{q.Volumes[i], p.ID, p.TakenAt(), name})
	}
	s.Commands = volumeCommands(s, q.File)
	s.Template = volumeTemplate(s, q.File)
	return s, nil
}

// ofPointers are the snapshots that the pointers name, which have to be of one set.
func (a *Account) ofPointers(ctx context.Context, r *Region, q VolumesRequest) (points []recovery.Point, warnings []string, err error) {
	for _, volume := range q.Volumes {
		id, err := r.named(ctx, volume)
		if err != nil {
			return nil, nil, err
		}
		would, unknown := r.wouldSettle(ctx, volume)
		found, err := r.Points.ByID(ctx, id)
		if err != nil {
			return nil, nil, err
		}
		p := found[id]
		if p.State != recovery.Available {
			return nil, nil, a.nothingToRestore(id, volume, r.Name, would)
		}
		points = append(points, p)
		warnings = append(warnings, doubts(a.Now(), a.Config.MaxPointerAge.Std(), p, would, unknown)...)
		if attested, err := r.attested(ctx, p); err != nil || !attested {
			warnings = append(warnings, fmt.Sprintf("nobody attests whose snapshot %s is: it has no signature that fits", id))
		}
	}
	first, _ := points[0].Set()
	other := func(p recovery.Point) bool { set, _ := p.Set(); return set != first || set == (recovery.SetID{}) }
	if len(points) > 1 && slices.ContainsFunc(points, other) {
		return nil, nil, r.mixed(ctx, q.Volumes, points)
	}
	return points, warnings, nil
}

// mixed is the error for pointers that name snapshots of different moments.
func (r *Region) mixed(ctx context.Context, volumes []string, points []recovery.Point) error {
	var names []string
	for i, p := range points {
		set, _ := p.Set()
		names = append(names, fmt.Sprintf("that of %s names %s of run %s, attempt %s", volumes[i], p.ID, set.Run, set.Attempt))
	}
	err := fmt.Errorf("the pointers name snapshots of different moments, which do not belong together: %s", strings.Join(names, "; "))
	whole, unknown := r.newestWhole(ctx, volumes, "")
	switch {
	case unknown != nil:
		return fmt.Errorf("%w; nobody can tell which run is whole for all of them: %w", err, unknown)
	case whole == nil:
		return fmt.Errorf("%w; no run is whole for all of them: restore each by itself", err)
	}
	return fmt.Errorf("%w; the newest run that is whole for all of them is %[2]s: --run %[2]s restores it", err, whole[0].Tags[recovery.TagRun])
}

// ofRun are the snapshots that a run took of the volumes.
func (r *Region) ofRun(ctx context.Context, q VolumesRequest) ([]recovery.Point, error) {
	whole, err := r.newestWhole(ctx, q.Volumes, q.Run)
	if err == nil && whole == nil {
		err = fmt.Errorf("run %s has no set in %s that is good and whole for all of %s", q.Run, r.Name, strings.Join(q.Volumes, ", "))
	}
	return whole, err
}

// newestWhole are the snapshots of the newest set, or the newest of a run, that is good and has
// one of each of the volumes; nil if there is none. Copies in it have a signature that fits.
func (r *Region) newestWhole(ctx context.Context, volumes []string, run string) ([]recovery.Point, error) {
	points, err := r.Points.OfSource(ctx, volumes...)
	if err != nil {
		return nil, err
	}
	var best []recovery.Point
	for id, set := range setsOf(points) {
		if run != "" && id.Run != run {
			continue
		}
		whole, err := r.wholeFor(ctx, volumes, set)
		if err != nil {
			return nil, err
		}
		if whole != nil && (best == nil || whole[0].TakenAt().After(best[0].TakenAt())) {
			best = whole
		}
	}
	return best, nil
}

// wholeFor picks the good snapshot of each volume out of a set; nil unless there is one of each.
func (r *Region) wholeFor(ctx context.Context, volumes []string, set []recovery.Point) ([]recovery.Point, error) {
	var picked []recovery.Point
	for _, volume := range volumes {
		p, found := recovery.Newest(set, volume, func(string) bool { return true })
		if !found {
			return nil, nil
		}
		genuine, err := r.attested(ctx, p)
		if err != nil || !genuine {
			return nil, err
		}
		picked = append(picked, p)
	}
	return picked, nil
}

// CheckVolumes is an error unless all are ids of volumes, each there once.
func CheckVolumes(ids []string) error {
	for i, id := range ids {
		if !recovery.IsVolumeID(id) {
			return fmt.Errorf("%q is no volume id: restore one server, or any number of volumes", id)
		}
		if slices.Contains(ids[:i], id) {
			return errors.New(id + " is there twice")
		}
	}
	return nil
}
