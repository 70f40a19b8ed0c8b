package capture

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"lastgood/shared/config"
	"lastgood/shared/inventory"
)

// find looks for what an earlier attempt of the run made.
func (c *capture) find(ctx context.Context) ([]point, error) {
	if c.policy.Produce == config.Image {
		images, err := c.images(ctx)
		var made []point
		for _, i := range images {
			made = append(made, point{aws.ToString(i.ImageId), "", inventory.Tags(i.Tags)})
		}
		return made, err
	}
	snapshots, err := c.Snapshots.OfRuns(ctx, c.run.String())
	if err != nil {
		return nil, err
	}
	var made []point
	attempt := ""
	for _, s := range snapshots {
		if !s.Original() { // tags that somebody copied
			continue
		}
		if id, _ := s.Set(); attempt == "" || id.Attempt < attempt {
			attempt, made = id.Attempt, nil // of several sets the first
		}
		if id, _ := s.Set(); id.Attempt == attempt {
			made = append(made, point{s.ID, s.OriginalOf, s.Tags})
		}
	}
	return made, nil
}

// images finds the run's image by its name, which EC2 takes once.
func (c *capture) images(ctx context.Context) ([]types.Image, error) {
	out, err := c.EC2.DescribeImages(ctx, &ec2.DescribeImagesInput{
		Owners: []string{"self"}, Filters: []types.Filter{{Name: aws.String("name"), Values: []string{c.run.ImageName()}}},
	})
	if err != nil {
		return nil, fmt.Errorf("looking for the image of run %s: %w", c.run, err)
	}
	return out.Images, nil
}

// An image's snapshots are begun one after the other. A frozen application waits for that
// so long, and no longer.
const (
	imagePatience = time.Minute
	imagePause    = 2 * time.Second
)

var errSlow = errors.New("not all snapshots of the image were begun while the application was frozen")

// wait waits until all snapshots of an image are begun. A set of snapshots is begun with
// the answer to the call.
func (c *capture) wait(ctx context.Context, made []point) error {
	if c.policy.Produce != config.Image {
		return nil
	}
	for until := c.Now().Add(imagePatience); ; {
		begun, err := c.begun(ctx, made[0].id)
		if begun || err != nil {
			return err
		}
		if !c.Now().Before(until) {
			return errSlow
		}
		if err := c.Pause(ctx, imagePause); err != nil {
			return err
		}
	}
}

// begun reports whether every EBS volume of the image names a snapshot that exists.
func (c *capture) begun(ctx context.Context, id string) (bool, error) {
	out, err := c.EC2.DescribeImages(ctx, &ec2.DescribeImagesInput{
		Owners: []string{"self"}, Filters: []types.Filter{{Name: aws.String("image-id"), Values: []string{id}}},
	})
	if err != nil {
		return false, fmt.Errorf("describing %s: %w", id, err)
	}
	var ids []string
	for _, image := range out.Images {
		for _, m := range image.BlockDeviceMappings {
			if m.Ebs != nil && aws.ToString(m.Ebs.SnapshotId) != "" {
				ids = append(ids, *m.Ebs.SnapshotId)
			}
		}
	}
	if len(ids) < len(c.target.devices) {
		return false, nil
	}
	snapshots, err := c.EC2.DescribeSnapshots(ctx, &ec2.DescribeSnapshotsInput{
		OwnerIds: []string{"self"}, Filters: []types.Filter{{Name: aws.String("snapshot-id"), Values: ids}},
	})
	if err != nil {
		return false, fmt.Errorf("describing the snapshots of %s: %w", id, err)
	}
	return len(snapshots.Snapshots) == len(ids), nil
}
