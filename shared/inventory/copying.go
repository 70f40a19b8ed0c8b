package inventory

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"lastgood/shared/recovery"
)

// CopiesAtOnce is how many snapshots EC2 copies to a Region at once, unless the account's quota is higher:
// https://docs.aws.amazon.com/ebs/latest/userguide/ebs-resource-quotas.html
const CopiesAtOnce = 20

// Copying counts the copies of snapshots that are under way to the Region, whoever makes them. A copy shows no volume that there is.
func (s Snapshots) Copying(ctx context.Context) (int, error) {
	pages := ec2.NewDescribeSnapshotsPaginator(s.EC2, &ec2.DescribeSnapshotsInput{
		OwnerIds: []string{"self"}, Filters: []types.Filter{filter("status", "pending")}, MaxResults: aws.Int32(perPage),
	})
	n := 0
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return 0, fmt.Errorf("counting the copies under way to %s: %w", s.Region, err)
		}
		for _, snapshot := range page.Snapshots {
			if !recovery.IsVolumeID(aws.ToString(snapshot.VolumeId)) {
				n++
			}
		}
	}
	return n, nil
}
