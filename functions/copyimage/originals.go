package copyimage

import (
	"context"
	"time"

	"lastgood/shared/event"
	"lastgood/shared/pointer"
	"lastgood/shared/recovery"
)

// SourceRegionTimeout bounds how long another Region is waited for. It has to be short:
// a Region never needs another one to be alive.
const SourceRegionTimeout = 3 * time.Second

// Originals asks the Regions that copies were made from for the originals. It is best
// effort: no answer is an answer.
type Originals struct {
	Client  func(region string) pointer.EC2
	Timeout time.Duration
}

// Answers are what the Regions said. A Region without an entry gave no answer.
type Answers map[string]map[string]recovery.Point

// origin is what a copy was made from.
type origin struct{ region, image string }

// originOf goes by what EC2 says of the copy, and by the event only where EC2 does not say.
func originOf(e event.CopyImage, copied recovery.Point) origin {
	if copied.SourceImage != "" && copied.SourceRegion != "" {
		return origin{copied.SourceRegion, copied.SourceImage}
	}
	return origin{e.SourceRegion, e.SourceImageID}
}

// Ask asks each Region once for all originals there. A copy without an origin has nobody to ask.
func (o Originals) Ask(ctx context.Context, origins []origin) Answers {
	wanted := map[string][]string{}
	for _, from := range origins {
		if from.region != "" && from.image != "" {
			wanted[from.region] = append(wanted[from.region], from.image)
		}
	}
	answers := Answers{}
	for region, ids := range wanted {
		ctx, cancel := context.WithTimeout(ctx, o.Timeout)
		found, err := pointer.Images{EC2: o.Client(region), Region: region}.ByID(ctx, ids...)
		cancel()
		if err == nil {
			answers[region] = found
		}
	}
	return answers
}

// Of is an original, nil if there is none of ours, and whether its Region answered.
func (a Answers) Of(from origin) (original *recovery.Point, answered bool) {
	found, answered := a[from.region]
	if p, ok := found[from.image]; ok {
		original = &p
	}
	return original, answered
}
