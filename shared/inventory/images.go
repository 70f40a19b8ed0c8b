package inventory

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"lastgood/shared/recovery"
)

// Images finds this account's own images in one Region.
type Images struct {
	EC2    ec2.DescribeImagesAPIClient
	Region string
}

// OfSource lists the images of the sources: those EC2 attributes to them, and those whose
// tag says so. Two calls for 200 sources, more where there are over 1,000 images of a
// kind. Disabled images are not in the list.
func (i Images) OfSource(ctx context.Context, sources ...string) ([]recovery.Point, error) {
	var points []recovery.Point
	for chunk := range slices.Chunk(sources, valuesPerFilter) {
		originals, err := i.list(ctx, false, filter("source-instance-id", chunk...))
		if err != nil {
			return nil, fmt.Errorf("listing the images taken of %s: %w", some(chunk), err)
		}
		tagged, err := i.list(ctx, false, filter("tag:"+recovery.TagSourceID, chunk...))
		if err != nil {
			return nil, fmt.Errorf("listing the images tagged as of %s: %w", some(chunk), err)
		}
		points = append(append(points, originals...), tagged...)
	}
	return points, nil
}

// All lists every image of this account in the Region, 1,000 a call.
func (i Images) All(ctx context.Context) ([]recovery.Point, error) {
	points, err := i.list(ctx, false)
	if err != nil {
		return nil, fmt.Errorf("listing all images in %s: %w", i.Region, err)
	}
	return points, nil
}

// ByID describes the images of these ids, disabled ones too, 200 a call. An id that
// does not exist, or is not ours, is not in the answer.
func (i Images) ByID(ctx context.Context, ids ...string) (map[string]recovery.Point, error) {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	found := make(map[string]recovery.Point, len(ids))
	for chunk := range slices.Chunk(ids, valuesPerFilter) {
		points, err := i.list(ctx, true, filter("image-id", chunk...))
		if err != nil {
			return nil, fmt.Errorf("describing %d images from %s on: %w", len(chunk), chunk[0], err)
		}
		for _, p := range points {
			found[p.ID] = p
		}
	}
	return found, nil
}

// CopiesOf lists the copies that were made of the images of these ids in a Region, disabled
// ones too. An image of an instance that was launched from one of them is no copy.
func (i Images) CopiesOf(ctx context.Context, region string, ids ...string) ([]recovery.Point, error) {
	var copies []recovery.Point
	for chunk := range slices.Chunk(ids, valuesPerFilter) {
		points, err := i.list(ctx, true, filter("source-image-id", chunk...), filter("source-image-region", region))
		if err != nil {
			return nil, fmt.Errorf("listing the copies of %s in %s: %w", some(chunk), i.Region, err)
		}
		copies = append(copies, slices.DeleteFunc(points, recovery.Point.Original)...)
	}
	return copies, nil
}

// OfRuns lists what the runs made, and the copies of that, in this Region, disabled images too, 200
// runs a call. In a run, * stands for any characters: "policy/*/target" are all runs of a policy on a target.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html#Filtering_Resources_CLI
func (i Images) OfRuns(ctx context.Context, runs ...string) ([]recovery.Point, error) {
	var points []recovery.Point
	for chunk := range slices.Chunk(runs, valuesPerFilter) {
		made, err := i.list(ctx, true, filter("tag:"+recovery.TagRun, chunk...))
		if err != nil {
			return nil, fmt.Errorf("listing the images of run %s: %w", some(chunk), err)
		}
		points = append(points, made...)
	}
	return points, nil
}

func (i Images) list(ctx context.Context, disabledToo bool, filters ...types.Filter) ([]recovery.Point, error) {
	pages := ec2.NewDescribeImagesPaginator(i.EC2, &ec2.DescribeImagesInput{
		Owners:          []string{"self"},
		Filters:         filters,
		IncludeDisabled: &disabledToo,
		MaxResults:      aws.Int32(perPage),
	})
	var points []recovery.Point
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, image := range page.Images {
			points = append(points, i.point(image))
		}
	}
	return points, nil
}

// point is an image as a recovery point. One whose CreationDate cannot be read is never
// the newest.
func (i Images) point(image types.Image) recovery.Point {
	created, err := time.Parse(time.RFC3339Nano, aws.ToString(image.CreationDate))
	if err != nil {
		created = time.Time{}
	}
	return recovery.Point{
		ID:           aws.ToString(image.ImageId),
		Region:       i.Region,
		Name:         aws.ToString(image.Name),
		State:        state(image.State),
		Created:      created,
		OriginalOf:   aws.ToString(image.SourceInstanceId),
		SourceImage:  aws.ToString(image.SourceImageId),
		SourceRegion: aws.ToString(image.SourceImageRegion),
		Tags:         Tags(image.Tags),
		Held:         held(image),
		Snapshots:    snapshotsOf(image),
	}
}

func snapshotsOf(image types.Image) []string {
	var ids []string
	for _, m := range image.BlockDeviceMappings {
		if m.Ebs != nil && m.Ebs.SnapshotId != nil {
			ids = append(ids, *m.Ebs.SnapshotId)
		}
	}
	return ids
}

// held says why an image is not to be deregistered.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ami-deregistration-protection.html
func held(image types.Image) string {
	switch protection := aws.ToString(image.DeregistrationProtection); {
	case protection != "" && protection != "disabled":
		return "protected from deregistration"
	case image.State == types.ImageStateDisabled:
		return "disabled"
	}
	return ""
}

func state(s types.ImageState) recovery.State {
	switch s {
	case types.ImageStateAvailable:
		return recovery.Available
	case types.ImageStatePending, types.ImageStateTransient:
		return recovery.Pending
	default:
		return recovery.Gone
	}
}
