package awsfake

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"lastgood/shared/recovery"
)

// snapshot is one EBS snapshot. Of a copy EC2 shows no volume that means anything; from is
// what the world alone knows.
type snapshot struct {
	id, state, tier string
	created         time.Time
	volume          string
	from            string // <region>/<id> of the original, of a copy
	tags            map[string]string
	frozen          string // whose freeze it was taken in, as only the world knows
}

// Snapshot makes a pending snapshot of a volume, as CreateSnapshot does.
func (w *World) Snapshot(in, id, volume string, created time.Time, tags map[string]string) {
	w.putSnapshot(in, snapshot{id: id, state: "pending", created: created, volume: volume, tags: maps.Clone(tags)})
}

// CopySnapshot makes a pending copy of a snapshot, as CopySnapshot does.
func (w *World) CopySnapshot(in, id, from, original string, created time.Time, tags map[string]string) {
	w.putSnapshot(in, snapshot{id: id, state: "pending", created: created, from: from + "/" + original, tags: maps.Clone(tags)})
}

// SetSnapshotState changes a snapshot's state, as EBS does: completed, or error.
func (w *World) SetSnapshotState(in, id, state string) {
	s := w.regions[in].snapshots.rows[id]
	s.state = state
	w.putSnapshot(in, s)
}

// Archive moves a snapshot to the archive tier.
func (w *World) Archive(in, id string) {
	s := w.regions[in].snapshots.rows[id]
	s.tier = "archive"
	w.putSnapshot(in, s)
}

// DeleteSnapshot removes a snapshot.
func (w *World) DeleteSnapshot(in, id string) {
	r := w.regions[in]
	w.changeSnapshots(r, r.snapshots.without(id))
}

// NewestSnapshot is the oracle: the newest good snapshot of a volume, by the age of the
// original, from what the world knows and no tag but those of its own policy can change.
func (w *World) NewestSnapshot(in, volume string) string {
	var best string
	var bestAge time.Time
	r := w.regions[in]
	for _, id := range r.snapshots.ids() {
		s := r.snapshots.rows[id]
		source, age := w.snapshotTruth(s)
		if source == volume && w.goodSnapshot(r, s) && !age.Before(bestAge) {
			best, bestAge = id, age
		}
	}
	return best
}

// snapshotTruth is of which volume it is and how old, following a copy to its original.
func (w *World) snapshotTruth(s snapshot) (volume string, age time.Time) {
	if region, id, copied := strings.Cut(s.from, "/"); copied {
		s = w.regions[region].everSnapshot[id]
	}
	return s.volume, s.created
}

// goodSnapshot reports whether s could be restored from, with its whole set.
func (w *World) goodSnapshot(r *region, s snapshot) bool {
	run := s.tags[recovery.TagRun]
	size, err := strconv.Atoi(s.tags[recovery.TagSetSize])
	if run == "" || err != nil {
		return false
	}
	volumes := map[string]bool{}
	for _, id := range r.snapshots.ids() {
		part := r.snapshots.rows[id]
		if part.tags[recovery.TagRun] != run || part.tags[recovery.TagAttempt] != s.tags[recovery.TagAttempt] {
			continue
		}
		if _, quarantined := part.tags[recovery.TagQuarantine]; part.state != "completed" || part.tier == "archive" || quarantined {
			return false
		}
		volume, _ := w.snapshotTruth(part)
		volumes[volume] = true
	}
	return len(volumes) >= size
}

func (w *World) putSnapshot(in string, s snapshot) {
	r := w.regions[in]
	r.everSnapshot[s.id] = s
	w.changeSnapshots(r, r.snapshots.with(s.id, s))
}

// changeSnapshots changes what there is, and notes which snapshots ceased to be good with that.
func (w *World) changeSnapshots(r *region, t *table[snapshot]) {
	w.changes++
	before := map[string]bool{}
	if !t.bulk {
		for id, s := range r.snapshots.rows {
			before[id] = w.goodSnapshot(r, s)
		}
	}
	r.snapshotsBefore, r.snapshots = r.snapshots, t
	for id, good := range before {
		if s, exists := t.rows[id]; good && (!exists || !w.goodSnapshot(r, s)) {
			r.goneSince[id] = w.changes
		}
	}
}

func (r *region) exists(id string) bool {
	_, image := r.images.rows[id]
	_, snapshot := r.snapshots.rows[id]
	return image || snapshot
}

func (r *region) snapshotsAsOf(stale bool) *table[snapshot] {
	if stale {
		return r.snapshotsBefore
	}
	return r.snapshots
}

// DescribeSnapshots knows the filters snapshot-id, volume-id, status, tag-key and tag:<key>, with
// wildcards; another one is an error.
func (c *Client) DescribeSnapshots(ctx context.Context, in *ec2.DescribeSnapshotsInput, _ ...func(*ec2.Options)) (*ec2.DescribeSnapshotsOutput, error) {
	if len(in.OwnerIds) != 1 || in.OwnerIds[0] != "self" || len(in.Filters) == 0 {
		return nil, fmt.Errorf("the fake takes the owner self and a filter, not %v", in)
	}
	if *in.Filters[0].Name == "volume-id" && in.NextToken == nil {
		c.process.began[c.region] = c.process.World.changes // a settling pass begins with this listing
	}
	return do(ctx, c, "DescribeSnapshots", true, func(r *region, stale bool) (*ec2.DescribeSnapshotsOutput, error) {
		snapshots := r.snapshotsAsOf(stale)
		var found []types.Snapshot
		for _, id := range snapshots.ids() {
			ok, err := snapshots.rows[id].matches(in.Filters)
			if err != nil {
				return nil, err
			}
			if ok {
				found = append(found, snapshots.rows[id].wire())
			}
		}
		some, next, err := pageOf(found, in.NextToken, c.process.World.pageSize(in.MaxResults))
		return &ec2.DescribeSnapshotsOutput{Snapshots: some, NextToken: next}, err
	})
}

func (s snapshot) matches(filters []types.Filter) (bool, error) {
	for _, f := range filters {
		var ok bool
		key, isTag := strings.CutPrefix(*f.Name, "tag:")
		switch {
		case isTag:
			value, has := s.tags[key]
			ok = has && like(f.Values, value)
		case *f.Name == "tag-key":
			ok = slices.ContainsFunc(f.Values, func(key string) bool { _, has := s.tags[key]; return has })
		case *f.Name == "snapshot-id":
			ok = slices.Contains(f.Values, s.id)
		case *f.Name == "status":
			ok = slices.Contains(f.Values, s.state)
		case *f.Name == "volume-id":
			ok = slices.Contains(f.Values, s.volume)
		default:
			return false, fmt.Errorf("the fake knows no filter %s", *f.Name)
		}
		if !ok {
			return false, nil
		}
	}
	return true, nil
}

func (s snapshot) wire() types.Snapshot {
	out := types.Snapshot{
		SnapshotId: aws.String(s.id), VolumeId: aws.String(s.volume), State: types.SnapshotState(s.state),
		StartTime: aws.Time(s.created), StorageTier: types.StorageTierStandard, Tags: wireTags(s.tags),
	}
	if s.tier == "archive" {
		out.StorageTier = types.StorageTierArchive
	}
	if s.from != "" {
		out.VolumeId = aws.String("vol-ffffffff")
	}
	return out
}

func wireTags(tags map[string]string) []types.Tag {
	var out []types.Tag
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		out = append(out, types.Tag{Key: aws.String(key), Value: aws.String(tags[key])})
	}
	return out
}
