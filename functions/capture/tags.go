package capture

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"lastgood/shared/recovery"
)

// maxTags is how many tags a resource has; verdictTags of them are written last.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html
const (
	maxTags     = 50
	verdictTags = 2
)

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
			calls, last = append(calls, &ec2.CreateTagsInput{Resources: []string{p.id}, Tags: wire(tags)}), tags
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
			addCopied(tags, c.target.devices[i].tags, maxTags-len(p.tags))
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

// addCopied adds copied tags, as many as there is room for, in the order of their keys. Those
// of AWS cannot be written, and those of lastgood would say something untrue.
func addCopied(tags, copied map[string]string, room int) {
	for _, key := range slices.Sorted(maps.Keys(copied)) {
		_, has := tags[key]
		if has || len(tags) >= room || strings.HasPrefix(key, "aws:") || strings.HasPrefix(key, "lastgood:") {
			continue
		}
		tags[key] = copied[key]
	}
}

func wire(tags map[string]string) []types.Tag {
	out := make([]types.Tag, 0, len(tags))
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		out = append(out, types.Tag{Key: aws.String(key), Value: aws.String(tags[key])})
	}
	return out
}
