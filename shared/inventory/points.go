package inventory

import (
	"context"
	"maps"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"lastgood/shared/recovery"
)

// Points finds this account's own recovery points of one Region: images of instances,
// snapshots of volumes.
type Points struct {
	Images    Images
	Snapshots Snapshots
}

// PointsIn finds points with an EC2 client of the Region.
func PointsIn(client interface {
	ec2.DescribeImagesAPIClient
	ec2.DescribeSnapshotsAPIClient
}, region string) Points {
	return Points{Images{client, region}, Snapshots{client, region}}
}

// OfSource lists the points of the sources, as Images.OfSource and Snapshots.OfSource do.
func (p Points) OfSource(ctx context.Context, sources ...string) ([]recovery.Point, error) {
	volumes, instances := split(sources, recovery.IsVolumeID)
	images, err := p.Images.OfSource(ctx, instances...)
	if err != nil {
		return nil, err
	}
	snapshots, err := p.Snapshots.OfSource(ctx, volumes...)
	if err != nil {
		return nil, err
	}
	return append(images, snapshots...), nil
}

// ByID describes the points of these ids, as Images.ByID and Snapshots.ByID do.
func (p Points) ByID(ctx context.Context, ids ...string) (map[string]recovery.Point, error) {
	snapshots, images := split(ids, recovery.IsSnapshotID)
	found, err := p.Images.ByID(ctx, images...)
	if err != nil {
		return nil, err
	}
	more, err := p.Snapshots.ByID(ctx, snapshots...)
	if err != nil {
		return nil, err
	}
	maps.Copy(found, more)
	return found, nil
}

// OfRuns lists what the runs made, as Images.OfRuns and Snapshots.OfRuns do.
func (p Points) OfRuns(ctx context.Context, runs ...string) ([]recovery.Point, error) {
	images, err := p.Images.OfRuns(ctx, runs...)
	if err != nil {
		return nil, err
	}
	snapshots, err := p.Snapshots.OfRuns(ctx, runs...)
	if err != nil {
		return nil, err
	}
	return append(images, snapshots...), nil
}

func split(ids []string, is func(string) bool) (these, others []string) {
	for _, id := range ids {
		if is(id) {
			these = append(these, id)
		} else {
			others = append(others, id)
		}
	}
	return these, others
}
