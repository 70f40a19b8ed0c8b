package capture

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"

	"lastgood/shared/config"
	"lastgood/shared/inventory"
	"lastgood/shared/recovery"
)

// EC2 is what Handler calls. Of the calls that make something none has a client token, so
// their answers decide: the handler sends them without the SDK's retries.
type EC2 interface {
	DescribeInstances(context.Context, *ec2.DescribeInstancesInput, ...func(*ec2.Options)) (*ec2.DescribeInstancesOutput, error)
	DescribeVolumes(context.Context, *ec2.DescribeVolumesInput, ...func(*ec2.Options)) (*ec2.DescribeVolumesOutput, error)
	DescribeImages(context.Context, *ec2.DescribeImagesInput, ...func(*ec2.Options)) (*ec2.DescribeImagesOutput, error)
	DescribeSnapshots(context.Context, *ec2.DescribeSnapshotsInput, ...func(*ec2.Options)) (*ec2.DescribeSnapshotsOutput, error)
	CreateSnapshots(context.Context, *ec2.CreateSnapshotsInput, ...func(*ec2.Options)) (*ec2.CreateSnapshotsOutput, error)
	CreateSnapshot(context.Context, *ec2.CreateSnapshotInput, ...func(*ec2.Options)) (*ec2.CreateSnapshotOutput, error)
	CreateImage(context.Context, *ec2.CreateImageInput, ...func(*ec2.Options)) (*ec2.CreateImageOutput, error)
	CreateTags(context.Context, *ec2.CreateTagsInput, ...func(*ec2.Options)) (*ec2.CreateTagsOutput, error)
}

// point is what a run made: a snapshot of a volume, or an image.
type point struct {
	id, volume string
	tags       map[string]string
}

// once keeps the SDK from sending a call again whose answer was lost.
func once(o *ec2.Options) { o.Retryer = aws.NopRetryer{} }

// refusals are what EC2 says of a call that it did not carry out and that may succeed a
// little later. SnapshotCreationPerVolumeRateExceeded asks for 15 seconds:
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
var refusals = []string{"RequestLimitExceeded", "SnapshotCreationPerVolumeRateExceeded"}

// patience are the pauses before a refused call is sent again.
var patience = []time.Duration{2 * time.Second, 5 * time.Second, 15 * time.Second}

// take initiates the snapshots, or the image, and does not wait for them. On an error
// nobody knows whether it did: the next attempt looks.
func (c *capture) take(ctx context.Context) ([]point, error) {
	call := c.takeSnapshots
	switch {
	case c.policy.Target.Type == config.Volume:
		call = c.takeSnapshot
	case c.policy.Produce == config.Image:
		call = c.takeImage
	}
	for _, pause := range patience {
		made, err := call(ctx)
		if e, api := errors.AsType[smithy.APIError](err); !api || !slices.Contains(refusals, e.ErrorCode()) {
			return made, err
		}
		if err := c.Pause(ctx, pause); err != nil {
			return nil, err
		}
	}
	return call(ctx)
}

func (c *capture) takeSnapshots(ctx context.Context) ([]point, error) {
	what := &types.InstanceSpecification{InstanceId: &c.run.Target, ExcludeBootVolume: aws.Bool(c.policy.Exclude.BootVolume)}
	for _, d := range c.target.without {
		if !d.boot {
			what.ExcludeDataVolumeIds = append(what.ExcludeDataVolumeIds, d.volume)
		}
	}
	tags := c.tags(len(c.target.devices), nil)
	out, err := c.EC2.CreateSnapshots(ctx, &ec2.CreateSnapshotsInput{
		Description: aws.String(c.description()), InstanceSpecification: what, TagSpecifications: specify(types.ResourceTypeSnapshot, tags),
	}, once)
	if err != nil {
		return nil, fmt.Errorf("taking the snapshots of %s: %w", c.run.Target, err)
	}
	if len(out.Snapshots) != len(c.target.devices) { // a volume came or went since the look
		c.size = strconv.Itoa(len(out.Snapshots))
	}
	made := make([]point, len(out.Snapshots))
	for i, s := range out.Snapshots {
		made[i] = point{aws.ToString(s.SnapshotId), aws.ToString(s.VolumeId), tags}
	}
	return made, nil
}

func (c *capture) takeSnapshot(ctx context.Context) ([]point, error) {
	tags := c.tags(1, c.target.tags)
	out, err := c.EC2.CreateSnapshot(ctx, &ec2.CreateSnapshotInput{
		Description: aws.String(c.description()), VolumeId: &c.run.Target, TagSpecifications: specify(types.ResourceTypeSnapshot, tags),
	}, once)
	if err != nil {
		return nil, fmt.Errorf("taking the snapshot of %s: %w", c.run.Target, err)
	}
	return []point{{aws.ToString(out.SnapshotId), c.run.Target, tags}}, nil
}

func (c *capture) takeImage(ctx context.Context) ([]point, error) {
	tags := c.tags(1, c.target.tags)
	backs := map[string]string{recovery.TagPolicy: c.policy.Name, recovery.TagBacks: c.run.String()}
	in := &ec2.CreateImageInput{
		Description: aws.String(c.description()), InstanceId: &c.run.Target, Name: aws.String(c.run.ImageName()), NoReboot: aws.Bool(!c.policy.Reboot),
		TagSpecifications: append(specify(types.ResourceTypeImage, tags), specify(types.ResourceTypeSnapshot, backs)...),
	}
	for _, d := range c.target.without {
		in.BlockDeviceMappings = append(in.BlockDeviceMappings, types.BlockDeviceMapping{DeviceName: aws.String(d.name), NoDevice: aws.String("")})
	}
	out, err := c.EC2.CreateImage(ctx, in, once)
	if err != nil {
		return nil, fmt.Errorf("making the image of %s: %w", c.run.Target, err)
	}
	return []point{{aws.ToString(out.ImageId), "", tags}}, nil
}

func (c *capture) description() string { return "Made by lastgood: run " + c.run.String() }

// tags are what everything that the run makes carries from its first moment on: the
// policy's own tags, what is copied, and lastgood's, which nothing else may override.
func (c *capture) tags(size int, copied map[string]string) map[string]string {
	own := map[string]string{
		recovery.TagPolicy: c.policy.Name, recovery.TagRun: c.run.String(),
		recovery.TagAttempt: strconv.Itoa(c.attempt), recovery.TagSetSize: strconv.Itoa(size),
	}
	for key, value := range c.policy.Tags {
		own[key] = value
	}
	if c.policy.CopyTags {
		inventory.CopyTags(own, copied, config.MaxTags-verdictTags)
	}
	return own
}

func specify(kind types.ResourceType, tags map[string]string) []types.TagSpecification {
	return []types.TagSpecification{{ResourceType: kind, Tags: inventory.TagList(tags)}}
}
