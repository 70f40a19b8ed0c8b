package awsfake

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// CreateSnapshots makes a pending snapshot of each volume of an instance that is not excluded.
func (c *Client) CreateSnapshots(ctx context.Context, in *ec2.CreateSnapshotsInput, _ ...func(*ec2.Options)) (*ec2.CreateSnapshotsOutput, error) {
	return do(ctx, c, "CreateSnapshots", false, func(r *region, _ bool) (*ec2.CreateSnapshotsOutput, error) {
		i, exists := r.instances.rows[*in.InstanceSpecification.InstanceId]
		if !exists || i.state == "terminated" {
			return nil, apiError("InvalidInstanceID.NotFound")
		}
		out := &ec2.CreateSnapshotsOutput{}
		for n, v := range i.volumes {
			if n == 0 && aws.ToBool(in.InstanceSpecification.ExcludeBootVolume) || slices.Contains(in.InstanceSpecification.ExcludeDataVolumeIds, v) {
				continue
			}
			s := c.take(r, v, in.TagSpecifications)
			if in.CopyTagsFromSource == types.CopyTagsFromSourceVolume {
				for key, value := range r.volumes.rows[v].tags {
					s.tags[key] = value
				}
				c.process.World.putSnapshot(c.region, s)
			}
			out.Snapshots = append(out.Snapshots, types.SnapshotInfo{
				SnapshotId: aws.String(s.id), VolumeId: aws.String(v), StartTime: aws.Time(s.created), Tags: wireTags(s.tags)})
		}
		return out, nil
	})
}

// CreateSnapshot makes a pending snapshot of a volume.
func (c *Client) CreateSnapshot(ctx context.Context, in *ec2.CreateSnapshotInput, _ ...func(*ec2.Options)) (*ec2.CreateSnapshotOutput, error) {
	return do(ctx, c, "CreateSnapshot", false, func(r *region, _ bool) (*ec2.CreateSnapshotOutput, error) {
		if _, exists := r.volumes.rows[*in.VolumeId]; !exists {
			return nil, apiError("InvalidVolume.NotFound")
		}
		s := c.take(r, *in.VolumeId, in.TagSpecifications)
		return &ec2.CreateSnapshotOutput{SnapshotId: aws.String(s.id), VolumeId: in.VolumeId, StartTime: aws.Time(s.created)}, nil
	})
}

func (c *Client) take(r *region, volume string, tags []types.TagSpecification) snapshot {
	w := c.process.World
	s := snapshot{
		id: w.newID("snap"), state: "pending", created: w.Now, volume: volume,
		tags: specified(tags, types.ResourceTypeSnapshot), frozen: w.frozen(c.region, r.volumes.rows[volume].instance),
	}
	w.putSnapshot(c.region, s)
	return s
}

// CreateImage makes a pending image of an instance, with a snapshot of each volume that is
// not left out. Names are taken once.
func (c *Client) CreateImage(ctx context.Context, in *ec2.CreateImageInput, _ ...func(*ec2.Options)) (*ec2.CreateImageOutput, error) {
	return do(ctx, c, "CreateImage", false, func(r *region, _ bool) (*ec2.CreateImageOutput, error) {
		instance, exists := r.instances.rows[*in.InstanceId]
		if !exists || instance.state == "terminated" {
			return nil, apiError("InvalidInstanceID.NotFound")
		}
		for _, i := range r.images.rows {
			if i.name == *in.Name {
				return nil, apiError("InvalidAMIName.Duplicate")
			}
		}
		w := c.process.World
		i := image{
			id: w.newID("ami"), name: *in.Name, state: "pending", created: w.Now, sourceInstance: instance.id,
			tags: specified(in.TagSpecifications, types.ResourceTypeImage), frozen: w.frozen(c.region, instance.id),
		}
		for n, v := range instance.volumes {
			if slices.ContainsFunc(in.BlockDeviceMappings, func(m types.BlockDeviceMapping) bool {
				return m.NoDevice != nil && *m.DeviceName == device(n)
			}) {
				continue
			}
			s := snapshot{id: w.newID("snap"), state: "pending", created: w.Now, volume: v, tags: specified(in.TagSpecifications, types.ResourceTypeSnapshot)}
			w.putSnapshot(c.region, s)
			i.snapshots += " " + s.id
		}
		w.put(c.region, i)
		return &ec2.CreateImageOutput{ImageId: aws.String(i.id)}, nil
	})
}

// newID is an id that nothing else has.
func (w *World) newID(kind string) string {
	w.made++
	return fmt.Sprintf("%s-%017x", kind, 0xa00000000+w.made)
}

func specified(specifications []types.TagSpecification, kind types.ResourceType) map[string]string {
	tags := map[string]string{}
	for _, s := range specifications {
		for _, tag := range s.Tags {
			if s.ResourceType == kind {
				tags[*tag.Key] = *tag.Value
			}
		}
	}
	return tags
}

// devices are an image's block devices.
func (i image) devices() []types.BlockDeviceMapping {
	var devices []types.BlockDeviceMapping
	for n, id := range strings.Fields(i.snapshots) {
		devices = append(devices, types.BlockDeviceMapping{DeviceName: aws.String(device(n)), Ebs: &types.EbsBlockDevice{SnapshotId: aws.String(id), VolumeSize: aws.Int32(8)}})
	}
	return devices
}
