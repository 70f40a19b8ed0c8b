package awsfake

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"

	"lastgood/shared/recovery"
)

// alike reports whether all instances were launched from the group's version.
func (g ScalingGroup) alike() bool {
	return !slices.ContainsFunc(g.launchedFrom(), func(version string) bool { return version != g.Version })
}

// launchedFrom are the versions that instances were launched from.
func (g ScalingGroup) launchedFrom() []string {
	return strings.FieldsFunc(g.Instances, func(r rune) bool { return r == ',' })
}

// CreateOrUpdateTags tags groups.
func (c *Client) CreateOrUpdateTags(ctx context.Context, in *autoscaling.CreateOrUpdateTagsInput, _ ...func(*autoscaling.Options)) (*autoscaling.CreateOrUpdateTagsOutput, error) {
	return do(ctx, c, "CreateOrUpdateTags", false, func(r *region, _ bool) (*autoscaling.CreateOrUpdateTagsOutput, error) {
		for _, tag := range in.Tags {
			g := r.scaling.groups.rows[*tag.ResourceId]
			if *tag.ResourceType != "auto-scaling-group" || aws.ToBool(tag.PropagateAtLaunch) || *tag.Key != "lastgood:failed-image" || !recovery.IsImageID(*tag.Value) || g.Tags[*tag.Key] == *tag.Value {
				c.process.World.broken("the tag %s=%s was written on %s", *tag.Key, *tag.Value, *tag.ResourceId)
			}
			g.Tags = maps.Clone(g.Tags)
			g.Tags[*tag.Key] = *tag.Value
			c.process.World.SetGroup(c.region, *tag.ResourceId, g)
		}
		return &autoscaling.CreateOrUpdateTagsOutput{}, nil
	})
}

// DeleteTags takes tags off groups.
func (c *Client) DeleteTags(ctx context.Context, in *autoscaling.DeleteTagsInput, _ ...func(*autoscaling.Options)) (*autoscaling.DeleteTagsOutput, error) {
	return do(ctx, c, "DeleteTags", false, func(r *region, _ bool) (*autoscaling.DeleteTagsOutput, error) {
		for _, tag := range in.Tags {
			g := r.scaling.groups.rows[*tag.ResourceId]
			if *tag.ResourceType != "auto-scaling-group" || *tag.Key != "lastgood:failed-image" {
				c.process.World.broken("the tag %s was taken off %s", *tag.Key, *tag.ResourceId)
			}
			g.Tags = maps.Clone(g.Tags)
			delete(g.Tags, *tag.Key)
			c.process.World.SetGroup(c.region, *tag.ResourceId, g)
		}
		return &autoscaling.DeleteTagsOutput{}, nil
	})
}
