// Package inventory says what there is in a Region: the images and snapshots that can be restored from, as recovery points, and
// the instances and volumes that a policy captures.
package inventory

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// Limits of the calls that describe, and of their filters:
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeImages.html
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshots.html
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html
const (
	perPage         = 1000
	valuesPerFilter = 200
)

func filter(name string, values ...string) types.Filter {
	return types.Filter{Name: &name, Values: values}
}

// some names ids in an error.
func some(ids []string) string {
	if len(ids) == 1 {
		return ids[0]
	}
	return fmt.Sprintf("%s and %d more", ids[0], len(ids)-1)
}

// Tags are the tags of a resource by their keys.
func Tags(tags []types.Tag) map[string]string {
	all := make(map[string]string, len(tags))
	for _, tag := range tags {
		all[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	return all
}

// TagList is tags as EC2 takes them, in the order of their keys.
func TagList(tags map[string]string) []types.Tag {
	list := make([]types.Tag, 0, len(tags))
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, types.Tag{Key: aws.String(key), Value: aws.String(tags[key])})
	}
	return list
}

// CopyTags adds the tags of another resource that tags has not, in the order of their keys, while there are fewer than
// room. Those of AWS cannot be written, and those of lastgood would say something untrue.
func CopyTags(tags, from map[string]string, room int) {
	for _, key := range slices.Sorted(maps.Keys(from)) {
		_, has := tags[key]
		if has || len(tags) >= room || strings.HasPrefix(key, "aws:") || strings.HasPrefix(key, "lastgood:") {
			continue
		}
		tags[key] = from[key]
	}
}
