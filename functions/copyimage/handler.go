// Package copyimage is the function that hears of images being copied into its Region.
package copyimage

import (
	"context"
	"log/slog"
	"time"

	"lastgood/shared/attest"
	"lastgood/shared/event"
	"lastgood/shared/inventory"
	"lastgood/shared/pointer"
	"lastgood/shared/recovery"
	"lastgood/shared/telemetry"
)

// Handler answers CloudTrail's CopyImage. EC2 does not say of which instance a copy is,
// so the handler finds it out while the truth is at hand, and signs it: from then on the
// copy stays attributed though its original be gone or its original's Region down.
type Handler struct {
	Images    inventory.Images
	Originals attest.Originals
	Attestor  attest.Attestor
	Settler   *pointer.Settler
	Now       func() time.Time
}

// Handle attributes and signs every copy, and settles their sources, once each. It
// costs one DescribeImages for the batch, and one for each Region copied from.
func (h Handler) Handle(ctx context.Context, batch []event.CopyImage) []telemetry.Outcome {
	outcomes := make([]telemetry.Outcome, len(batch))
	ids := make([]string, len(batch))
	for i, e := range batch {
		ids[i] = e.ImageID
	}
	images, err := h.Images.ByID(ctx, ids...)
	if err != nil {
		for i := range outcomes {
			outcomes[i] = telemetry.Failed(err)
		}
		return outcomes
	}
	origins := make([]attest.Origin, len(batch))
	for i, e := range batch {
		origins[i] = originOf(e, images[e.ImageID])
	}
	answers := h.Originals.Ask(ctx, origins)
	var settle pointer.Batch
	attested := make([]attest.Attestation, len(batch))
	for i, e := range batch {
		fresh := pointer.Fresh(h.Now(), e.Time)
		image, shown := images[e.ImageID]
		if !shown {
			outcomes[i] = pointer.Unattributed(images, e.ImageID, fresh)
			continue
		}
		original, answered := answers.Of(origins[i])
		attested[i], err = h.Attestor.Attest(ctx, image, e.ByBackup, original)
		switch {
		case err != nil:
			outcomes[i] = telemetry.Failed(err).With(slog.String(telemetry.FieldImageID, e.ImageID))
		case attested[i].Source != "":
			settle.Add(i, attested[i].Source, pointer.Hint{
				Image: e.ImageID, State: recovery.Pending, Fresh: fresh, Tags: attested[i].Written})
		case !answered && origins[i].Region != "":
			outcomes[i] = unresolved(e.ImageID, origins[i].Region)
		default:
			outcomes[i] = pointer.Unattributed(images, e.ImageID, fresh)
		}
	}
	settle.Settle(ctx, h.Settler, func(i int, o telemetry.Outcome) {
		o.Metrics = append(o.Metrics, attested[i].Metrics()...)
		outcomes[i] = o.With(
			slog.String(telemetry.FieldImageID, batch[i].ImageID),
			slog.String(telemetry.FieldEvidence, string(attested[i].By)))
	})
	return outcomes
}

// originOf goes by what EC2 says of the copy, and by the event only where EC2 does not say.
func originOf(e event.CopyImage, copied recovery.Point) attest.Origin {
	if o := attest.OriginOf(copied); o != (attest.Origin{}) {
		return o
	}
	return attest.Origin{Region: e.SourceRegion, Image: e.SourceImageID}
}

// unresolved is the outcome for a copy whose original's Region gave no answer. It is
// none to fail for: that Region may be the one that is down.
func unresolved(image, region string) telemetry.Outcome {
	return telemetry.Outcome{
		Name:    telemetry.OutcomeUnresolved,
		Reason:  "no answer from " + region + ", where its original is",
		Metrics: []telemetry.Metric{telemetry.ImagesUnresolved},
	}.With(slog.String(telemetry.FieldImageID, image))
}
