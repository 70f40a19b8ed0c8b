package drill

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"lastgood/infra/local"
	"lastgood/shared/inventory"
	"lastgood/shared/recovery"
)

// place is one Region as people, and AWS Backup, act in it.
type place struct {
	region    string
	ec2       *ec2.Client
	backup    *ec2.Client // AWS Backup's own calls
	ssm       *ssm.Client
	sqs       *sqs.Client
	templates *cloudformation.Client
	groups    *autoscaling.Client
}

func newPlace(a *local.AWS, region string) place {
	c := a.Config(region, local.AccessKey(local.Operator))
	return place{
		region: region,
		ec2:    ec2.NewFromConfig(c),
		backup: ec2.NewFromConfig(c, func(o *ec2.Options) {
			o.APIOptions = append(o.APIOptions, awsmiddleware.AddUserAgentKey("backup.amazonaws.com"))
		}),
		ssm:       ssm.NewFromConfig(c),
		sqs:       sqs.NewFromConfig(c),
		templates: cloudformation.NewFromConfig(c),
		groups:    autoscaling.NewFromConfig(c),
	}
}

// value is what a parameter holds, "" when there is none.
func (p place) value(ctx context.Context, parameter string) (string, error) {
	out, err := p.ssm.GetParameter(ctx, &ssm.GetParameterInput{Name: &parameter})
	if _, missing := errors.AsType[*ssmtypes.ParameterNotFound](err); missing {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("reading %s in %s: %w", parameter, p.region, err)
	}
	return aws.ToString(out.Parameter.Value), nil
}

// register makes an image out of nothing, which is available at once.
func (p place) register(ctx context.Context, name string) (string, error) {
	out, err := p.ec2.RegisterImage(ctx, &ec2.RegisterImageInput{
		Name: &name, RootDeviceName: aws.String("/dev/xvda"), Architecture: types.ArchitectureValuesX8664, VirtualizationType: aws.String("hvm"),
	})
	if err != nil {
		return "", fmt.Errorf("registering %s: %w", name, err)
	}
	return *out.ImageId, nil
}

// launch starts an instance with a name.
func (p place) launch(ctx context.Context, name, image string) (string, error) {
	out, err := p.ec2.RunInstances(ctx, &ec2.RunInstancesInput{
		ImageId: &image, InstanceType: types.InstanceTypeT3Micro, MinCount: aws.Int32(1), MaxCount: aws.Int32(1),
		TagSpecifications: []types.TagSpecification{{
			ResourceType: types.ResourceTypeInstance, Tags: []types.Tag{{Key: aws.String("Name"), Value: &name}},
		}},
	})
	if err != nil {
		return "", fmt.Errorf("launching %s: %w", name, err)
	}
	return *out.Instances[0].InstanceId, nil
}

// image makes an image of an instance; by is whose call it is.
func (p place) image(ctx context.Context, by *ec2.Client, instance, name string, tags ...types.Tag) (string, error) {
	out, err := by.CreateImage(ctx, &ec2.CreateImageInput{
		InstanceId: &instance, Name: &name, NoReboot: aws.Bool(true), TagSpecifications: specification(tags),
	})
	if err != nil {
		return "", fmt.Errorf("imaging %s: %w", instance, err)
	}
	return *out.ImageId, nil
}

// copyFrom copies an image from another Region to this one.
func (p place) copyFrom(ctx context.Context, by *ec2.Client, region, image, name string, tags ...types.Tag) (string, error) {
	out, err := by.CopyImage(ctx, &ec2.CopyImageInput{
		SourceRegion: &region, SourceImageId: &image, Name: &name, TagSpecifications: specification(tags),
	})
	if err != nil {
		return "", fmt.Errorf("copying %s to %s: %w", image, p.region, err)
	}
	return *out.ImageId, nil
}

func specification(tags []types.Tag) []types.TagSpecification {
	if len(tags) == 0 {
		return nil
	}
	return []types.TagSpecification{{ResourceType: types.ResourceTypeImage, Tags: tags}}
}

// snapshotsOf are the snapshots of a run.
func (p place) snapshotsOf(ctx context.Context, run recovery.Run) ([]types.Snapshot, error) {
	out, err := p.ec2.DescribeSnapshots(ctx, &ec2.DescribeSnapshotsInput{
		OwnerIds: []string{"self"}, Filters: []types.Filter{{Name: aws.String("tag:" + recovery.TagRun), Values: []string{run.String()}}},
	})
	if err != nil {
		return nil, fmt.Errorf("listing the snapshots of run %s in %s: %w", run, p.region, err)
	}
	return out.Snapshots, nil
}

// snapshotTags are a snapshot's tags.
func (p place) snapshotTags(ctx context.Context, id string) (map[string]string, error) {
	out, err := p.ec2.DescribeSnapshots(ctx, &ec2.DescribeSnapshotsInput{SnapshotIds: []string{id}})
	if err != nil {
		return nil, fmt.Errorf("describing %s: %w", id, err)
	}
	return inventory.Tags(out.Snapshots[0].Tags), nil
}

// tags are an image's tags.
func (p place) tags(ctx context.Context, image string) (map[string]string, error) {
	out, err := p.ec2.DescribeImages(ctx, &ec2.DescribeImagesInput{ImageIds: []string{image}})
	if err != nil {
		return nil, fmt.Errorf("describing %s: %w", image, err)
	}
	return inventory.Tags(out.Images[0].Tags), nil
}

// imageOf is the image that an instance was launched from.
func (p place) imageOf(ctx context.Context, instance string) (string, error) {
	out, err := p.ec2.DescribeInstances(ctx, &ec2.DescribeInstancesInput{InstanceIds: []string{instance}})
	if err != nil {
		return "", fmt.Errorf("describing %s: %w", instance, err)
	}
	return aws.ToString(out.Reservations[0].Instances[0].ImageId), nil
}
