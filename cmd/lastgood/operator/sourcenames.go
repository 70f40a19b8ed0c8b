package operator

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"lastgood/shared/inventory"
	"lastgood/shared/recovery"
)

// sourceNames are the Name tags of the Region's instances and volumes, those of volumes only where a pointer is of one. A call for 1,000 of
// them. Who may not ask sees ids only.
func (r *Region) sourceNames(ctx context.Context, standings []Standing) map[string]string {
	names := map[string]string{}
	shown := func(is func(string) bool) bool {
		return slices.ContainsFunc(standings, func(s Standing) bool { return is(s.Source) })
	}
	named := []types.Filter{{Name: aws.String("tag-key"), Values: []string{"Name"}}}
	instances := ec2.NewDescribeInstancesPaginator(r.EC2, &ec2.DescribeInstancesInput{Filters: named, MaxResults: aws.Int32(perDescribe)})
	for shown(recovery.IsInstanceID) && instances.HasMorePages() {
		page, err := instances.NextPage(ctx)
		if err != nil {
			break
		}
		for _, reservation := range page.Reservations {
			for _, i := range reservation.Instances {
				names[aws.ToString(i.InstanceId)] = inventory.Tags(i.Tags)["Name"]
			}
		}
	}
	volumes := ec2.NewDescribeVolumesPaginator(r.EC2, &ec2.DescribeVolumesInput{Filters: named, MaxResults: aws.Int32(perDescribe)})
	for shown(recovery.IsVolumeID) && volumes.HasMorePages() {
		page, err := volumes.NextPage(ctx)
		if err != nil {
			break
		}
		for _, v := range page.Volumes {
			names[aws.ToString(v.VolumeId)] = inventory.Tags(v.Tags)["Name"]
		}
	}
	return names
}
