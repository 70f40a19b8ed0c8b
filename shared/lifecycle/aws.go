package lifecycle

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
)

// EC2 is what Keeper calls in its own Region.
type EC2 interface {
	ec2.DescribeImagesAPIClient
	ec2.DescribeSnapshotsAPIClient
	DescribeInstances(context.Context, *ec2.DescribeInstancesInput, ...func(*ec2.Options)) (*ec2.DescribeInstancesOutput, error)
	DescribeLaunchTemplateVersions(context.Context, *ec2.DescribeLaunchTemplateVersionsInput, ...func(*ec2.Options)) (*ec2.DescribeLaunchTemplateVersionsOutput, error)
	DescribeLockedSnapshots(context.Context, *ec2.DescribeLockedSnapshotsInput, ...func(*ec2.Options)) (*ec2.DescribeLockedSnapshotsOutput, error)
	CreateTags(context.Context, *ec2.CreateTagsInput, ...func(*ec2.Options)) (*ec2.CreateTagsOutput, error)
	DeregisterImage(context.Context, *ec2.DeregisterImageInput, ...func(*ec2.Options)) (*ec2.DeregisterImageOutput, error)
	DeleteSnapshot(context.Context, *ec2.DeleteSnapshotInput, ...func(*ec2.Options)) (*ec2.DeleteSnapshotOutput, error)
}

// Groups is Auto Scaling in its own Region.
type Groups interface {
	autoscaling.DescribeLaunchConfigurationsAPIClient
	autoscaling.DescribeAutoScalingGroupsAPIClient
}

// SSM is what Keeper calls of Parameter Store.
type SSM interface {
	GetParameters(context.Context, *ssm.GetParametersInput, ...func(*ssm.Options)) (*ssm.GetParametersOutput, error)
}

// Destination is what Keeper calls in a Region that it copies to.
type Destination interface {
	ec2.DescribeImagesAPIClient
	ec2.DescribeSnapshotsAPIClient
	CopyImage(context.Context, *ec2.CopyImageInput, ...func(*ec2.Options)) (*ec2.CopyImageOutput, error)
	CopySnapshot(context.Context, *ec2.CopySnapshotInput, ...func(*ec2.Options)) (*ec2.CopySnapshotOutput, error)
}

// bounded is another Region that is waited for only so long: for each answer, however many of them
// a listing takes.
type bounded struct {
	Destination
	timeout time.Duration
}

func (b bounded) DescribeImages(ctx context.Context, in *ec2.DescribeImagesInput, options ...func(*ec2.Options)) (*ec2.DescribeImagesOutput, error) {
	ctx, cancel := context.WithTimeout(ctx, b.timeout)
	defer cancel()
	return b.Destination.DescribeImages(ctx, in, options...)
}

func (b bounded) DescribeSnapshots(ctx context.Context, in *ec2.DescribeSnapshotsInput, options ...func(*ec2.Options)) (*ec2.DescribeSnapshotsOutput, error) {
	ctx, cancel := context.WithTimeout(ctx, b.timeout)
	defer cancel()
	return b.Destination.DescribeSnapshots(ctx, in, options...)
}

// once keeps the SDK from sending a call again whose answer was lost: it may have taken effect.
func once(o *ec2.Options) { o.Retryer = aws.NopRetryer{} }
