package rollout

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

// allowLaunch says what keeps Auto Scaling from letting the function have a group launch.
const allowLaunch = "tag the launch template, and those of its overrides, with " + TagFollow + ", and name the role of its instance profile in rollout.passRoles"

// use points a group at a version of its launch template.
func (r *Rollout) use(ctx context.Context, g Group, version string) error {
	in := &autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: &g.Name}
	in.LaunchTemplate, in.MixedInstancesPolicy = g.launching(version)
	if _, err := r.Groups.UpdateAutoScalingGroup(ctx, in); err != nil {
		return fmt.Errorf("pointing it at version %s of the launch template %s: %w", version, cmp.Or(g.Template.Name, g.Template.ID), denied(err, allowLaunch))
	}
	return nil
}

func (r *Rollout) useConfiguration(ctx context.Context, g Group, name string) error {
	_, err := r.Groups.UpdateAutoScalingGroup(ctx, &autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: &g.Name, LaunchConfigurationName: &name})
	if err != nil {
		return fmt.Errorf("pointing it at the launch configuration %s: %w", name, err)
	}
	return nil
}

// start begins an instance refresh to a version of the group's launch template. Auto Scaling changes the group itself, once the
// refresh has succeeded: a failed one leaves the group as it was. One that is under way already is somebody else's, and found at the next look.
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/instance-refresh-rollback.html
func (r *Rollout) start(ctx context.Context, g Group, version string) error {
	desired := &types.DesiredConfiguration{}
	desired.LaunchTemplate, desired.MixedInstancesPolicy = g.launching(version)
	preferences := &types.RefreshPreferences{
		AutoRollback: aws.Bool(r.Config.AutoRollback), SkipMatching: aws.Bool(true),
		MinHealthyPercentage: g.MinHealthy, InstanceWarmup: g.WarmUp,
	}
	if preferences.MinHealthyPercentage == nil && g.described.InstanceMaintenancePolicy == nil { // else Auto Scaling goes by that
		preferences.MinHealthyPercentage = aws.Int32(int32(r.Config.MinHealthyPercentage)) //nolint:gosec // a percentage
	}
	if preferences.InstanceWarmup == nil && g.described.DefaultInstanceWarmup == nil { // likewise
		preferences.InstanceWarmup = aws.Int32(int32(r.Config.InstanceWarmup.Std().Seconds()))
	}
	_, err := r.Groups.StartInstanceRefresh(ctx, &autoscaling.StartInstanceRefreshInput{
		AutoScalingGroupName: &g.Name, Strategy: types.RefreshStrategyRolling, DesiredConfiguration: desired, Preferences: preferences,
	})
	if _, under := errors.AsType[*types.InstanceRefreshInProgressFault](err); err != nil && !under {
		return fmt.Errorf("starting a refresh to version %s of the launch template %s: %w", version, cmp.Or(g.Template.Name, g.Template.ID), denied(err, allowLaunch))
	}
	return nil
}

// remember tags a group with the image whose refresh failed.
func (r *Rollout) remember(ctx context.Context, group, image string) error {
	_, err := r.Groups.CreateOrUpdateTags(ctx, &autoscaling.CreateOrUpdateTagsInput{Tags: []types.Tag{{
		ResourceId: &group, ResourceType: aws.String("auto-scaling-group"), Key: aws.String(TagFailed), Value: &image, PropagateAtLaunch: aws.Bool(false),
	}}})
	if err != nil {
		return fmt.Errorf("tagging it with the image that failed, %s: %w", image, err)
	}
	return nil
}

// forget takes the tag off that remember wrote.
func (r *Rollout) forget(ctx context.Context, g Group) error {
	_, err := r.Groups.DeleteTags(ctx, &autoscaling.DeleteTagsInput{Tags: []types.Tag{{
		ResourceId: &g.Name, ResourceType: aws.String("auto-scaling-group"), Key: aws.String(TagFailed), Value: &g.Failed,
	}}})
	if err != nil {
		return fmt.Errorf("taking the tag %s off, because it uses %s by now: %w", TagFailed, g.Failed, err)
	}
	return nil
}

// launching is what the group launches with, at another version of its launch template: one of the two. Nothing else of a policy of
// mixed instances changes. Auto Scaling shows a template's id and its name, and takes only one of them.
func (g Group) launching(version string) (*types.LaunchTemplateSpecification, *types.MixedInstancesPolicy) {
	described := g.described.MixedInstancesPolicy
	if described == nil || described.LaunchTemplate == nil {
		return specified(g.described.LaunchTemplate, version), nil
	}
	policy, template := *described, *described.LaunchTemplate
	template.LaunchTemplateSpecification = specified(template.LaunchTemplateSpecification, version)
	template.Overrides = slices.Clone(template.Overrides)
	for i, o := range template.Overrides {
		if s := o.LaunchTemplateSpecification; s != nil {
			template.Overrides[i].LaunchTemplateSpecification = specified(s, aws.ToString(s.Version))
		}
	}
	policy.LaunchTemplate = &template
	return nil, &policy
}

func specified(s *types.LaunchTemplateSpecification, version string) *types.LaunchTemplateSpecification {
	in := &types.LaunchTemplateSpecification{LaunchTemplateId: s.LaunchTemplateId}
	if s.LaunchTemplateId == nil {
		in.LaunchTemplateName = s.LaunchTemplateName
	}
	if version != "" {
		in.Version = &version
	}
	return in
}
