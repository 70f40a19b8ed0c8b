package lifecycle

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"lastgood/shared/pointer"
	"lastgood/shared/recovery"
)

// Limits of the calls.
const (
	valuesPerFilter   = 200
	parametersPerRead = 10 // https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html
	versionsPerPage   = 200
	rowsPerPage       = 1000
	groupsPerPage     = 100
)

// references are who refers to what: a point's id, and in words by whom.
type references map[string]string

func (r references) add(id *string, format string, args ...any) {
	if aws.ToString(id) != "" {
		r[*id] = fmt.Sprintf(format, args...)
	}
}

// referred finds out who refers to the points. Any error means that nobody knows. What nothing
// here finds is a reference from elsewhere: another account, a template outside of AWS, a
// parameter that is none of lastgood's.
func (k *Keeper) referred(ctx context.Context, points []recovery.Point) (references, error) {
	found := references{}
	var images, snapshots []string
	for _, p := range points {
		if recovery.IsSnapshotID(p.ID) {
			snapshots = append(snapshots, p.ID)
		} else {
			images = append(images, p.ID)
		}
	}
	for _, ask := range []func() error{
		func() error { return k.byPointers(ctx, points, found) },
		func() error { return k.byInstances(ctx, images, found) },
		func() error { return k.byImages(ctx, snapshots, found) },
		func() error { return k.byLocks(ctx, snapshots, found) },
		func() error { return k.byConfigurations(ctx, found) },
		func() error { return k.byTemplates(ctx, found) },
	} {
		if err := ask(); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// byPointers asks for the pointers of the points' sources, and for all aliases.
func (k *Keeper) byPointers(ctx context.Context, points []recovery.Point, found references) error {
	prefix := pointer.Names(k.Config.Parameter.Prefix)
	names := map[string]bool{}
	for alias := range k.Config.Aliases {
		names[prefix.Parameter(alias)] = true
	}
	for _, p := range points {
		subject, _ := SubjectOf(p)
		for _, source := range []string{p.OriginalOf, p.Tags[recovery.TagSourceID], subject.Target} {
			if recovery.IsSourceID(source) {
				names[prefix.Parameter(source)] = true
			}
		}
	}
	for some := range slices.Chunk(slices.Sorted(maps.Keys(names)), parametersPerRead) {
		out, err := k.SSM.GetParameters(ctx, &ssm.GetParametersInput{Names: some})
		if err != nil {
			return fmt.Errorf("reading %d parameters from %s on: %w", len(some), some[0], err)
		}
		for _, p := range out.Parameters {
			found.add(p.Value, "the pointer %s", aws.ToString(p.Name))
		}
	}
	return nil
}

func (k *Keeper) byInstances(ctx context.Context, images []string, found references) error {
	for some := range slices.Chunk(images, valuesPerFilter) {
		pages := ec2.NewDescribeInstancesPaginator(k.EC2, &ec2.DescribeInstancesInput{
			MaxResults: aws.Int32(rowsPerPage),
			Filters: []types.Filter{
				{Name: aws.String("image-id"), Values: some},
				{Name: aws.String("instance-state-name"), Values: []string{"pending", "running", "shutting-down", "stopping", "stopped"}},
			},
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return fmt.Errorf("listing the instances of %d images: %w", len(some), err)
			}
			for _, r := range page.Reservations {
				for _, i := range r.Instances {
					found.add(i.ImageId, "the instance %s", aws.ToString(i.InstanceId))
				}
			}
		}
	}
	return nil
}

// byImages asks which images consist of the snapshots.
func (k *Keeper) byImages(ctx context.Context, snapshots []string, found references) error {
	for some := range slices.Chunk(snapshots, valuesPerFilter) {
		pages := ec2.NewDescribeImagesPaginator(k.EC2, &ec2.DescribeImagesInput{
			Owners: []string{"self"}, IncludeDisabled: aws.Bool(true), MaxResults: aws.Int32(rowsPerPage),
			Filters: []types.Filter{{Name: aws.String("block-device-mapping.snapshot-id"), Values: some}},
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return fmt.Errorf("listing the images of %d snapshots: %w", len(some), err)
			}
			for _, i := range page.Images {
				found.addDevices(ec2Snapshots(i.BlockDeviceMappings), "the image "+aws.ToString(i.ImageId))
			}
		}
	}
	return nil
}

// byLocks lists the snapshots that are locked: they cannot be deleted, and half a set should not be.
// https://docs.aws.amazon.com/ebs/latest/userguide/ebs-snapshot-lock.html
func (k *Keeper) byLocks(ctx context.Context, snapshots []string, found references) error {
	if len(snapshots) == 0 {
		return nil
	}
	in := &ec2.DescribeLockedSnapshotsInput{
		MaxResults: aws.Int32(rowsPerPage),
		Filters:    []types.Filter{{Name: aws.String("lock-state"), Values: []string{"compliance-cooloff", "governance", "compliance"}}},
	}
	for {
		page, err := k.EC2.DescribeLockedSnapshots(ctx, in)
		if err != nil {
			return fmt.Errorf("listing the locked snapshots: %w", err)
		}
		for _, s := range page.Snapshots {
			found.add(s.SnapshotId, "a lock")
		}
		if in.NextToken = page.NextToken; aws.ToString(in.NextToken) == "" {
			return nil
		}
	}
}

func (k *Keeper) byConfigurations(ctx context.Context, found references) error {
	pages := autoscaling.NewDescribeLaunchConfigurationsPaginator(k.Groups, &autoscaling.DescribeLaunchConfigurationsInput{MaxRecords: aws.Int32(groupsPerPage)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("listing the launch configurations: %w", err)
		}
		for _, c := range page.LaunchConfigurations {
			by := "the launch configuration " + aws.ToString(c.LaunchConfigurationName)
			found.add(c.ImageId, "%s", by)
			for _, m := range c.BlockDeviceMappings {
				if m.Ebs != nil {
					found.add(m.Ebs.SnapshotId, "%s", by)
				}
			}
		}
	}
	return nil
}

func ec2Snapshots(mappings []types.BlockDeviceMapping) []*string {
	var ids []*string
	for _, m := range mappings {
		if m.Ebs != nil {
			ids = append(ids, m.Ebs.SnapshotId)
		}
	}
	return ids
}

func (r references) addDevices(ids []*string, by string) {
	for _, id := range ids {
		r.add(id, "%s", by)
	}
}
