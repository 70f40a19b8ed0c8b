package awsfake

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// maxCopies is how many copies EC2 lets be under way to one Region.
const maxCopies = 20

// CopySnapshot makes a pending copy of a completed snapshot. There is no client token: a second
// call makes a second copy.
func (c *Client) CopySnapshot(ctx context.Context, in *ec2.CopySnapshotInput, _ ...func(*ec2.Options)) (*ec2.CopySnapshotOutput, error) {
	return do(ctx, c, "CopySnapshot", false, func(r *region, _ bool) (*ec2.CopySnapshotOutput, error) {
		w := c.process.World
		original, exists := w.regions[*in.SourceRegion].snapshots.rows[*in.SourceSnapshotId]
		switch {
		case !exists:
			return nil, apiError("InvalidSnapshot.NotFound")
		case original.state != "completed":
			return nil, apiError("IncorrectState")
		case *in.SourceRegion == c.region:
			w.broken("%s was copied within %s", original.id, c.region)
		case original.from != "":
			w.broken("%s was copied, and is a copy itself", original.id)
		case aws.ToString(in.KmsKeyId) != "" && !aws.ToBool(in.Encrypted):
			return nil, apiError("InvalidParameterDependency")
		case r.copying() >= maxCopies:
			return nil, apiError("ResourceLimitExceeded")
		}
		id := w.newID("snap")
		w.CopySnapshot(c.region, id, *in.SourceRegion, original.id, w.Now, specified(in.TagSpecifications, types.ResourceTypeSnapshot))
		return &ec2.CopySnapshotOutput{SnapshotId: aws.String(id)}, nil
	})
}

// copying counts the copies of snapshots that are under way.
func (r *region) copying() int {
	n := 0
	for _, s := range r.snapshots.rows {
		if s.from != "" && s.state == "pending" {
			n++
		}
	}
	return n
}

// CopyImage makes a pending copy of an image, with copies of its snapshots. A client token makes one only.
func (c *Client) CopyImage(ctx context.Context, in *ec2.CopyImageInput, _ ...func(*ec2.Options)) (*ec2.CopyImageOutput, error) {
	return do(ctx, c, "CopyImage", false, func(r *region, _ bool) (*ec2.CopyImageOutput, error) {
		w := c.process.World
		original, exists := w.regions[*in.SourceRegion].images.rows[*in.SourceImageId]
		token := c.region + aws.ToString(in.ClientToken)
		switch {
		case len(aws.ToString(in.ClientToken)) > 64 || len(*in.Name) < 3 || len(*in.Name) > 128:
			return nil, apiError("InvalidParameterValue")
		case w.tokens[token] != "":
			return &ec2.CopyImageOutput{ImageId: aws.String(w.tokens[token])}, nil
		case !exists:
			return nil, apiError("InvalidAMIID.NotFound")
		case original.state != "available":
			return nil, apiError("InvalidAMIID.Unavailable")
		case *in.SourceRegion == c.region:
			w.broken("%s was copied within %s", original.id, c.region)
		case original.sourceInstance == "":
			w.broken("%s was copied, and is a copy itself", original.id)
		case r.copying() >= maxCopies:
			return nil, apiError("ResourceLimitExceeded")
		}
		i := image{id: w.newID("ami"), name: *in.Name, state: "pending", created: w.Now, sourceImage: original.id,
			sourceRegion: *in.SourceRegion, tags: specified(in.TagSpecifications, types.ResourceTypeImage)}
		for _, s := range strings.Fields(original.snapshots) {
			id := w.newID("snap")
			w.CopySnapshot(c.region, id, *in.SourceRegion, s, w.Now, specified(in.TagSpecifications, types.ResourceTypeSnapshot))
			i.snapshots += " " + id
		}
		w.put(c.region, i)
		w.tokens[token] = i.id
		return &ec2.CopyImageOutput{ImageId: aws.String(i.id)}, nil
	})
}

// Finish completes everything that is pending in a Region, as time does, and returns the ids of
// the snapshots and images that it completed.
func (w *World) Finish(in string) (finished []string) {
	r := w.regions[in]
	for _, id := range r.snapshots.ids() {
		if r.snapshots.rows[id].state == "pending" {
			w.SetSnapshotState(in, id, "completed")
			finished = append(finished, id)
		}
	}
	for _, id := range r.images.ids() {
		if r.images.rows[id].state == "pending" {
			w.SetState(in, id, "available")
			finished = append(finished, id)
		}
	}
	return finished
}

// CopiedFrom is what EBS knows of a snapshot that is a copy: its original.
func (w *World) CopiedFrom(in, id string) (region, original string) {
	region, original, _ = strings.Cut(w.regions[in].snapshots.rows[id].from, "/")
	return region, original
}
