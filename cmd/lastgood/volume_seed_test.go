package main

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"lastgood/shared/inventory"
	"lastgood/shared/recovery"
)

// volumes is an instance with two data volumes, of which a policy takes snapshots.
type volumes struct {
	*world
	app, boot, data, logs string
	policy                string
}

// set is what one run took, or a copy of that: a snapshot of each data volume.
type set struct {
	run        recovery.Run
	region     string
	data, logs string
}

func (s set) ids() []string { return []string{s.data, s.logs} }

func newVolumes(t *testing.T) volumes {
	t.Helper()
	w := newWorld(t)
	v := volumes{world: w, app: w.instance("app"), policy: "daily"}
	attached, err := v.ec2(mainRegion).DescribeVolumes(v.Context(), &ec2.DescribeVolumesInput{
		Filters: []ec2types.Filter{{Name: aws.String("attachment.instance-id"), Values: []string{v.app}}},
	})
	v.check(err)
	v.boot = *attached.Volumes[0].VolumeId
	v.data, v.logs = v.attach("/dev/sdf", "data"), v.attach("/dev/sdg", "logs")
	return v
}

func (v volumes) attach(device, name string) string {
	v.Helper()
	client := v.ec2(mainRegion)
	made, err := client.CreateVolume(v.Context(), &ec2.CreateVolumeInput{AvailabilityZone: aws.String(mainRegion + "a"), Size: aws.Int32(8)})
	v.check(err)
	_, err = client.AttachVolume(v.Context(), &ec2.AttachVolumeInput{Device: &device, InstanceId: &v.app, VolumeId: made.VolumeId})
	v.check(err)
	v.called[*made.VolumeId] = name
	return *made.VolumeId
}

// take takes the snapshots of a run, which stay pending. The local AWS tells the times of
// snapshots in whole seconds, so each run has one of its own.
func (v volumes) take(name string, age time.Duration) set {
	v.Helper()
	time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(time.Second)))
	s := set{region: mainRegion, run: recovery.Run{Policy: v.policy, Scheduled: time.Now().Add(-age).UTC().Truncate(time.Second), Target: v.app}}
	taken, err := v.ec2(mainRegion).CreateSnapshots(v.Context(), &ec2.CreateSnapshotsInput{
		InstanceSpecification: &ec2types.InstanceSpecification{InstanceId: &v.app, ExcludeDataVolumeIds: []string{v.boot}},
		TagSpecifications: []ec2types.TagSpecification{{ResourceType: ec2types.ResourceTypeSnapshot, Tags: inventory.TagList(map[string]string{
			recovery.TagPolicy: v.policy, recovery.TagRun: s.run.String(), recovery.TagAttempt: "1", recovery.TagSetSize: "2",
			recovery.TagPreScript: recovery.Success, recovery.TagPostScript: recovery.Success,
		})}},
	})
	v.check(err)
	for _, made := range taken.Snapshots {
		if *made.VolumeId == v.data {
			s.data = *made.SnapshotId
		} else {
			s.logs = *made.SnapshotId
		}
	}
	v.keep(s, name)
	return s
}

// finished takes the snapshots of a run, and waits until they are completed.
func (v volumes) finished(name string, age time.Duration) set {
	v.Helper()
	s := v.take(name, age)
	v.finish(s)
	return s
}

func (v volumes) finish(s set) {
	v.Helper()
	for _, id := range s.ids() {
		v.check(v.aws.FinishSnapshot(v.Context(), s.region, id, "completed", ""))
	}
}

// copied is a finished copy of a set in the DR Region, attested as of the volumes.
func (v volumes) copied(s set, name string) set {
	v.Helper()
	c := set{run: s.run, region: drRegion}
	c.data, c.logs = v.copySnapshot(s, s.data), v.copySnapshot(s, s.logs)
	v.keep(c, name)
	v.finish(c)
	taken := time.Now().Add(-time.Minute)
	v.sign(drRegion, c.data, v.data, taken)
	v.sign(drRegion, c.logs, v.logs, taken)
	return c
}

func (v volumes) copySnapshot(s set, id string) string {
	v.Helper()
	made, err := v.ec2(drRegion).CopySnapshot(v.Context(), &ec2.CopySnapshotInput{
		SourceRegion: aws.String(mainRegion), SourceSnapshotId: &id,
		TagSpecifications: []ec2types.TagSpecification{{ResourceType: ec2types.ResourceTypeSnapshot, Tags: inventory.TagList(map[string]string{
			recovery.TagPolicy: v.policy, recovery.TagRun: s.run.String(), recovery.TagAttempt: "1", recovery.TagSetSize: "2",
			recovery.TagCopiedFrom: mainRegion + "/" + id,
		})}},
	})
	v.check(err)
	return *made.SnapshotId
}

// keep gives a set's snapshots names, and has them gone after the test.
func (v volumes) keep(s set, name string) {
	v.called[s.data], v.called[s.logs] = name+"-data", name+"-logs"
	v.Cleanup(func() { // one that the test deleted is gone already
		for _, id := range s.ids() {
			_, _ = v.ec2(s.region).DeleteSnapshot(context.Background(), &ec2.DeleteSnapshotInput{SnapshotId: &id})
		}
	})
}

// pointTo makes the pointers of both volumes name a set.
func (v volumes) pointTo(s set) {
	v.Helper()
	v.point(s.region, v.data, s.data)
	v.point(s.region, v.logs, s.logs)
}

// names checks that the pointers of both volumes name a set.
func (v volumes) names(want set) {
	v.Helper()
	for volume, id := range map[string]string{v.data: want.data, v.logs: want.logs} {
		if got := v.pointer(want.region, volume); got != id {
			v.Errorf("in %s the pointer of %s names %s, want %s", want.region, v.called[volume], cmp.Or(v.called[got], got), v.called[id])
		}
	}
}

// marked checks whether all of a set is quarantined.
func (v volumes) marked(s set, want bool) {
	v.Helper()
	out, err := v.ec2(s.region).DescribeSnapshots(v.Context(), &ec2.DescribeSnapshotsInput{SnapshotIds: s.ids()})
	v.check(err)
	for _, snapshot := range out.Snapshots {
		got := slices.ContainsFunc(snapshot.Tags, func(tag ec2types.Tag) bool { return *tag.Key == recovery.TagQuarantine })
		if got != want {
			v.Errorf("%s is quarantined: %s", v.called[*snapshot.SnapshotId], strconv.FormatBool(got))
		}
	}
}

func (v volumes) deleteSnapshot(region, id string) {
	v.Helper()
	_, err := v.ec2(region).DeleteSnapshot(v.Context(), &ec2.DeleteSnapshotInput{SnapshotId: &id})
	v.check(err)
}
