package rollout

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/smithy-go"

	"lastgood/shared/config"
	"lastgood/shared/inventory"
	"lastgood/shared/pointer"
	"lastgood/shared/recovery"
)

// AutoScaling is what Rollout calls of Auto Scaling.
type AutoScaling interface {
	autoscaling.DescribeAutoScalingGroupsAPIClient
	autoscaling.DescribeLaunchConfigurationsAPIClient
	autoscaling.DescribeInstanceRefreshesAPIClient
	CreateLaunchConfiguration(context.Context, *autoscaling.CreateLaunchConfigurationInput, ...func(*autoscaling.Options)) (*autoscaling.CreateLaunchConfigurationOutput, error)
	DeleteLaunchConfiguration(context.Context, *autoscaling.DeleteLaunchConfigurationInput, ...func(*autoscaling.Options)) (*autoscaling.DeleteLaunchConfigurationOutput, error)
	UpdateAutoScalingGroup(context.Context, *autoscaling.UpdateAutoScalingGroupInput, ...func(*autoscaling.Options)) (*autoscaling.UpdateAutoScalingGroupOutput, error)
	StartInstanceRefresh(context.Context, *autoscaling.StartInstanceRefreshInput, ...func(*autoscaling.Options)) (*autoscaling.StartInstanceRefreshOutput, error)
	DeleteTags(context.Context, *autoscaling.DeleteTagsInput, ...func(*autoscaling.Options)) (*autoscaling.DeleteTagsOutput, error)
	CreateOrUpdateTags(context.Context, *autoscaling.CreateOrUpdateTagsInput, ...func(*autoscaling.Options)) (*autoscaling.CreateOrUpdateTagsOutput, error)
}

// EC2 is what Rollout calls of EC2.
type EC2 interface {
	ec2.DescribeImagesAPIClient
	ec2.DescribeLaunchTemplateVersionsAPIClient
	CreateLaunchTemplateVersion(context.Context, *ec2.CreateLaunchTemplateVersionInput, ...func(*ec2.Options)) (*ec2.CreateLaunchTemplateVersionOutput, error)
	DeleteLaunchTemplateVersions(context.Context, *ec2.DeleteLaunchTemplateVersionsInput, ...func(*ec2.Options)) (*ec2.DeleteLaunchTemplateVersionsOutput, error)
}

// Rollout brings the groups of one Region to the images that their pointers name.
type Rollout struct {
	Groups   AutoScaling
	EC2      EC2
	SSM      pointer.ReadSSM
	Images   inventory.Images
	Verifier recovery.Verifier
	Store    pointer.Store // the pointers' names, and what may be one
	Config   config.Rollout
}

// Limits of the calls:
// https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeAutoScalingGroups.html
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeLaunchTemplateVersions.html
const (
	rowsPerPage     = 100
	versionsPerPage = 200
	valuesPerFilter = 200
)

// denied adds to the error of a call what a person has to do if AWS did not authorize it.
func denied(err error, first string) error {
	if isCode(err, "UnauthorizedOperation", "AccessDenied", "AccessDeniedException") {
		return fmt.Errorf("%s: %w", first, err)
	}
	return err
}

func isCode(err error, codes ...string) bool {
	api, ok := errors.AsType[smithy.APIError](err)
	for _, code := range codes {
		if ok && api.ErrorCode() == code {
			return true
		}
	}
	return false
}
