// Package imagestate is the function that hears of images becoming usable, and of their end.
package imagestate

import (
	"context"
	"log/slog"
	"time"

	"lastgood/shared/event"
	"lastgood/shared/inventory"
	"lastgood/shared/lifecycle"
	"lastgood/shared/pointer"
	"lastgood/shared/recovery"
	"lastgood/shared/telemetry"
)

// Handler answers EC2's AMI state changes: an image became usable, or stopped being so.
// The event does not say whose image it is. EC2 does, or the tag that copyimage signed;
// of a deregistered image nothing is left but the pointer that names it.
type Handler struct {
	Images     inventory.Images
	Parameters pointer.ListSSM
	Settler    *pointer.Settler
	Keeper     *lifecycle.Keeper // for the images of policies
	Now        func() time.Time
}

// Handle settles the source of every image, once each, and copies and prunes where the image is of a
// policy. It costs one DescribeImages for the batch, and one listing of the pointers if any image in
// it is deregistered.
func (h Handler) Handle(ctx context.Context, batch []event.ImageState) []telemetry.Outcome {
	outcomes := make([]telemetry.Outcome, len(batch))
	images, err := h.Images.ByID(ctx, ids(batch)...)
	if err != nil {
		for i := range outcomes {
			outcomes[i] = telemetry.Failed(err)
		}
		return outcomes
	}
	var settle pointer.Batch
	var keep lifecycle.Batch
	var vanished []int // events of images that nothing is left of
	for i, e := range batch {
		image, shown := images[e.ImageID]
		fresh := pointer.Fresh(h.Now(), e.Time)
		switch source := image.Source(); {
		case source != "":
			settle.Add(i, source, pointer.Hint{Image: e.ImageID, State: e.State, Fresh: fresh})
			if e.State == recovery.Available {
				keep.Add(i, image)
			}
		case shown || e.State != recovery.Gone:
			// A copy whose CopyImage event is still to come; or one that is nobody's.
			outcomes[i] = pointer.Unattributed(images, e.ImageID, fresh && e.State != recovery.Gone)
		default:
			vanished = append(vanished, i)
		}
	}
	h.trace(ctx, batch, vanished, outcomes, &settle)
	settle.Settle(ctx, h.Settler, func(i int, o telemetry.Outcome) {
		outcomes[i] = o.With(slog.String(telemetry.FieldImageID, batch[i].ImageID))
	})
	keep.Keep(ctx, h.Keeper, outcomes)
	for i, e := range batch {
		if image := images[e.ImageID]; e.Name == "failed" && image.Tags[recovery.TagCopiedFrom] != "" {
			outcomes[i].Metrics = append(outcomes[i].Metrics, telemetry.CopiesFailed)
		}
	}
	return outcomes
}

func ids(batch []event.ImageState) []string {
	ids := make([]string, len(batch))
	for i, e := range batch {
		ids[i] = e.ImageID
	}
	return ids
}
