package operator

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"lastgood/shared/config"
)

// perFilter is how many values a filter takes, and perDescribe how many instances or volumes a page has:
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVolumes.html
const (
	perFilter   = 200
	perDescribe = 1000
)

// plannedInstances tells which volumes of instances a policy captures, and which it leaves out. Two
// calls for 200 instances.
func (r *Region) plannedInstances(ctx context.Context, p config.Policy, ids []string) ([]PlannedTarget, error) {
	tags, err := r.volumeTags(ctx, ids)
	if err != nil {
		return nil, err
	}
	found := map[string]PlannedTarget{}
	pages := ec2.NewDescribeInstancesPaginator(r.EC2, &ec2.DescribeInstancesInput{
		Filters: []types.Filter{{Name: aws.String("instance-id"), Values: ids}}, MaxResults: aws.Int32(perDescribe),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("describing %d instances from %s on: %w", len(ids), ids[0], err)
		}
		for _, reservation := range page.Reservations {
			for _, i := range reservation.Instances {
				found[aws.ToString(i.InstanceId)] = plannedInstance(p, i, tags)
			}
		}
	}
	targets := []PlannedTarget{}
	for _, id := range ids { // one that is gone by now is no target any more
		if t, exists := found[id]; exists {
			targets = append(targets, t)
		}
	}
	return targets, nil
}

func plannedInstance(p config.Policy, i types.Instance, tags map[string]map[string]string) PlannedTarget {
	t := PlannedTarget{ID: aws.ToString(i.InstanceId), Volumes: []string{}, LeftOut: []string{}}
	for _, m := range i.BlockDeviceMappings {
		if m.Ebs == nil {
			continue
		}
		id := aws.ToString(m.Ebs.VolumeId)
		if p.Exclude.LeavesOut(aws.ToString(m.DeviceName) == aws.ToString(i.RootDeviceName), tags[id]) {
			t.LeftOut = append(t.LeftOut, id)
		} else {
			t.Volumes = append(t.Volumes, id)
		}
	}
	return t
}

// volumeTags are the tags of all volumes of the instances.
func (r *Region) volumeTags(ctx context.Context, instances []string) (map[string]map[string]string, error) {
	tags := map[string]map[string]string{}
	pages := ec2.NewDescribeVolumesPaginator(r.EC2, &ec2.DescribeVolumesInput{
		Filters: []types.Filter{{Name: aws.String("attachment.instance-id"), Values: instances}}, MaxResults: aws.Int32(perDescribe),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("describing the volumes of %d instances from %s on: %w", len(instances), instances[0], err)
		}
		for _, v := range page.Volumes {
			of := map[string]string{}
			for _, tag := range v.Tags {
				of[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
			}
			tags[aws.ToString(v.VolumeId)] = of
		}
	}
	return tags, nil
}
