// Package createimage is the function that hears of images being made.
package createimage

import (
	"context"
	"log/slog"
	"time"

	"lastgood/shared/event"
	"lastgood/shared/inventory"
	"lastgood/shared/pointer"
	"lastgood/shared/recovery"
	"lastgood/shared/telemetry"
)

// Handler answers CloudTrail's CreateImage: whose the image is stands in the event, or
// else EC2 says it. The image is hardly ever usable yet; its pointer moves when its
// state event comes, or now, if that one came first.
type Handler struct {
	Images  inventory.Images
	Settler *pointer.Settler
	Now     func() time.Time
}

// Handle settles the source of every image, once each.
func (h Handler) Handle(ctx context.Context, batch []event.CreateImage) []telemetry.Outcome {
	outcomes := make([]telemetry.Outcome, len(batch))
	images, err := h.withoutRequest(ctx, batch)
	var settle pointer.Batch
	for i, e := range batch {
		source, _ := recovery.Attest(recovery.Facts{EventInstance: e.InstanceID, Image: images[e.ImageID]})
		fresh := pointer.Fresh(h.Now(), e.Time)
		switch {
		case source != "":
			settle.Add(i, source, pointer.Hint{Image: e.ImageID, State: recovery.Pending, Fresh: fresh})
		case err != nil:
			outcomes[i] = telemetry.Failed(err)
		default:
			outcomes[i] = pointer.Unattributed(images, e.ImageID, fresh)
		}
	}
	settle.Settle(ctx, h.Settler, func(i int, o telemetry.Outcome) {
		outcomes[i] = o.With(slog.String(telemetry.FieldImageID, batch[i].ImageID))
	})
	return outcomes
}

// withoutRequest describes, in one call, the images whose event does not name the
// instance because CloudTrail left the request out.
func (h Handler) withoutRequest(ctx context.Context, batch []event.CreateImage) (map[string]recovery.Point, error) {
	var ids []string
	for _, e := range batch {
		if e.InstanceID == "" {
			ids = append(ids, e.ImageID)
		}
	}
	return h.Images.ByID(ctx, ids...)
}
