package main

import (
	"cmp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"lastgood/shared/rollout"
)

// groups has Auto Scaling groups follow an instance with two images, of which the pointer names the newer.
type groups struct {
	*world
	web, base, older, newer string
}

func newGroups(t *world) *groups {
	t.Helper()
	g := &groups{world: t}
	g.web = g.instance("web")
	g.older = g.image(g.web, "older")
	g.newer = g.image(g.web, "newer")
	g.point(mainRegion, g.web, g.newer)
	g.base = *g.instanceImage(g.web)
	g.check(g.aws.SetRefreshTime(g.Context(), -1))
	return g
}

func (g *groups) instanceImage(id string) *string {
	g.Helper()
	out, err := g.ec2(mainRegion).DescribeInstances(g.Context(), &ec2.DescribeInstancesInput{InstanceIds: []string{id}})
	g.check(err)
	return out.Reservations[0].Instances[0].ImageId
}

func (g *groups) scaling(region string) *autoscaling.Client {
	return autoscaling.NewFromConfig(operatorConfig(region))
}

// make makes a group of one instance that launches an image by a launch template of the group's name, for as long as the test runs.
func (g *groups) make(region, name, image string, tags map[string]string) {
	g.Helper()
	g.makeWith(region, name, &ec2types.RequestLaunchTemplateData{ImageId: &image, InstanceType: ec2types.InstanceTypeT3Micro}, tags, rollout.TagFollow)
}

// makeWith is make with what the launch template says, and its tags.
func (g *groups) makeWith(region, name string, data *ec2types.RequestLaunchTemplateData, tags map[string]string, templateTags ...string) {
	g.Helper()
	in := &ec2.CreateLaunchTemplateInput{LaunchTemplateName: &name, LaunchTemplateData: data}
	for _, tag := range templateTags {
		in.TagSpecifications = append(in.TagSpecifications, ec2types.TagSpecification{
			ResourceType: ec2types.ResourceTypeLaunchTemplate, Tags: []ec2types.Tag{{Key: &tag, Value: aws.String("yes")}},
		})
	}
	_, err := g.ec2(region).CreateLaunchTemplate(g.Context(), in)
	g.check(err)
	g.cleanup(func() error {
		_, err := g.ec2(region).DeleteLaunchTemplate(g.after(), &ec2.DeleteLaunchTemplateInput{LaunchTemplateName: &name})
		return err
	})
	g.makeOf(region, &autoscaling.CreateAutoScalingGroupInput{
		AutoScalingGroupName: &name, LaunchTemplate: &autoscalingtypes.LaunchTemplateSpecification{LaunchTemplateName: &name, Version: aws.String("1")},
	}, tags)
}

func (g *groups) makeOf(region string, in *autoscaling.CreateAutoScalingGroupInput, tags map[string]string) {
	g.Helper()
	in.MinSize, in.DesiredCapacity, in.MaxSize, in.AvailabilityZones = aws.Int32(0), aws.Int32(1), aws.Int32(2), []string{region + "a"}
	for key, value := range tags {
		in.Tags = append(in.Tags, autoscalingtypes.Tag{Key: &key, Value: &value, PropagateAtLaunch: aws.Bool(false)})
	}
	_, err := g.scaling(region).CreateAutoScalingGroup(g.Context(), in)
	g.check(err)
	g.cleanup(func() error {
		_, err := g.scaling(region).DeleteAutoScalingGroup(g.after(), &autoscaling.DeleteAutoScalingGroupInput{AutoScalingGroupName: in.AutoScalingGroupName, ForceDelete: aws.Bool(true)})
		return err
	})
}

// follows are the tags of a group that follows web.
func (g *groups) follows(method rollout.Method) map[string]string {
	return map[string]string{rollout.TagFollow: g.web, rollout.TagRefresh: string(method)}
}

func (g *groups) group(name string) autoscalingtypes.AutoScalingGroup {
	g.Helper()
	out, err := g.scaling(mainRegion).DescribeAutoScalingGroups(g.Context(), &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{name}})
	g.check(err)
	return out.AutoScalingGroups[0]
}

// launches is the image of the launch template's version that a group uses.
func (g *groups) launches(name string) string {
	g.Helper()
	out, err := g.ec2(mainRegion).DescribeLaunchTemplateVersions(g.Context(), &ec2.DescribeLaunchTemplateVersionsInput{
		LaunchTemplateName: &name, Versions: []string{*g.group(name).LaunchTemplate.Version},
	})
	g.check(err)
	return *out.LaunchTemplateVersions[0].LaunchTemplateData.ImageId
}

// tagOf is a group's tag; "-" where there is none.
func (g *groups) tagOf(name, key string) string {
	g.Helper()
	tags := g.group(name).Tags
	i := slices.IndexFunc(tags, func(t autoscalingtypes.TagDescription) bool { return *t.Key == key })
	if i < 0 {
		return "-"
	}
	return cmp.Or(*tags[i].Value, "")
}

func (g *groups) tagGroup(name, key, value string) {
	g.Helper()
	_, err := g.scaling(mainRegion).CreateOrUpdateTags(g.Context(), &autoscaling.CreateOrUpdateTagsInput{Tags: []autoscalingtypes.Tag{{
		ResourceId: &name, ResourceType: aws.String("auto-scaling-group"), Key: &key, Value: &value, PropagateAtLaunch: aws.Bool(false),
	}}})
	g.check(err)
}

// refreshes are the states of a group's refreshes, the newest first.
func (g *groups) refreshes(name string) []autoscalingtypes.InstanceRefreshStatus {
	g.Helper()
	out, err := g.scaling(mainRegion).DescribeInstanceRefreshes(g.Context(), &autoscaling.DescribeInstanceRefreshesInput{AutoScalingGroupName: &name})
	g.check(err)
	var all []autoscalingtypes.InstanceRefreshStatus
	for _, r := range out.InstanceRefreshes {
		all = append(all, r.Status)
	}
	return all
}

// refreshed ends a group's refresh, and what follows of that.
func (g *groups) refreshed(name string, states ...string) {
	g.Helper()
	for _, state := range states {
		g.check(g.aws.FinishRefresh(g.Context(), mainRegion, name, state, "the instances were unhealthy"))
	}
}

// configured makes a group with a launch configuration of its name.
func (g *groups) configured(name string) {
	g.Helper()
	_, err := g.scaling(mainRegion).CreateLaunchConfiguration(g.Context(), &autoscaling.CreateLaunchConfigurationInput{
		LaunchConfigurationName: &name, ImageId: &g.base, InstanceType: aws.String("t3.micro"),
	})
	g.check(err)
	g.cleanup(func() error {
		_, err := g.scaling(mainRegion).DeleteLaunchConfiguration(g.after(), &autoscaling.DeleteLaunchConfigurationInput{LaunchConfigurationName: &name})
		return err
	})
	g.makeOf(mainRegion, &autoscaling.CreateAutoScalingGroupInput{AutoScalingGroupName: &name, LaunchConfigurationName: &name}, g.follows(rollout.MethodNone))
}
