package imagestate

import (
	"context"
	"log/slog"
	"slices"

	"lastgood/shared/event"
	"lastgood/shared/pointer"
	"lastgood/shared/recovery"
	"lastgood/shared/telemetry"
)

// trace finds the sources of images that nothing is left of, by the pointers that name
// them. The pointers are listed once, and only if there is such an image.
//
// Where an earlier delivery died between deleting and recreating a pinned pointer, nothing
// names the source any more. So an event that comes again looks for sources that have an
// image and no pointer as well.
func (h Handler) trace(ctx context.Context, batch []event.ImageState, vanished []int, outcomes []telemetry.Outcome, settle *pointer.Batch) {
	if len(vanished) == 0 {
		return
	}
	pointers, err := pointer.List(ctx, h.Parameters, h.Prefix)
	if err != nil {
		for _, i := range vanished {
			outcomes[i] = telemetry.Failed(err)
		}
		return
	}
	named := make(map[string]string, len(pointers))
	for source, image := range pointers {
		named[image] = source
	}
	for _, i := range vanished {
		e := batch[i]
		hint := pointer.Hint{Image: e.ImageID, State: e.State, Fresh: pointer.Fresh(h.Now(), e.Time)}
		sources, err := []string{named[e.ImageID]}, error(nil)
		if sources[0] == "" && e.Redelivered {
			sources, err = h.withoutPointer(ctx, pointers)
		}
		outcomes[i] = telemetry.Outcome{Name: "not-named", Reason: "no pointer names the image"}
		if err != nil {
			outcomes[i] = telemetry.Failed(err)
		}
		outcomes[i] = outcomes[i].With(slog.String(telemetry.FieldImageID, e.ImageID))
		for _, source := range sources {
			if source != "" {
				settle.Add(i, source, hint)
			}
		}
	}
}

// withoutPointer lists the sources that have an image and no pointer.
func (h Handler) withoutPointer(ctx context.Context, pointers map[string]string) ([]string, error) {
	images, err := h.Images.All(ctx)
	if err != nil {
		return nil, err
	}
	var sources []string
	for _, p := range images {
		if _, has := pointers[p.Source()]; !has && p.Source() != "" && p.State == recovery.Available {
			sources = append(sources, p.Source())
		}
	}
	slices.Sort(sources)
	return slices.Compact(sources), nil
}
