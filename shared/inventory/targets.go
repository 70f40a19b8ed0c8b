package inventory

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"lastgood/shared/config"
)

// Targets finds what a policy captures in one Region.
type Targets struct {
	EC2 interface {
		ec2.DescribeInstancesAPIClient
		ec2.DescribeVolumesAPIClient
	}
}

// Find lists the targets that exist in the Region, in the order of their ids. Ids that are not
// in it are another Region's. It costs a call for 1,000 targets, or for 200 ids.
func (t Targets) Find(ctx context.Context, target config.Target) ([]string, error) {
	list, byID, live := t.instances, "instance-id", filter("instance-state-name", "pending", "running", "stopping", "stopped")
	if target.Type == config.Volume {
		list, byID, live = t.volumes, "volume-id", filter("status", "available", "in-use")
	}
	var found []string
	for _, filters := range filtersOf(target, byID) {
		ids, err := list(ctx, append(filters, live))
		if err != nil {
			return nil, fmt.Errorf("finding the targets of type %s: %w", target.Type, err)
		}
		found = append(found, ids...)
	}
	slices.Sort(found)
	return slices.Compact(found), nil
}

// filtersOf are the filters of each call that finds a target: one for all tags together, or
// one for each 200 ids.
func filtersOf(target config.Target, byID string) [][]types.Filter {
	if len(target.IDs) > 0 {
		var calls [][]types.Filter
		for some := range slices.Chunk(target.IDs, valuesPerFilter) {
			calls = append(calls, []types.Filter{filter(byID, some...)})
		}
		return calls
	}
	var tags []types.Filter
	for _, key := range slices.Sorted(maps.Keys(target.Tags)) {
		tags = append(tags, filter("tag:"+key, target.Tags[key]))
	}
	return [][]types.Filter{tags}
}

func (t Targets) instances(ctx context.Context, filters []types.Filter) ([]string, error) {
	pages := ec2.NewDescribeInstancesPaginator(t.EC2, &ec2.DescribeInstancesInput{Filters: filters, MaxResults: aws.Int32(perPage)})
	var ids []string
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, reservation := range page.Reservations {
			for _, instance := range reservation.Instances {
				ids = append(ids, aws.ToString(instance.InstanceId))
			}
		}
	}
	return ids, nil
}

func (t Targets) volumes(ctx context.Context, filters []types.Filter) ([]string, error) {
	pages := ec2.NewDescribeVolumesPaginator(t.EC2, &ec2.DescribeVolumesInput{Filters: filters, MaxResults: aws.Int32(perPage)})
	var ids []string
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, volume := range page.Volumes {
			ids = append(ids, aws.ToString(volume.VolumeId))
		}
	}
	return ids, nil
}
