package drill

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// launches has refreshes end, and checks that the instances of these groups run an image, and that the others launch it when they scale out.
func (s *stage) launches(ctx context.Context, image, what string) error {
	if err := s.refreshed(ctx); err != nil {
		return err
	}
	wrong := map[bool][]string{}
	for _, f := range followers {
		for _, capacity := range []int32{0, 1} {
			if f.rolling {
				continue
			}
			_, err := s.main.groups.SetDesiredCapacity(ctx, &autoscaling.SetDesiredCapacityInput{AutoScalingGroupName: &f.name, DesiredCapacity: &capacity})
			if err != nil {
				return fmt.Errorf("scaling the group %s: %w", f.name, err)
			}
		}
		images, err := s.main.imagesOf(ctx, f.name)
		if err != nil {
			return err
		}
		if !slices.Equal(images, []string{image}) {
			wrong[f.rolling] = append(wrong[f.rolling], fmt.Sprintf("%s runs %v", f.name, images))
		}
	}
	s.list.check(wrong[false] == nil, what+" is what the groups launch when they scale out", "%v, and not %s", wrong[false], image)
	s.list.check(wrong[true] == nil, what+" is what the groups that say rolling replace their instances with", "%v, and not %s", wrong[true], image)
	return nil
}

// remain checks which images the versions of the launch template have, and the launch configurations; what says %s of either.
func (s *stage) remain(ctx context.Context, what string, want ...string) error {
	versions, err := s.main.versionsOf(ctx, scaling)
	if err != nil {
		return err
	}
	s.list.check(slices.Equal(versions, want), fmt.Sprintf(what, "version of the launch template"), "the versions have %v, and not %v", versions, want)
	configurations, err := s.main.configurations(ctx)
	if err != nil {
		return err
	}
	var images []string
	for _, c := range configurations {
		images = append(images, *c.ImageId)
	}
	s.list.check(slices.Equal(images, want), fmt.Sprintf(what, "copy of the launch configuration"), "they have %v, and not %v", images, want)
	return nil
}

// leftAlone checks that the group whose image EC2 resolves is as it was made.
func (s *stage) leftAlone(ctx context.Context) error {
	g, err := s.main.groupOf(ctx, resolving)
	if err != nil {
		return err
	}
	versions, err := s.main.versionsOf(ctx, resolving)
	if err != nil {
		return err
	}
	version := aws.ToString(g.LaunchTemplate.Version)
	s.list.check(version == "1" && slices.Equal(versions, []string{"resolve:ssm:" + golden}), "a group whose launch template says resolve:ssm: is left as it is",
		"it uses version %s of %v", version, versions)
	return nil
}

// kept checks that nothing of the mixed groups, of the launch template and of the launch configuration changed but the image.
func (s *stage) kept(ctx context.Context) error {
	for _, f := range followers {
		g, err := s.main.groupOf(ctx, f.name)
		if err != nil {
			return err
		}
		if f.mixed {
			kept := s.alike(g.MixedInstancesPolicy) && !slices.ContainsFunc(g.Instances, func(i types.Instance) bool { return aws.ToString(i.InstanceType) != preferred })
			s.list.check(kept, "the overrides and the distribution of "+f.name+" stay as they were, and it launches what they say", "they are %s, of %s", told(g.MixedInstancesPolicy), told(g.Instances))
		}
	}
	refreshes, err := s.main.groups.DescribeInstanceRefreshes(ctx, &autoscaling.DescribeInstanceRefreshesInput{AutoScalingGroupName: aws.String(mixedRolling)})
	if err != nil {
		return fmt.Errorf("listing the instance refreshes: %w", err)
	}
	given := !slices.ContainsFunc(refreshes.InstanceRefreshes, func(r types.InstanceRefresh) bool {
		return r.DesiredConfiguration == nil || !s.alike(r.DesiredConfiguration.MixedInstancesPolicy)
	})
	s.list.check(given && len(refreshes.InstanceRefreshes) == 3, "each instance refresh of "+mixedRolling+" is given its overrides and its distribution", "they were given %s", told(refreshes.InstanceRefreshes))
	versions, err := s.main.dataOf(ctx, scaling)
	if err != nil {
		return err
	}
	for i := range versions {
		versions[i].ImageId = nil
	}
	s.list.check(same(versions), "the versions of the launch template say the same, but for the image", "they say %s", told(versions))
	copies, err := s.main.configurations(ctx)
	if err != nil {
		return err
	}
	for i := range copies {
		copies[i].LaunchConfigurationName, copies[i].LaunchConfigurationARN, copies[i].ImageId, copies[i].CreatedTime = nil, nil, nil, nil
	}
	s.list.check(same(copies), "the launch configuration and its copies say the same, but for the image", "they say %s", told(copies))
	return nil
}

