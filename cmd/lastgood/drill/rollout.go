package drill

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"lastgood/shared/rollout"
)

// The groups that follow the update instance.
const (
	scaling = "web"         // what it launches from now on has the new image
	rolling = "web-rolling" // its instances are replaced
)

// updates are an instance that gets patched outside of the groups that follow it, and its images.
type updates struct{ instance, unpatched, patched string }

// groups follow the update instance: to its first image, to the one after a patch, and back.
func (s *stage) groups(ctx context.Context) (err error) {
	s.out.event("The instance update-1 is launched in %s: it gets patched and serves nobody. The groups %s and %s follow it.", MainRegion, scaling, rolling)
	if s.updates.instance, err = s.launch(ctx, "update-1"); err != nil {
		return err
	}
	if err := s.makeGroups(ctx); err != nil {
		return err
	}
	s.out.event("update-1 is imaged, and the image becomes available.")
	if s.updates.unpatched, err = s.update(ctx, "the image of update-1"); err != nil {
		return err
	}
	if err := s.launches(ctx, s.updates.unpatched, "the groups go where the pointer goes"); err != nil {
		return err
	}
	s.out.event("update-1 is patched, and imaged again.")
	if s.updates.patched, err = s.update(ctx, "the patched image of update-1"); err != nil {
		return err
	}
	if err := s.launches(ctx, s.updates.patched, "a patch reaches them"); err != nil {
		return err
	}
	s.out.event("Somebody finds that the patch breaks the application: lastgood quarantine %s.", s.updates.patched)
	said, code, err := s.lastgood(ctx, "quarantine", s.updates.patched, "--reason", "the patch breaks the application", "--yes")
	if err != nil {
		return err
	}
	s.out.quote(said)
	if err := s.followed(ctx); err != nil {
		return err
	}
	s.list.check(code == 0, "lastgood quarantine succeeds on the patched image", "it exits with %d", code)
	if err := s.launches(ctx, s.updates.unpatched, "a quarantine takes them back to the image before"); err != nil {
		return err
	}
	return s.versions(ctx, 3)
}

// makeGroups makes both groups, of one instance each, with version 1 of the same launch template.
func (s *stage) makeGroups(ctx context.Context) error {
	if err := s.aws.SetRefreshTime(ctx, -1); err != nil {
		return err
	}
	base, err := s.main.imageOf(ctx, s.updates.instance)
	if err != nil {
		return err
	}
	_, err = s.main.ec2.CreateLaunchTemplate(ctx, &ec2.CreateLaunchTemplateInput{
		LaunchTemplateName: aws.String(scaling),
		LaunchTemplateData: &types.RequestLaunchTemplateData{ImageId: &base, InstanceType: types.InstanceTypeT3Micro},
		TagSpecifications: []types.TagSpecification{{
			ResourceType: types.ResourceTypeLaunchTemplate, Tags: []types.Tag{{Key: aws.String(rollout.TagFollow), Value: &s.updates.instance}},
		}},
	})
	if err != nil {
		return fmt.Errorf("making a launch template: %w", err)
	}
	for name, method := range map[string]rollout.Method{scaling: rollout.MethodNone, rolling: rollout.MethodRolling} {
		tag := func(key, value string) autoscalingtypes.Tag {
			return autoscalingtypes.Tag{Key: &key, Value: &value, PropagateAtLaunch: aws.Bool(false)}
		}
		_, err := s.main.groups.CreateAutoScalingGroup(ctx, &autoscaling.CreateAutoScalingGroupInput{
			AutoScalingGroupName: &name, MinSize: aws.Int32(0), DesiredCapacity: aws.Int32(1), MaxSize: aws.Int32(2), AvailabilityZones: []string{MainRegion + "a"},
			LaunchTemplate: &autoscalingtypes.LaunchTemplateSpecification{LaunchTemplateName: aws.String(scaling), Version: aws.String("1")},
			Tags:           []autoscalingtypes.Tag{tag(rollout.TagFollow, s.updates.instance), tag(rollout.TagRefresh, string(method))},
		})
		if err != nil {
			return fmt.Errorf("making the group %s: %w", name, err)
		}
	}
	return nil
}

// update images the update instance, and waits until the groups have followed.
func (s *stage) update(ctx context.Context, name string) (string, error) {
	image, err := s.main.image(ctx, s.main.ec2, s.updates.instance, name)
	if err != nil {
		return "", err
	}
	s.out.name(image, name)
	if err := s.aws.FinishImage(ctx, MainRegion, image, "available", ""); err != nil {
		return "", err
	}
	return image, s.followed(ctx)
}

// followed waits until the groups are on their way, and has Auto Scaling be done with the refresh.
func (s *stage) followed(ctx context.Context) error {
	if err := s.idle(ctx); err != nil {
		return err
	}
	return s.aws.FinishRefresh(ctx, MainRegion, rolling, "successful", "")
}

// launches checks that one group launches an image when it scales out, and that the other one has been refreshed to it.
func (s *stage) launches(ctx context.Context, image, what string) error {
	for _, capacity := range []int32{0, 1} {
		_, err := s.main.groups.SetDesiredCapacity(ctx, &autoscaling.SetDesiredCapacityInput{AutoScalingGroupName: aws.String(scaling), DesiredCapacity: &capacity})
		if err != nil {
			return fmt.Errorf("scaling the group %s: %w", scaling, err)
		}
	}
	for _, group := range []struct{ name, does string }{{scaling, "one launches it when it scales out"}, {rolling, "the instances of the other one are replaced"}} {
		images, err := s.main.imagesOf(ctx, group.name)
		if err != nil {
			return err
		}
		s.list.check(slices.Equal(images, []string{image}), what+": "+group.does, "the group %s runs %v, and not %s", group.name, images, image)
	}
	return nil
}

// versions checks how many versions the launch template has.
func (s *stage) versions(ctx context.Context, want int) error {
	out, err := s.main.ec2.DescribeLaunchTemplateVersions(ctx, &ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateName: aws.String(scaling)})
	if err != nil {
		return fmt.Errorf("listing the versions of the launch template %s: %w", scaling, err)
	}
	s.list.check(len(out.LaunchTemplateVersions) == want, "two groups, there and back, take one version of the launch template for each image", "there are %d and not %d", len(out.LaunchTemplateVersions), want)
	return nil
}

// imagesOf are the images that a group's instances run.
func (p place) imagesOf(ctx context.Context, group string) ([]string, error) {
	out, err := p.groups.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{group}})
	if err != nil {
		return nil, fmt.Errorf("describing the group %s: %w", group, err)
	}
	var images []string
	for _, i := range out.AutoScalingGroups[0].Instances {
		image, err := p.imageOf(ctx, *i.InstanceId)
		if err != nil {
			return nil, err
		}
		images = append(images, image)
	}
	return images, nil
}
