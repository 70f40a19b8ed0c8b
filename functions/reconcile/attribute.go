package reconcile

import (
	"context"

	"lastgood/shared/attest"
	"lastgood/shared/pointer"
	"lastgood/shared/recovery"
	"lastgood/shared/telemetry"
)

// attributed is what became of the images whose source was in question.
type attributed struct {
	contradicting int // whose tags or signature do not fit the evidence; corrected where the truth is known
	left          int // there was no time for
	errs          []error
}

// attribute finds out and signs whose the images at these places are, and puts right what
// their tags say against the evidence. It adds to images what it wrote on them.
func (h Handler) attribute(ctx context.Context, images []recovery.Point, places []int, over func() bool) (result attributed) {
	origins := make([]attest.Origin, len(places))
	for n, i := range places {
		origins[n] = attest.OriginOf(images[i])
	}
	answers := h.Originals.Ask(ctx, origins)
	for n, i := range places {
		if over() {
			result.left = len(places) - n
			return result
		}
		original, answered := answers.Of(origins[n])
		attested, err := h.Attestor.Attest(ctx, images[i], false, original)
		if err != nil {
			result.errs = append(result.errs, err)
			continue
		}
		if attested.Source != "" {
			images[i].Tags = attested.On(images[i].Tags)
			if attested.Contradicted {
				result.contradicting++
			}
			continue
		}
		if images[i].Source() != "" { // by a signature that does not fit
			result.contradicting++
		}
		if !answered && origins[n] != (attest.Origin{}) {
			h.Metrics.Count(telemetry.ImagesUnresolved)
			continue
		}
		h.Metrics.Count(pointer.Unattributed(map[string]recovery.Point{images[i].ID: images[i]}, images[i].ID, false).Metrics...)
	}
	return result
}
