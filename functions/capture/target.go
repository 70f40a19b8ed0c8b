package capture

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"lastgood/shared/config"
	"lastgood/shared/inventory"
)

// target is what a run captures.
type target struct {
	gone    string // why there is nothing to capture; "" if there is
	running bool
	tags    map[string]string
	devices []device // that are captured, in the instance's order
	without []device // that are left out
}

// device is one volume of the target.
type device struct {
	name, volume string
	boot         bool
	tags         map[string]string
}

// look describes the target, its volumes and their tags.
func (c *capture) look(ctx context.Context) (target, error) {
	if c.policy.Target.Type == config.Volume {
		return c.lookAtVolume(ctx)
	}
	out, err := c.EC2.DescribeInstances(ctx, &ec2.DescribeInstancesInput{Filters: []types.Filter{{Name: aws.String("instance-id"), Values: []string{c.run.Target}}}})
	if err != nil {
		return target{}, fmt.Errorf("describing %s: %w", c.run.Target, err)
	}
	if len(out.Reservations) == 0 || len(out.Reservations[0].Instances) == 0 {
		return target{gone: "the instance does not exist any more"}, nil
	}
	instance := out.Reservations[0].Instances[0]
	state := instance.State.Name
	if state == types.InstanceStateNameTerminated || state == types.InstanceStateNameShuttingDown {
		return target{gone: "the instance is terminated"}, nil
	}
	t := target{running: state == types.InstanceStateNameRunning, tags: inventory.Tags(instance.Tags)}
	volumes, err := c.volumes(ctx)
	if err != nil {
		return target{}, err
	}
	for _, m := range instance.BlockDeviceMappings {
		if m.Ebs == nil {
			continue
		}
		d := device{name: aws.ToString(m.DeviceName), volume: aws.ToString(m.Ebs.VolumeId)}
		d.boot, d.tags = d.name == aws.ToString(instance.RootDeviceName), volumes[d.volume]
		if c.policy.Exclude.LeavesOut(d.boot, d.tags) {
			t.without = append(t.without, d)
		} else {
			t.devices = append(t.devices, d)
		}
	}
	switch data := slices.DeleteFunc(slices.Clone(t.without), func(d device) bool { return d.boot }); {
	case len(t.devices) == 0:
		t.gone = "the policy leaves out all volumes of the instance"
	case len(data) > maxExcluded:
		return target{}, fmt.Errorf("policy %s leaves out %d data volumes of %s; EC2 takes at most %d", c.policy.Name, len(data), c.run.Target, maxExcluded)
	}
	return t, nil
}

// maxExcluded is how many data volumes CreateSnapshots leaves out:
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceSpecification.html
const maxExcluded = 40

// volumes are the tags of the target's volumes.
func (c *capture) volumes(ctx context.Context) (map[string]map[string]string, error) {
	pages := ec2.NewDescribeVolumesPaginator(c.EC2, &ec2.DescribeVolumesInput{
		Filters: []types.Filter{{Name: aws.String("attachment.instance-id"), Values: []string{c.run.Target}}},
	})
	tags := map[string]map[string]string{}
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("describing the volumes of %s: %w", c.run.Target, err)
		}
		for _, v := range page.Volumes {
			tags[aws.ToString(v.VolumeId)] = inventory.Tags(v.Tags)
		}
	}
	return tags, nil
}

func (c *capture) lookAtVolume(ctx context.Context) (target, error) {
	out, err := c.EC2.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{Filters: []types.Filter{{Name: aws.String("volume-id"), Values: []string{c.run.Target}}}})
	if err != nil {
		return target{}, fmt.Errorf("describing %s: %w", c.run.Target, err)
	}
	if len(out.Volumes) == 0 {
		return target{gone: "the volume does not exist any more"}, nil
	}
	tags := inventory.Tags(out.Volumes[0].Tags)
	return target{tags: tags, devices: []device{{volume: c.run.Target, tags: tags}}}, nil
}
