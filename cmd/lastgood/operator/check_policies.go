package operator

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"lastgood/functions/snapshot"
	"lastgood/shared/recovery"
)

// checkTargets looks for policies that capture nothing in any Region. It is told once, with
// the main Region.
func checkTargets(ctx context.Context, p probe) (found []Finding, err error) {
	if p.Name != p.Config.Regions.Main {
		return nil, nil
	}
	for _, policy := range p.Config.Policies {
		n := 0
		for _, r := range p.everywhere {
			targets, err := snapshot.Targets{EC2: r.EC2}.Find(ctx, policy.Target)
			if err != nil {
				return nil, fmt.Errorf("asking %s for the targets of policy %s: %w", r.Name, policy.Name, err)
			}
			n += len(targets)
		}
		level, text := OK, fmt.Sprintf("policy %s has %d", policy.Name, n)
		if n == 0 {
			level, text = Warn, fmt.Sprintf("policy %s captures nothing: there is no %s in any Region", policy.Name, describeTarget(policy.Target))
		}
		found = append(found, one(level, text, "")...)
	}
	return found, nil
}

// copiesAtOnce is how many copies of snapshots EC2 makes at once into a Region:
// https://docs.aws.amazon.com/ebs/latest/userguide/ebs-resource-quotas.html
const copiesAtOnce = 20

// checkCopies looks whether the Region still takes copies, where a policy copies to it.
func checkCopies(ctx context.Context, p probe) ([]Finding, error) {
	copied := false
	for _, policy := range p.Config.Policies {
		_, copies := policy.RetainIn(p.Name, true)
		copied = copied || copies
	}
	if !copied {
		return nil, nil
	}
	pages := ec2.NewDescribeSnapshotsPaginator(p.EC2, &ec2.DescribeSnapshotsInput{
		OwnerIds: []string{"self"}, MaxResults: aws.Int32(perDescribe),
		Filters: []types.Filter{{Name: aws.String("status"), Values: []string{"pending"}}},
	})
	n := 0
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, s := range page.Snapshots {
			if !recovery.IsVolumeID(aws.ToString(s.VolumeId)) {
				n++
			}
		}
	}
	text := fmt.Sprintf("%d of the %d that EC2 makes at once are under way", n, copiesAtOnce)
	if n >= copiesAtOnce {
		return one(Warn, text+": the others wait; ask for a higher quota where that does not pass",
			"aws service-quotas list-service-quotas --region "+p.Name+" --service-code ebs"), nil
	}
	return one(OK, text, ""), nil
}
