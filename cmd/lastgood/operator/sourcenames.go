package operator

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"lastgood/shared/recovery"
)

// sourceNames are the Name tags of the Region's instances and volumes, those of volumes only where a pointer is of one. A call for 1,000 of
// them. Who may not ask sees ids only.
func (r *Region) sourceNames(ctx context.Context, standings []Standing) map[string]string {
	names := map[string]string{}
	named := []types.Filter{{Name: aws.String("tag-key"), Values: []string{"Name"}}}
	instances := ec2.NewDescribeInstancesPaginator(r.EC2, &ec2.DescribeInstancesInput{Filters: named, MaxResults: aws.Int32(perDescribe)})
	for anyOf(standings, recovery.IsInstanceID) && instances.HasMorePages() {
		page, err := instances.NextPage(ctx)
		if err != nil {
			break
		}
		for _, reservation := range page.Reservations {
			for _, i := range reservation.Instances {
				names[aws.ToString(i.InstanceId)] = nameTag(i.Tags)
			}
		}
	}
	volumes := ec2.NewDescribeVolumesPaginator(r.EC2, &ec2.DescribeVolumesInput{Filters: named, MaxResults: aws.Int32(perDescribe)})
	for anyOf(standings, recovery.IsVolumeID) && volumes.HasMorePages() {
		page, err := volumes.NextPage(ctx)
		if err != nil {
			break
		}
		for _, v := range page.Volumes {
			names[aws.ToString(v.VolumeId)] = nameTag(v.Tags)
		}
	}
	return names
}

func anyOf(standings []Standing, kind func(string) bool) bool {
	for _, s := range standings {
		if kind(s.Source) {
			return true
		}
	}
	return false
}

func nameTag(tags []types.Tag) string {
	for _, tag := range tags {
		if aws.ToString(tag.Key) == "Name" {
			return aws.ToString(tag.Value)
		}
	}
	return ""
}
