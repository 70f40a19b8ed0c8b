package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"

	"lastgood/shared/recovery"
)

// errHeld is why EC2 refuses to delete something that is not to be deleted.
var errHeld = errors.New("EC2 keeps it")

// prune deletes the sets that go, the oldest first. The rest of a set of which EC2 keeps a part stays as well.
func (k *Keeper) prune(ctx context.Context, r *Result) {
	for i, d := range slices.Backward(r.Decisions) {
		if !d.Delete {
			continue
		}
		for _, p := range d.Points {
			left, err := k.delete(ctx, p)
			r.Leftover = append(r.Leftover, left...)
			if errors.Is(err, errHeld) {
				r.Decisions[i].Delete, r.Decisions[i].Reason = false, err.Error()
				break
			}
			if err != nil {
				r.Failed = append(r.Failed, err)
				break
			}
			r.Pruned = append(r.Pruned, p.ID)
		}
	}
}

// delete deletes a snapshot, or an image with its snapshots, which are marked first. What is gone already is no error;
// left are those of an image's snapshots that EC2 did not delete.
func (k *Keeper) delete(ctx context.Context, p recovery.Point) (left []string, err error) {
	if recovery.IsSnapshotID(p.ID) {
		_, err := k.EC2.DeleteSnapshot(ctx, &ec2.DeleteSnapshotInput{SnapshotId: &p.ID})
		return nil, deleted(p.ID, err)
	}
	if err := k.mark(ctx, k.Now().UTC().Format(time.RFC3339), p.Snapshots...); err != nil {
		return nil, fmt.Errorf("deregistering %s: %w", p.ID, err)
	}
	out, err := k.EC2.DeregisterImage(ctx, &ec2.DeregisterImageInput{ImageId: &p.ID, DeleteAssociatedSnapshots: aws.Bool(true)})
	if out != nil {
		for _, s := range out.DeleteSnapshotResults {
			if s.ReturnCode != types.SnapshotReturnCodesSuccess {
				left = append(left, fmt.Sprintf("%s of %s: %s", aws.ToString(s.SnapshotId), p.ID, s.ReturnCode))
			}
		}
	}
	return left, deleted(p.ID, err)
}

// deleted is what the answer to deleting something means.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
func deleted(id string, err error) error {
	switch {
	case err == nil || isCode(err, "InvalidSnapshot.NotFound", "InvalidAMIID.NotFound", "InvalidAMIID.Unavailable"):
		return nil
	case isCode(err, "InvalidSnapshot.InUse", "SnapshotLocked", "OperationNotPermitted"):
		return fmt.Errorf("%w: deleting %s: %w", errHeld, id, err)
	}
	return fmt.Errorf("deleting %s: %w", id, err)
}

func isCode(err error, codes ...string) bool {
	api, is := errors.AsType[smithy.APIError](err)
	return is && slices.Contains(codes, api.ErrorCode())
}
