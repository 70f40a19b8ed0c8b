package inventory

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"lastgood/shared/recovery"
)

// Snapshots finds the snapshots in one Region that policies of this account made, and the
// copies of them. Other snapshots are no recovery points: nobody says what set they are of.
// Each is given the state of its whole set, see recovery.Whole.
type Snapshots struct {
	EC2    ec2.DescribeSnapshotsAPIClient
	Region string
}

// OfSource lists the snapshots of the volumes: those EC2 attributes to them, and those
// whose tag says so. Two calls for 200 volumes, and one for 200 of the runs they were made
// in, if those took several volumes; more where there are over 1,000 snapshots.
func (s Snapshots) OfSource(ctx context.Context, volumes ...string) ([]recovery.Point, error) {
	var points []recovery.Point
	for chunk := range slices.Chunk(volumes, valuesPerFilter) {
		originals, err := s.list(ctx, filter("volume-id", chunk...), filter("tag-key", recovery.TagRun))
		if err != nil {
			return nil, fmt.Errorf("listing the snapshots taken of %s: %w", some(chunk), err)
		}
		tagged, err := s.list(ctx, filter("tag:"+recovery.TagSourceID, chunk...))
		if err != nil {
			return nil, fmt.Errorf("listing the snapshots tagged as of %s: %w", some(chunk), err)
		}
		points = append(append(points, originals...), tagged...)
	}
	return s.whole(ctx, points)
}

// All lists every snapshot in the Region that a policy made, and every copy of one, 1,000 a call.
func (s Snapshots) All(ctx context.Context) ([]recovery.Point, error) {
	points, err := s.list(ctx, filter("tag-key", recovery.TagRun))
	if err != nil {
		return nil, fmt.Errorf("listing all snapshots of policies in %s: %w", s.Region, err)
	}
	return recovery.Whole(points), nil
}

// ByID describes the snapshots of these ids, 200 a call. An id that does not exist, or is
// not ours, is not in the answer.
func (s Snapshots) ByID(ctx context.Context, ids ...string) (map[string]recovery.Point, error) {
	points, err := s.describe(ctx, ids)
	if err == nil {
		points, err = s.whole(ctx, points)
	}
	if err != nil {
		return nil, err
	}
	found := make(map[string]recovery.Point, len(points))
	for _, p := range points {
		found[p.ID] = p
	}
	return found, nil
}

// Each describes the snapshots of these ids, as ByID does, each in its own state.
func (s Snapshots) Each(ctx context.Context, ids ...string) (map[string]recovery.Point, error) {
	points, err := s.describe(ctx, ids)
	found := make(map[string]recovery.Point, len(points))
	for _, p := range points {
		found[p.ID] = p
	}
	return found, err
}

// OfRuns lists what the runs made, and the copies of that, in this Region, each snapshot in its own
// state, 200 runs a call. In a run, * stands for any characters, as for Images.OfRuns.
func (s Snapshots) OfRuns(ctx context.Context, runs ...string) ([]recovery.Point, error) {
	var points []recovery.Point
	for chunk := range slices.Chunk(runs, valuesPerFilter) {
		made, err := s.list(ctx, filter("tag:"+recovery.TagRun, chunk...))
		if err != nil {
			return nil, fmt.Errorf("listing the snapshots of run %s: %w", some(chunk), err)
		}
		points = append(points, made...)
	}
	return points, nil
}

// Backing lists the snapshots that images of runs consist of, whether the image still exists or not.
func (s Snapshots) Backing(ctx context.Context) ([]recovery.Point, error) {
	points, err := s.list(ctx, filter("tag-key", recovery.TagBacks))
	if err != nil {
		return nil, fmt.Errorf("listing the snapshots of images in %s: %w", s.Region, err)
	}
	return points, nil
}

func (s Snapshots) describe(ctx context.Context, ids []string) ([]recovery.Point, error) {
	var points []recovery.Point
	for chunk := range slices.Chunk(slices.Compact(slices.Sorted(slices.Values(ids))), valuesPerFilter) {
		described, err := s.list(ctx, filter("snapshot-id", chunk...))
		if err != nil {
			return nil, fmt.Errorf("describing %d snapshots from %s on: %w", len(chunk), chunk[0], err)
		}
		points = append(points, described...)
	}
	return points, nil
}

// whole gives points the state of their sets, asking for the other parts of those.
func (s Snapshots) whole(ctx context.Context, points []recovery.Point) ([]recovery.Point, error) {
	runs, all := map[string]bool{}, map[string]recovery.Point{}
	for _, p := range points {
		if id, size := p.Set(); size > 1 {
			runs[id.Run] = true
		}
	}
	parts, err := s.OfRuns(ctx, slices.Sorted(maps.Keys(runs))...)
	if err != nil {
		return nil, err
	}
	for _, p := range append(parts, points...) { // what was asked for comes last: it may be the fresher
		all[p.ID] = p
	}
	states := map[string]recovery.State{}
	for _, p := range recovery.Whole(slices.Collect(maps.Values(all))) {
		states[p.ID] = p.State
	}
	for i, p := range points {
		points[i].State = states[p.ID]
	}
	return points, nil
}

func (s Snapshots) list(ctx context.Context, filters ...types.Filter) ([]recovery.Point, error) {
	pages := ec2.NewDescribeSnapshotsPaginator(s.EC2, &ec2.DescribeSnapshotsInput{
		OwnerIds: []string{"self"}, Filters: filters, MaxResults: aws.Int32(perPage),
	})
	var points []recovery.Point
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, snapshot := range page.Snapshots {
			points = append(points, s.point(snapshot))
		}
	}
	return points, nil
}

// point is a snapshot as a recovery point.
func (s Snapshots) point(snapshot types.Snapshot) recovery.Point {
	p := recovery.Point{
		ID:      aws.ToString(snapshot.SnapshotId),
		Region:  s.Region,
		State:   snapshotState(snapshot),
		Created: aws.ToTime(snapshot.StartTime).UTC(),
		Tags:    Tags(snapshot.Tags),
	}
	if snapshot.StorageTier == types.StorageTierArchive {
		p.Held = "archived"
	}
	// A snapshot with a tag that says it is a copy is one: EC2 shows an arbitrary volume for it.
	if volume := aws.ToString(snapshot.VolumeId); recovery.IsVolumeID(volume) && p.Tags[recovery.TagCopiedFrom] == "" {
		p.OriginalOf = volume
	}
	return p
}

// snapshotState is the state of a snapshot by itself. One in the archive tier has to be
// restored before it can be used, which takes days:
// https://docs.aws.amazon.com/ebs/latest/userguide/snapshot-archive.html
func snapshotState(s types.Snapshot) recovery.State {
	archived := s.StorageTier == types.StorageTierArchive
	switch {
	case s.State == types.SnapshotStateCompleted && !archived:
		return recovery.Available
	case s.State == types.SnapshotStatePending && !archived:
		return recovery.Pending
	default:
		return recovery.Gone
	}
}
