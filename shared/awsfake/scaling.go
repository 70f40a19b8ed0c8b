package awsfake

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

// DescribeAutoScalingGroups pages by ScalingPage.
func (c *Client) DescribeAutoScalingGroups(ctx context.Context, in *autoscaling.DescribeAutoScalingGroupsInput, _ ...func(*autoscaling.Options)) (*autoscaling.DescribeAutoScalingGroupsOutput, error) {
	return do(ctx, c, "DescribeAutoScalingGroups", true, func(r *region, stale bool) (*autoscaling.DescribeAutoScalingGroupsOutput, error) {
		var found []types.AutoScalingGroup
		groups := r.scalingAsOf(stale).groups
		for _, name := range groups.ids() {
			found = append(found, groups.rows[name].wire(name))
		}
		some, next, err := pageOf(found, in.NextToken, max(1, c.process.World.ScalingPage))
		return &autoscaling.DescribeAutoScalingGroupsOutput{AutoScalingGroups: some, NextToken: next}, err
	})
}

func (g ScalingGroup) wire(name string) types.AutoScalingGroup {
	out := types.AutoScalingGroup{AutoScalingGroupName: aws.String(name)}
	for _, key := range slices.Sorted(maps.Keys(g.Tags)) {
		out.Tags = append(out.Tags, types.TagDescription{Key: aws.String(key), Value: aws.String(g.Tags[key]), ResourceId: aws.String(name)})
	}
	if g.Maintained {
		out.DefaultInstanceWarmup = aws.Int32(60)
		out.InstanceMaintenancePolicy = &types.InstanceMaintenancePolicy{MinHealthyPercentage: aws.Int32(100), MaxHealthyPercentage: aws.Int32(110)}
	}
	if g.Suspended != "" {
		out.SuspendedProcesses = []types.SuspendedProcess{{ProcessName: aws.String(g.Suspended)}}
	}
	if g.Deleting {
		out.Status = aws.String("Delete in progress")
	}
	for _, version := range g.launchedFrom() {
		out.Instances = append(out.Instances, types.Instance{LaunchTemplate: specification(g.Template, version)})
	}
	switch {
	case g.Configuration != "":
		out.LaunchConfigurationName = aws.String(g.Configuration)
	case g.Mixed:
		out.MixedInstancesPolicy = g.policy()
	default:
		out.LaunchTemplate = specification(g.Template, g.Version)
	}
	return out
}

func specification(template, version string) *types.LaunchTemplateSpecification {
	return &types.LaunchTemplateSpecification{LaunchTemplateId: aws.String(templateID(template)), LaunchTemplateName: aws.String(template), Version: aws.String(version)}
}

func (g ScalingGroup) policy() *types.MixedInstancesPolicy {
	p := &types.MixedInstancesPolicy{
		LaunchTemplate:        &types.LaunchTemplate{LaunchTemplateSpecification: specification(g.Template, g.Version)},
		InstancesDistribution: &types.InstancesDistribution{OnDemandPercentageAboveBaseCapacity: aws.Int32(20)},
	}
	for o := range strings.SplitSeq(g.Overrides, ",") {
		kind, own, has := strings.Cut(o, " lt-")
		override := types.LaunchTemplateOverrides{InstanceType: aws.String(kind)}
		if template, version, _ := strings.Cut(own, "/"); has {
			override.LaunchTemplateSpecification = specification(template, version)
		}
		p.LaunchTemplate.Overrides = append(p.LaunchTemplate.Overrides, override)
	}
	return p
}

