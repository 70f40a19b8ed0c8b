package awsfake

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// instance is one EC2 instance with its volumes, the root first.
type instance struct {
	id, state string
	volumes   []string
	image     string // what it was launched from
	tags      map[string]string
}

// volume is one EBS volume.
type volume struct {
	id, state, instance string
	tags                map[string]string
}

// Launch makes a running instance with volumes of its own, the root first.
func (w *World) Launch(in, id string, tags map[string]string, volumes ...string) {
	r := w.regions[in]
	r.instances = r.instances.with(id, instance{id: id, state: "running", volumes: volumes, tags: maps.Clone(tags)})
	for _, v := range volumes {
		r.volumes = r.volumes.with(v, volume{id: v, state: "in-use", instance: id})
	}
	w.changes++
}

// SetInstance changes an instance's state, as a person does: stopped, terminated.
func (w *World) SetInstance(in, id, state string) {
	r := w.regions[in]
	i := r.instances.rows[id]
	i.state = state
	r.instances = r.instances.with(id, i)
	w.changes++
}

// TagVolume writes tags on a volume.
func (w *World) TagVolume(in, id string, tags map[string]string) {
	r := w.regions[in]
	v := r.volumes.rows[id]
	v.tags = maps.Clone(tags)
	r.volumes = r.volumes.with(id, v)
	w.changes++
}

// DescribeInstances knows the filters instance-id, instance-state-name, image-id and tag:<key>.
func (c *Client) DescribeInstances(ctx context.Context, in *ec2.DescribeInstancesInput, _ ...func(*ec2.Options)) (*ec2.DescribeInstancesOutput, error) {
	return do(ctx, c, "DescribeInstances", true, func(r *region, _ bool) (*ec2.DescribeInstancesOutput, error) {
		var found []types.Reservation
		for _, id := range r.instances.ids() {
			i := r.instances.rows[id]
			ok, err := matches(in.Filters, i.tags, map[string]string{
				"instance-id": i.id, "instance-state-name": i.state, "image-id": i.image})
			if err != nil {
				return nil, err
			}
			if ok {
				found = append(found, types.Reservation{Instances: []types.Instance{i.wire()}})
			}
		}
		some, next, err := pageOf(found, in.NextToken, c.process.World.pageSize(in.MaxResults))
		return &ec2.DescribeInstancesOutput{Reservations: some, NextToken: next}, err
	})
}

func (i instance) wire() types.Instance {
	out := types.Instance{
		InstanceId: aws.String(i.id), State: &types.InstanceState{Name: types.InstanceStateName(i.state)},
		ImageId: aws.String(i.image), RootDeviceName: aws.String("/dev/xvda"), Tags: wireTags(i.tags),
	}
	for n, v := range i.volumes {
		out.BlockDeviceMappings = append(out.BlockDeviceMappings, types.InstanceBlockDeviceMapping{
			DeviceName: aws.String(device(n)), Ebs: &types.EbsInstanceBlockDevice{VolumeId: aws.String(v)},
		})
	}
	return out
}

func device(n int) string { return "/dev/xvd" + "abcdefghijklmnopqrstuvwxyz"[n:n+1] }

// DescribeVolumes knows the filters volume-id, status, attachment.instance-id and tag:<key>.
func (c *Client) DescribeVolumes(ctx context.Context, in *ec2.DescribeVolumesInput, _ ...func(*ec2.Options)) (*ec2.DescribeVolumesOutput, error) {
	return do(ctx, c, "DescribeVolumes", true, func(r *region, _ bool) (*ec2.DescribeVolumesOutput, error) {
		var found []types.Volume
		for _, id := range r.volumes.ids() {
			v := r.volumes.rows[id]
			ok, err := matches(in.Filters, v.tags, map[string]string{
				"volume-id": v.id, "status": v.state, "attachment.instance-id": v.instance})
			if err != nil {
				return nil, err
			}
			if ok {
				found = append(found, types.Volume{VolumeId: aws.String(v.id), State: types.VolumeState(v.state), Tags: wireTags(v.tags)})
			}
		}
		some, next, err := pageOf(found, in.NextToken, c.process.World.pageSize(in.MaxResults))
		return &ec2.DescribeVolumesOutput{Volumes: some, NextToken: next}, err
	})
}

// matches reports whether a row of these tags and fields passes all filters. A filter that
// is none of them is an error.
func matches(filters []types.Filter, tags, fields map[string]string) (bool, error) {
	for _, f := range filters {
		value, known := fields[*f.Name]
		if key, isTag := strings.CutPrefix(*f.Name, "tag:"); isTag {
			if value, known = tags[key]; !known {
				return false, nil
			}
		}
		if !known {
			return false, fmt.Errorf("the fake knows no filter %s", *f.Name)
		}
		if !slices.Contains(f.Values, value) {
			return false, nil
		}
	}
	return true, nil
}

func (w *World) pageSize(asked *int32) int {
	if w.PageSize > 0 {
		return w.PageSize
	}
	return int(aws.ToInt32(asked))
}
