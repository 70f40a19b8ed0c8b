package awsfake

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

// DescribeLaunchConfigurations pages by ScalingPage.
func (c *Client) DescribeLaunchConfigurations(ctx context.Context, in *autoscaling.DescribeLaunchConfigurationsInput, _ ...func(*autoscaling.Options)) (*autoscaling.DescribeLaunchConfigurationsOutput, error) {
	return do(ctx, c, "DescribeLaunchConfigurations", true, func(r *region, stale bool) (*autoscaling.DescribeLaunchConfigurationsOutput, error) {
		var found []types.LaunchConfiguration
		all := r.scalingAsOf(stale).configurations
		for _, name := range all.ids() {
			lc := all.rows[name]
			out := types.LaunchConfiguration{
				LaunchConfigurationName: aws.String(name), ImageId: aws.String(lc.image), InstanceType: aws.String(lc.kind), CreatedTime: aws.Time(lc.created),
				IamInstanceProfile: aws.String(lc.role), KeyName: aws.String(""), KernelId: aws.String(""), RamdiskId: aws.String(""), // so does AWS
				SecurityGroups: []string{"sg-web"}, EbsOptimized: aws.Bool(false),
			}
			for _, d := range parseDevices(lc.devices) {
				out.BlockDeviceMappings = append(out.BlockDeviceMappings, types.BlockDeviceMapping{DeviceName: aws.String(d.name), Ebs: &types.Ebs{SnapshotId: d.snapshot, VolumeSize: d.size}})
			}
			found = append(found, out)
		}
		some, next, err := pageOf(found, in.NextToken, max(1, c.process.World.ScalingPage))
		return &autoscaling.DescribeLaunchConfigurationsOutput{LaunchConfigurations: some, NextToken: next}, err
	})
}

// CreateLaunchConfiguration makes one, unless there is one of that name. One that says what another one of lastgood's says for
// the same group breaks the world.
func (c *Client) CreateLaunchConfiguration(ctx context.Context, in *autoscaling.CreateLaunchConfigurationInput, _ ...func(*autoscaling.Options)) (*autoscaling.CreateLaunchConfigurationOutput, error) {
	return do(ctx, c, "CreateLaunchConfiguration", false, func(r *region, _ bool) (*autoscaling.CreateLaunchConfigurationOutput, error) {
		w, s := c.process.World, r.scaling
		if _, exists := s.configurations.rows[*in.LaunchConfigurationName]; exists {
			return nil, &types.AlreadyExistsFault{}
		}
		for _, text := range []*string{in.KeyName, in.KernelId, in.RamdiskId, in.IamInstanceProfile} {
			if text != nil && *text == "" {
				return nil, apiError("ValidationError")
			}
		}
		if !slices.Equal(in.SecurityGroups, []string{"sg-web"}) {
			w.broken("%s lost its security groups", *in.LaunchConfigurationName)
		}
		var devices []mapped
		for _, m := range in.BlockDeviceMappings {
			devices = append(devices, mapped{*m.DeviceName, m.Ebs.SnapshotId, m.Ebs.VolumeSize})
		}
		made := launchConfiguration{*in.ImageId, *in.InstanceType, aws.ToString(in.IamInstanceProfile), devicesText(devices), w.Now.Add(time.Duration(len(s.configurations.rows)) * time.Minute)}
		s.configurations = s.configurations.with(*in.LaunchConfigurationName, made)
		r.setScaling(s)
		return &autoscaling.CreateLaunchConfigurationOutput{}, nil
	})
}

// DeleteLaunchConfiguration deletes one that no group uses. One of somebody else's breaks the world.
func (c *Client) DeleteLaunchConfiguration(ctx context.Context, in *autoscaling.DeleteLaunchConfigurationInput, _ ...func(*autoscaling.Options)) (*autoscaling.DeleteLaunchConfigurationOutput, error) {
	return do(ctx, c, "DeleteLaunchConfiguration", false, func(r *region, _ bool) (*autoscaling.DeleteLaunchConfigurationOutput, error) {
		s, name := r.scaling, *in.LaunchConfigurationName
		if _, exists := s.configurations.rows[name]; !exists {
			return nil, apiError("ValidationError")
		}
		for _, g := range s.groups.rows {
			if g.Configuration == name {
				c.process.World.broken("the launch configuration %s was to be deleted, and is used", name)
				return nil, &types.ResourceInUseFault{}
			}
		}
		if !strings.HasPrefix(name, "lastgood-") {
			c.process.World.broken("the launch configuration %s was deleted", name)
		}
		s.configurations = s.configurations.without(name)
		r.setScaling(s)
		return &autoscaling.DeleteLaunchConfigurationOutput{}, nil
	})
}

// Configuration is the content of a launch configuration: image, instance type, role, devices.
func (w *World) Configuration(in, name string) string {
	c := w.regions[in].scaling.configurations.rows[name]
	return strings.Join([]string{c.image, c.kind, c.role, c.devices}, "|")
}

// SetConfiguration makes a launch configuration, by hand.
func (w *World) SetConfiguration(in, name, image, devices string) {
	r := w.regions[in]
	s := r.scaling
	s.configurations = s.configurations.with(name, launchConfiguration{image: image, kind: "t3.micro", role: "web", devices: devices, created: w.Now})
	r.setScaling(s)
}
