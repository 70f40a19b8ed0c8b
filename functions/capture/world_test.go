package capture

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"lastgood/shared/awsfake"
	"lastgood/shared/recovery"
)

// points are the recovery points that the run made: its snapshots, or its image.
func points(w *awsfake.World) []string {
	return slices.DeleteFunc(w.Points(tokyo), func(id string) bool { return w.Tags(tokyo, id)[recovery.TagRun] != run.String() })
}

// volumesOf are the volumes that there is a snapshot of.
func volumesOf(w *awsfake.World) []string {
	var volumes []string
	for _, id := range w.Points(tokyo) {
		if strings.HasPrefix(id, "snap-") {
			volumes = append(volumes, w.VolumeOf(tokyo, id))
		}
	}
	return volumes
}

// growing has something happen right before the snapshots are taken.
type growing struct {
	EC2
	grow func()
}

func (g *growing) CreateSnapshots(ctx context.Context, in *ec2.CreateSnapshotsInput, o ...func(*ec2.Options)) (*ec2.CreateSnapshotsOutput, error) {
	g.grow()
	return g.EC2.CreateSnapshots(ctx, in, o...)
}

// slow has no snapshot of an image begun.
type slow struct{ EC2 }

func (s slow) DescribeImages(ctx context.Context, in *ec2.DescribeImagesInput, o ...func(*ec2.Options)) (*ec2.DescribeImagesOutput, error) {
	out, err := s.EC2.DescribeImages(ctx, in, o...)
	if err == nil {
		for i := range out.Images {
			out.Images[i].BlockDeviceMappings = nil
		}
	}
	return out, err
}
