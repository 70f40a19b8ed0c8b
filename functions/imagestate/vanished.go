package imagestate

import (
	"context"
	"log/slog"
	"maps"
	"slices"

	"lastgood/shared/config"
	"lastgood/shared/event"
	"lastgood/shared/pointer"
	"lastgood/shared/recovery"
	"lastgood/shared/telemetry"
)

// trace finds the sources of images that nothing is left of, by the pointers that name
// them. The pointers are listed once, and only if there is such an image.
//
// Where an earlier attempt died between deleting and recreating a pinned pointer, nothing
// names the source any more. So an event that comes again, or late (out of the dead-letter
// queue), looks for sources that have an image and no pointer as well.
func (h Handler) trace(ctx context.Context, batch []event.ImageState, vanished []int, outcomes []telemetry.Outcome, settle *pointer.Batch) {
	if len(vanished) == 0 {
		return
	}
	pointers, err := pointer.List(ctx, h.Parameters, pointer.Names(h.Settler.Store.Parameter.Prefix))
	named := make(map[string][]string, len(pointers))
	for _, source := range slices.Sorted(maps.Keys(pointers)) {
		named[pointers[source]] = append(named[pointers[source]], source)
	}
	var orphans []string
	if err == nil && slices.ContainsFunc(vanished, func(i int) bool { return h.late(batch[i]) && named[batch[i].ImageID] == nil }) {
		orphans, err = h.withoutPointer(ctx, pointers)
	}
	for _, i := range vanished {
		e := batch[i]
		sources := named[e.ImageID]
		if sources == nil && h.late(e) {
			sources = orphans
		}
		outcomes[i] = telemetry.Outcome{Name: telemetry.OutcomeNotNamed, Reason: "no pointer names the image"}
		if err != nil {
			outcomes[i] = telemetry.Failed(err)
		}
		outcomes[i] = outcomes[i].With(slog.String(telemetry.FieldImageID, e.ImageID))
		for _, source := range sources {
			settle.Add(i, source, pointer.Hint{Image: e.ImageID, State: e.State, Fresh: pointer.Fresh(h.Now(), e.Time)})
		}
	}
}

// late reports whether somebody may have died over the event, in the one mode in which
// that can leave a source without its pointer.
func (h Handler) late(e event.ImageState) bool {
	return h.Settler.Store.Parameter.Versioning == config.Pinned && (e.Redelivered || !pointer.Fresh(h.Now(), e.Time))
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