// overridesText writes overrides as ScalingGroup has them; a specification of both an id and a name is none.
func overridesText(overrides []types.LaunchTemplateOverrides) string {
	var texts []string
	for _, o := range overrides {
		text := aws.ToString(o.InstanceType)
		if s := o.LaunchTemplateSpecification; s != nil {
			name, _ := nameIn(s)
			text += " lt-" + name + "/" + *s.Version
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, ",")
}

// nameIn is the template that a request names, by its id or its name, and not by both.
func nameIn(s *types.LaunchTemplateSpecification) (string, error) {
	if (s.LaunchTemplateId == nil) == (s.LaunchTemplateName == nil) {
		return "", apiError("ValidationError")
	}
	return aws.ToString(s.LaunchTemplateName) + strings.TrimPrefix(aws.ToString(s.LaunchTemplateId), "lt-"), nil
}

// chosen is what a request would have the group launch with.
func (g ScalingGroup) chosen(s *types.LaunchTemplateSpecification, p *types.MixedInstancesPolicy) (ScalingGroup, error) {
	if p != nil {
		s = p.LaunchTemplate.LaunchTemplateSpecification
		g.Mixed, g.Overrides = true, overridesText(p.LaunchTemplate.Overrides)
		if p.InstancesDistribution == nil || aws.ToInt32(p.InstancesDistribution.OnDemandPercentageAboveBaseCapacity) != 20 {
			return g, apiError("ValidationError")
		}
	} else {
		g.Mixed, g.Overrides = false, ""
	}
	var err error
	g.Template, err = nameIn(s)
	g.Version, g.Configuration = *s.Version, ""
	return g, err
}

// meddles notes what must not happen to a group, whatever is done to it.
func (w *World) meddles(what, name string, g ScalingGroup) {
	if _, held := g.Tags["lastgood:hold"]; held || g.Tags["lastgood:follow"] == "" || g.Deleting {
		w.broken("%s of the group %s, which is held, follows nothing or is being deleted", what, name)
	}
}

// UpdateAutoScalingGroup points a group at a launch template's version or at a launch configuration. One that does not exist,
// or that changes anything else of a group, breaks the world.
func (c *Client) UpdateAutoScalingGroup(ctx context.Context, in *autoscaling.UpdateAutoScalingGroupInput, _ ...func(*autoscaling.Options)) (*autoscaling.UpdateAutoScalingGroupOutput, error) {
	return do(ctx, c, "UpdateAutoScalingGroup", false, func(r *region, _ bool) (*autoscaling.UpdateAutoScalingGroupOutput, error) {
		w, s, name := c.process.World, r.scaling, *in.AutoScalingGroupName
		g := s.groups.rows[name]
		w.meddles("an update", name, g)
		if under, is := g.refreshing(); is && under.template != "" {
			return nil, apiError("ValidationError") // what the desired configuration says cannot be changed meanwhile
		}
		before := g
		if in.LaunchConfigurationName != nil {
			g.Configuration = *in.LaunchConfigurationName
			if _, exists := s.configurations.rows[g.Configuration]; !exists {
				w.broken("%s was pointed at the launch configuration %s, which does not exist", name, g.Configuration)
				return nil, apiError("ValidationError")
			}
		} else {
			var err error
			if g, err = g.chosen(in.LaunchTemplate, in.MixedInstancesPolicy); err != nil {
				return nil, err
			}
			if _, exists := s.templates.rows[g.Template].of(g.Version); !exists || strings.HasPrefix(g.Version, "$") {
				w.broken("%s was pointed at version %s of %s, which does not exist or changes", name, g.Version, g.Template)
				return nil, apiError("ValidationError")
			}
		}
		if g.Template != before.Template || g.Mixed != before.Mixed || g.Overrides != before.Overrides || (g.Configuration == "") != (before.Configuration == "") {
			w.broken("an update made %+v of %s, which was %+v", g, name, before)
		}
		w.SetGroup(c.region, name, g)
		return &autoscaling.UpdateAutoScalingGroupOutput{}, nil
	})
}

// DescribeInstanceRefreshes lists the newest first.
func (c *Client) DescribeInstanceRefreshes(ctx context.Context, in *autoscaling.DescribeInstanceRefreshesInput, _ ...func(*autoscaling.Options)) (*autoscaling.DescribeInstanceRefreshesOutput, error) {
	return do(ctx, c, "DescribeInstanceRefreshes", true, func(r *region, stale bool) (*autoscaling.DescribeInstanceRefreshesOutput, error) {
		var found []types.InstanceRefresh
		g := r.scalingAsOf(stale).groups.rows[*in.AutoScalingGroupName]
		for i, f := range slices.Backward(g.refreshes) {
			out := types.InstanceRefresh{InstanceRefreshId: aws.String(f.id), Status: types.InstanceRefreshStatus(f.status), StatusReason: aws.String("the fake says so")}
			if f.status != "Pending" && !f.unbegun {
				out.StartTime = aws.Time(c.process.World.Now.Add(time.Duration(i-1000) * time.Hour))
			}
			if !f.active() {
				out.EndTime = aws.Time(c.process.World.Now.Add(time.Duration(i-1000)*time.Hour + time.Minute))
			}
			if f.template != "" {
				out.DesiredConfiguration = &types.DesiredConfiguration{LaunchTemplate: specification(f.template, f.version)}
				if g.Mixed {
					out.DesiredConfiguration = &types.DesiredConfiguration{MixedInstancesPolicy: &types.MixedInstancesPolicy{
						LaunchTemplate: &types.LaunchTemplate{LaunchTemplateSpecification: specification(f.template, f.version)}}}
				}
			}
			found = append(found, out)
		}
		some, next, err := pageOf(found, in.NextToken, max(1, c.process.World.ScalingPage))
		return &autoscaling.DescribeInstanceRefreshesOutput{InstanceRefreshes: some, NextToken: next}, err
	})
}

// StartInstanceRefresh starts one, if none is under way. One for an image that the group runs already, or that has failed
// on it, breaks the world.
func (c *Client) StartInstanceRefresh(ctx context.Context, in *autoscaling.StartInstanceRefreshInput, _ ...func(*autoscaling.Options)) (*autoscaling.StartInstanceRefreshOutput, error) {
	return do(ctx, c, "StartInstanceRefresh", false, func(r *region, _ bool) (*autoscaling.StartInstanceRefreshOutput, error) {
		w, s, name := c.process.World, r.scaling, *in.AutoScalingGroupName
		g := s.groups.rows[name]
		w.meddles("a refresh", name, g)
		if _, under := g.refreshing(); under {
			return nil, &types.InstanceRefreshInProgressFault{}
		}
		desired, err := g.chosen(in.DesiredConfiguration.LaunchTemplate, in.DesiredConfiguration.MixedInstancesPolicy)
		if err != nil {
			return nil, err
		}
		v, exists := s.templates.rows[desired.Template].of(desired.Version)
		switch image := w.GroupImage(c.region, name); {
		case !exists || strings.HasPrefix(desired.Version, "$") || strings.HasPrefix(g.Version, "$") && aws.ToBool(in.Preferences.AutoRollback):
			w.broken("%s was refreshed to version %s of %s, which does not exist or changes, from version %s", name, desired.Version, desired.Template, g.Version)
			return nil, apiError("ValidationError")
		case v.image == image && !w.Lags && g.alike():
			w.broken("%s was refreshed to %s, which it runs", name, image)
		case v.image == g.Tags["lastgood:failed-image"]:
			w.broken("%s was refreshed to %s, which failed", name, v.image)
		case desired.Overrides != g.Overrides || desired.Mixed != g.Mixed || !aws.ToBool(in.Preferences.SkipMatching):
			w.broken("%s was refreshed to %+v from %+v", name, desired, g)
		}
		p := in.Preferences
		g.refreshes = append(slices.Clip(g.refreshes), refresh{
			id: fmt.Sprintf("refresh-%d", len(g.refreshes)+1), status: "Pending", template: desired.Template, version: desired.Version,
			preference: fmt.Sprintf("%s%% healthy, %s s warm-up, rollback %t", orIts(p.MinHealthyPercentage), orIts(p.InstanceWarmup), aws.ToBool(p.AutoRollback)),
		})
		w.SetGroup(c.region, name, g)
		return &autoscaling.StartInstanceRefreshOutput{InstanceRefreshId: aws.String(g.refreshes[len(g.refreshes)-1].id)}, nil
	})
}

// orIts is a number, or says that the group's own is taken.
func orIts(n *int32) string {
	if n == nil {
		return "its own"
	}
	return fmt.Sprint(*n)
}
