package capture

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"lastgood/shared/config"
	"lastgood/shared/inventory"
	"lastgood/shared/recovery"
)

// verdictTags are those of a resource's tags that are written last.
const verdictTags = 2

// write tags what was made: with what the scripts came to, where there were any, and the
// tags of each snapshot's volume, where the policy copies them. What is there already stays: a
// verdict is written once.
func (c *capture) write(ctx context.Context, made []point, v verdict) error {
	common := map[string]string{}
	if c.scripted() {
		result := recovery.Failure
		if v.consistent() {
			result = recovery.Success
		}
		common[recovery.TagPreScript], common[recovery.TagPostScript] = result, result
	}
	var calls []*ec2.CreateTagsInput
	var last map[string]string
	for _, p := range made {
		tags := c.missing(p, common)
		switch {
		case len(tags) == 0:
		case len(calls) > 0 && maps.Equal(tags, last):
			calls[len(calls)-1].Resources = append(calls[len(calls)-1].Resources, p.id)
		default:
			calls, last = append(calls, &ec2.CreateTagsInput{Resources: []string{p.id}, Tags: inventory.TagList(tags)}), tags
		}
	}
	for _, in := range calls {
		if _, err := c.EC2.CreateTags(ctx, in); err != nil {
			return fmt.Errorf("tagging %s with what the scripts came to: %w", strings.Join(in.Resources, " "), err)
		}
	}
	return nil
}

// missing are the tags that p is still to get.
func (c *capture) missing(p point, common map[string]string) map[string]string {
	tags := maps.Clone(common)
	if c.policy.CopyTags && p.volume != "" {
		if i := slices.IndexFunc(c.target.devices, func(d device) bool { return d.volume == p.volume }); i >= 0 {
			inventory.CopyTags(tags, c.target.devices[i].tags, config.MaxTags-len(p.tags))
		}
	}
	for key := range p.tags {
		delete(tags, key)
	}
	if c.size != "" {
		tags[recovery.TagSetSize] = c.size
	}
	return tags
}