// alike reports whether a policy is the one the mixed groups were made with, but for the version of its launch template.
func (s *stage) alike(p *types.MixedInstancesPolicy) bool {
	was := s.updates.policy
	return p != nil && p.LaunchTemplate != nil && reflect.DeepEqual(p.InstancesDistribution, was.InstancesDistribution) &&
		reflect.DeepEqual(p.LaunchTemplate.Overrides, was.LaunchTemplate.Overrides)
}

// same reports whether there are some, and all are the same.
func same[T any](all []T) bool {
	return len(all) > 1 && !slices.ContainsFunc(all, func(one T) bool { return !reflect.DeepEqual(one, all[0]) })
}

// told is a value as it can be read.
func told(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// imagesOf are the images that a group's instances run.
func (p place) imagesOf(ctx context.Context, group string) ([]string, error) {
	g, err := p.groupOf(ctx, group)
	if err != nil {
		return nil, err
	}
	var images []string
	for _, i := range g.Instances {
		image, err := p.imageOf(ctx, *i.InstanceId)
		if err != nil {
			return nil, err
		}
		images = append(images, image)
	}
	return images, nil
}

func (p place) groupOf(ctx context.Context, group string) (types.AutoScalingGroup, error) {
	out, err := p.groups.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{group}})
	if err != nil {
		return types.AutoScalingGroup{}, fmt.Errorf("describing the group %s: %w", group, err)
	}
	return out.AutoScalingGroups[0], nil
}

// versionsOf are the images of a launch template's versions, the oldest first.
func (p place) versionsOf(ctx context.Context, template string) (images []string, err error) {
	all, err := p.dataOf(ctx, template)
	for _, data := range all {
		images = append(images, aws.ToString(data.ImageId))
	}
	return images, err
}

// dataOf is what a launch template's versions say, the oldest first.
func (p place) dataOf(ctx context.Context, template string) ([]ec2types.ResponseLaunchTemplateData, error) {
	out, err := p.ec2.DescribeLaunchTemplateVersions(ctx, &ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateName: &template})
	if err != nil {
		return nil, fmt.Errorf("listing the versions of the launch template %s: %w", template, err)
	}
	slices.SortFunc(out.LaunchTemplateVersions, func(a, b ec2types.LaunchTemplateVersion) int { return cmp.Compare(*a.VersionNumber, *b.VersionNumber) })
	var all []ec2types.ResponseLaunchTemplateData
	for _, v := range out.LaunchTemplateVersions {
		all = append(all, *v.LaunchTemplateData)
	}
	return all, nil
}

// configurations are the Region's launch configurations, the oldest first.
func (p place) configurations(ctx context.Context) ([]types.LaunchConfiguration, error) {
	out, err := p.groups.DescribeLaunchConfigurations(ctx, &autoscaling.DescribeLaunchConfigurationsInput{})
	if err != nil {
		return nil, fmt.Errorf("listing the launch configurations: %w", err)
	}
	return slices.SortedFunc(slices.Values(out.LaunchConfigurations), func(a, b types.LaunchConfiguration) int { return a.CreatedTime.Compare(*b.CreatedTime) }), nil
}
