// Package attest finds out whose image it is where EC2 does not say, and signs that. It
// asks other Regions for the originals of copies, and waits for no answer.
package attest

import (
	"context"
	"time"

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

// Origin is what a copy was made from; the zero Origin where nobody knows.
type Origin struct{ Region, Image string }

// OriginOf is what EC2 says that a copy was made from. Of an image taken of an instance EC2
// names the image that the instance was launched from, which is none of its origin.
func OriginOf(copied recovery.Point) Origin {
	if copied.Original() || copied.SourceImage == "" || copied.SourceRegion == "" {
		return Origin{}
	}
	return Origin{copied.SourceRegion, copied.SourceImage}
}

// Ask asks each Region once for all originals there. A copy without an origin has nobody to ask.
func (o Originals) Ask(ctx context.Context, origins []Origin) Answers {
	wanted := map[string][]string{}
	for _, from := range origins {
		if from.Region != "" && from.Image != "" {
			wanted[from.Region] = append(wanted[from.Region], from.Image)
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
func (a Answers) Of(from Origin) (original *recovery.Point, answered bool) {
	found, answered := a[from.Region]
	if p, ok := found[from.Image]; ok {
		original = &p
	}
	return original, answered
}
