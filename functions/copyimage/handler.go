// Package copyimage is the function that hears of images being copied into its Region.
package copyimage

import (
	"context"
	"log/slog"
	"time"

	"lastgood/shared/event"
	"lastgood/shared/pointer"
	"lastgood/shared/recovery"
	"lastgood/shared/telemetry"
)

// Handler answers CloudTrail's CopyImage. EC2 does not say of which instance a copy is,
// so the handler finds it out while the truth is at hand, and signs it: from then on the
// copy stays attributed though its original be gone or its original's Region down.
type Handler struct {
	Images        pointer.Images
	Originals     Originals
	Attestor      Attestor
	Settler       *pointer.Settler
	TrustsClaimed bool // whether what is only claimed counts as attested
	Now           func() time.Time
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
	origins := make([]origin, len(batch))
	for i, e := range batch {
		origins[i] = originOf(e, images[e.ImageID])
	}
	answers := h.Originals.Ask(ctx, origins)
	var settle pointer.Batch
	attested := make([]Attestation, len(batch))
	for i, e := range batch {
		fresh := pointer.Fresh(h.Now(), e.Time)
		image, shown := images[e.ImageID]
		if !shown {
			outcomes[i] = pointer.Unattributed(images, e.ImageID, fresh)
			continue
		}
		original, answered := answers.Of(origins[i])
		attested[i], err = h.attest(ctx, e, image, original)
		switch {
		case err != nil:
			outcomes[i] = telemetry.Failed(err).With(slog.String(telemetry.FieldImageID, e.ImageID))
		case attested[i].Source != "":
			settle.Add(i, attested[i].Source, pointer.Hint{
				Image: e.ImageID, State: recovery.Pending, Fresh: fresh, Tags: attested[i].Written})
		case !answered && origins[i].region != "":
			outcomes[i] = unresolved(e.ImageID, origins[i].region)
		default:
			outcomes[i] = pointer.Unattributed(images, e.ImageID, fresh)
		}
	}
	settle.Settle(ctx, h.Settler, func(i int, o telemetry.Outcome) {
		o.Metrics = append(o.Metrics, attested[i].metrics()...)
		outcomes[i] = o.With(
			slog.String(telemetry.FieldImageID, batch[i].ImageID),
			slog.String(telemetry.FieldEvidence, string(attested[i].By)))
	})
	return outcomes
}

// attest finds out whose copy it is, and signs that.
func (h Handler) attest(ctx context.Context, e event.CopyImage, image recovery.Point, original *recovery.Point) (Attestation, error) {
	signed, err := recovery.Verify(ctx, h.Attestor.Signer, image)
	if err != nil {
		return Attestation{}, err
	}
	source, by := recovery.Attest(recovery.Facts{ByBackup: e.ByBackup, Image: image, Signed: signed, Original: original})
	if source == "" && h.TrustsClaimed {
		source, by = recovery.Claimed(image)
	}
	if source == "" {
		return Attestation{}, nil
	}
	return h.Attestor.Attest(ctx, source, by, image, signed, original)
}

// unresolved is the outcome for a copy whose original's Region gave no answer. It is
// none to fail for: that Region may be the one that is down.
func unresolved(image, region string) telemetry.Outcome {
	return telemetry.Outcome{
		Name:    "unresolved",
		Reason:  "no answer from " + region + ", where its original is",
		Metrics: []telemetry.Metric{telemetry.ImagesUnresolved},
	}.With(slog.String(telemetry.FieldImageID, image))
}
