package awsfake

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"lastgood/shared/recovery"
)

// DeleteSnapshot deletes a snapshot that carries the policy's tag: IAM allows no other. Deleting
// what has to stay breaks the world.
func (c *Client) DeleteSnapshot(ctx context.Context, in *ec2.DeleteSnapshotInput, _ ...func(*ec2.Options)) (*ec2.DeleteSnapshotOutput, error) {
	return do(ctx, c, "DeleteSnapshot", false, func(r *region, _ bool) (*ec2.DeleteSnapshotOutput, error) {
		id := *in.SnapshotId
		s, exists := r.snapshots.rows[id]
		switch {
		case !exists:
			return nil, apiError("InvalidSnapshot.NotFound")
		case s.tags[recovery.TagPolicy] == "":
			return nil, apiError("UnauthorizedOperation")
		case r.backs(id) != "":
			return nil, apiError("InvalidSnapshot.InUse")
		case c.process.World.locked[id]:
			return nil, apiError("SnapshotLocked")
		}
		c.check(r, id)
		c.process.World.DeleteSnapshot(c.region, id)
		return &ec2.DeleteSnapshotOutput{}, nil
	})
}

// DeregisterImage deregisters an image that carries the policy's tag, with its snapshots, but for
// those that other images have too.
func (c *Client) DeregisterImage(ctx context.Context, in *ec2.DeregisterImageInput, _ ...func(*ec2.Options)) (*ec2.DeregisterImageOutput, error) {
	return do(ctx, c, "DeregisterImage", false, func(r *region, _ bool) (*ec2.DeregisterImageOutput, error) {
		w, id := c.process.World, *in.ImageId
		i, exists := r.images.rows[id]
		switch {
		case !exists:
			return nil, apiError("InvalidAMIID.NotFound")
		case i.tags[recovery.TagPolicy] == "":
			return nil, apiError("UnauthorizedOperation")
		case i.protected:
			return nil, apiError("OperationNotPermitted")
		}
		c.check(r, id)
		w.Deregister(c.region, id)
		out := &ec2.DeregisterImageOutput{Return: aws.Bool(true)}
		for _, s := range strings.Fields(i.snapshots) {
			code := types.SnapshotReturnCodesSuccess
			switch {
			case !aws.ToBool(in.DeleteAssociatedSnapshots):
				continue
			case r.backs(s) != "":
				code = types.SnapshotReturnCodesWarnSkipped
			case w.Leaves:
				code = types.SnapshotReturnCodesErrorCodeInternalError
			default:
				c.check(r, s)
				w.DeleteSnapshot(c.region, s)
			}
			out.DeleteSnapshotResults = append(out.DeleteSnapshotResults, types.DeleteSnapshotReturnCode{SnapshotId: aws.String(s), ReturnCode: code})
		}
		return out, nil
	})
}

// check breaks the world where a point has to stay.
func (c *Client) check(r *region, id string) {
	if why := c.process.World.mustStay(r, id); why != "" {
		c.process.World.broken("I3: %s was deleted in %s, and %s", id, c.region, why)
	}
}

// backs is an image that consists of the snapshot, among others; "" for none.
func (r *region) backs(snapshot string) string {
	for _, id := range r.images.ids() {
		if slices.Contains(strings.Fields(r.images.rows[id].snapshots), snapshot) {
			return id
		}
	}
	return ""
}

// DescribeLockedSnapshots lists the snapshots that are locked, one a page.
func (c *Client) DescribeLockedSnapshots(ctx context.Context, in *ec2.DescribeLockedSnapshotsInput, _ ...func(*ec2.Options)) (*ec2.DescribeLockedSnapshotsOutput, error) {
	return do(ctx, c, "DescribeLockedSnapshots", true, func(r *region, _ bool) (*ec2.DescribeLockedSnapshotsOutput, error) {
		var found []types.LockedSnapshotsInfo
		for _, id := range r.snapshots.ids() {
			if c.process.World.locked[id] {
				found = append(found, types.LockedSnapshotsInfo{SnapshotId: aws.String(id)})
			}
		}
		some, next, err := pageOf(found, in.NextToken, 1)
		return &ec2.DescribeLockedSnapshotsOutput{Snapshots: some, NextToken: next}, err
	})
}
