package awsfake

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"lastgood/shared/recovery"
)

// launch is a launch configuration, or version of a launch template, that refers to a point.
type launch struct {
	name    string
	version int64 // of a launch template; 0: it is a launch configuration
	point   string
}

// LaunchConfiguration makes a launch configuration that refers to an image or a snapshot.
func (w *World) LaunchConfiguration(in, name, point string) {
	r := w.regions[in]
	r.launches = append(slices.Clip(r.launches), launch{name, 0, point})
}

// LaunchTemplate makes a launch template whose versions, from 1 on, refer to images or
// snapshots. The first version is the default.
func (w *World) LaunchTemplate(in, name string, points ...string) {
	r := w.regions[in]
	for i, point := range points {
		r.launches = append(slices.Clip(r.launches), launch{name, int64(i + 1), point})
	}
}

// Group makes an Auto Scaling group of a launch template's version: a number, $Default or $Latest.
func (w *World) Group(in, name, template, version string) {
	r := w.regions[in]
	r.groups = maps.Clone(r.groups)
	if r.groups == nil {
		r.groups = map[string]string{}
	}
	r.groups[name] = template + "/" + version
}

// inUse reports whether the launch configuration or template version is one that something may launch.
func (r *region) inUse(l launch) bool {
	latest := !slices.ContainsFunc(r.launches, func(other launch) bool { return other.name == l.name && other.version > l.version })
	used := slices.Contains(slices.Collect(maps.Values(r.groups)), fmt.Sprintf("%s/%d", l.name, l.version))
	return l.version <= 1 || latest || used
}

// DescribeLaunchConfigurations pages by one.
func (c *Client) DescribeLaunchConfigurations(ctx context.Context, in *autoscaling.DescribeLaunchConfigurationsInput, _ ...func(*autoscaling.Options)) (*autoscaling.DescribeLaunchConfigurationsOutput, error) {
	return do(ctx, c, "DescribeLaunchConfigurations", true, func(r *region, _ bool) (*autoscaling.DescribeLaunchConfigurationsOutput, error) {
		var found []autoscalingtypes.LaunchConfiguration
		for _, l := range r.launches {
			if l.version > 0 {
				continue
			}
			lc := autoscalingtypes.LaunchConfiguration{LaunchConfigurationName: aws.String(l.name), ImageId: aws.String(l.point)}
			if recovery.IsSnapshotID(l.point) {
				lc.ImageId = aws.String("ami-0fffffffffffffff0")
				lc.BlockDeviceMappings = []autoscalingtypes.BlockDeviceMapping{{}, {Ebs: &autoscalingtypes.Ebs{SnapshotId: aws.String(l.point)}}}
			}
			found = append(found, lc)
		}
		some, next, err := pageOf(found, in.NextToken, 1)
		return &autoscaling.DescribeLaunchConfigurationsOutput{LaunchConfigurations: some, NextToken: next}, err
	})
}

// DescribeAutoScalingGroups pages by one. Every other group has a policy of mixed instances.
func (c *Client) DescribeAutoScalingGroups(ctx context.Context, in *autoscaling.DescribeAutoScalingGroupsInput, _ ...func(*autoscaling.Options)) (*autoscaling.DescribeAutoScalingGroupsOutput, error) {
	return do(ctx, c, "DescribeAutoScalingGroups", true, func(r *region, _ bool) (*autoscaling.DescribeAutoScalingGroupsOutput, error) {
		var found []autoscalingtypes.AutoScalingGroup
		for i, name := range slices.Sorted(maps.Keys(r.groups)) {
			template, version, _ := strings.Cut(r.groups[name], "/")
			spec := &autoscalingtypes.LaunchTemplateSpecification{LaunchTemplateName: &template, Version: &version}
			g := autoscalingtypes.AutoScalingGroup{AutoScalingGroupName: aws.String(name), LaunchTemplate: spec}
			if i%2 == 1 {
				g.LaunchTemplate = nil
				g.MixedInstancesPolicy = &autoscalingtypes.MixedInstancesPolicy{LaunchTemplate: &autoscalingtypes.LaunchTemplate{
					Overrides: []autoscalingtypes.LaunchTemplateOverrides{{LaunchTemplateSpecification: spec}}}}
			}
			found = append(found, g)
		}
		some, next, err := pageOf(found, in.NextToken, 1)
		return &autoscaling.DescribeAutoScalingGroupsOutput{AutoScalingGroups: some, NextToken: next}, err
	})
}

// DescribeLaunchTemplateVersions takes $Default and $Latest of all templates, or numbers of one by its name.
func (c *Client) DescribeLaunchTemplateVersions(ctx context.Context, in *ec2.DescribeLaunchTemplateVersionsInput, _ ...func(*ec2.Options)) (*ec2.DescribeLaunchTemplateVersionsOutput, error) {
	return do(ctx, c, "DescribeLaunchTemplateVersions", true, func(r *region, _ bool) (*ec2.DescribeLaunchTemplateVersionsOutput, error) {
		var found []types.LaunchTemplateVersion
		for _, l := range r.launches {
			latest := !slices.ContainsFunc(r.launches, func(other launch) bool { return other.name == l.name && other.version > l.version })
			asked := slices.Contains(in.Versions, strconv.FormatInt(l.version, 10)) && aws.ToString(in.LaunchTemplateName) == l.name ||
				in.LaunchTemplateName == nil && (l.version == 1 && slices.Contains(in.Versions, "$Default") || latest && slices.Contains(in.Versions, "$Latest"))
			if l.version == 0 || !asked {
				continue
			}
			data := &types.ResponseLaunchTemplateData{ImageId: aws.String(l.point)}
			if recovery.IsSnapshotID(l.point) {
				data.ImageId = nil
				data.BlockDeviceMappings = []types.LaunchTemplateBlockDeviceMapping{{}, {Ebs: &types.LaunchTemplateEbsBlockDevice{SnapshotId: aws.String(l.point)}}}
			}
			found = append(found, types.LaunchTemplateVersion{LaunchTemplateName: aws.String(l.name), VersionNumber: aws.Int64(l.version), LaunchTemplateData: data})
		}
		some, next, err := pageOf(found, in.NextToken, 1)
		return &ec2.DescribeLaunchTemplateVersionsOutput{LaunchTemplateVersions: some, NextToken: next}, err
	})
}

// LaunchFrom makes a running instance of an image.
func (w *World) LaunchFrom(in, id, image string) {
	w.Launch(in, id, nil)
	r := w.regions[in]
	i := r.instances.rows[id]
	i.image = image
	r.instances = r.instances.with(id, i)
}

// Register makes an image of snapshots, as RegisterImage does.
func (w *World) Register(in, id string, snapshots ...string) {
	w.put(in, image{id: id, name: "registered " + id, state: "available", created: w.Now, snapshots: strings.Join(snapshots, " ")})
}

// SnapshotsOf are what an image consists of.
func (w *World) SnapshotsOf(in, image string) []string {
	return strings.Fields(w.regions[in].images.rows[image].snapshots)
}
