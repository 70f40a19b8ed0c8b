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

// Ask asks each Region once for all originals there.
func (o Originals) Ask(ctx context.Context, copies []event.CopyImage) Answers {
	wanted := map[string][]string{}
	for _, c := range copies {
		if c.SourceRegion != "" && c.SourceImageID != "" {
			wanted[c.SourceRegion] = append(wanted[c.SourceRegion], c.SourceImageID)
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

// Of is the original of a copy, nil if there is none of ours, and whether its Region answered.
func (a Answers) Of(c event.CopyImage) (original *recovery.Point, answered bool) {
	found, answered := a[c.SourceRegion]
	if p, ok := found[c.SourceImageID]; ok {
		original = &p
	}
	return original, answered
}
