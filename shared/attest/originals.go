// Package attest finds out whose image it is where EC2 does not say, and signs that. It
// asks other Regions for the originals of copies, and waits for no answer.
package attest

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"lastgood/shared/inventory"
	"lastgood/shared/recovery"
)

// SourceRegionTimeout bounds how long another Region is waited for. It has to be short:
// a Region never needs another one to be alive.
const SourceRegionTimeout = 3 * time.Second

// Originals asks the Regions that copies were made from for the originals. It is best
// effort: no answer is an answer.
type Originals struct {
	Client  func(region string) ec2.DescribeImagesAPIClient
	Timeout time.Duration
}

// Answers are the originals that Regions told of, nil for one that is none of ours. An
// origin without an entry got no answer.
type Answers map[Origin]*recovery.Point

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

// perCall is how many originals are asked for at once, each time within the timeout.
const perCall = 200

// Ask asks the Regions for the originals, a call for 200 of them. A copy without an origin
// has nobody to ask. A Region that does not answer once is not asked again.
func (o Originals) Ask(ctx context.Context, origins []Origin) Answers {
	return ask(ctx, o.Timeout, origins, func(ctx context.Context, region string, ids []string) (map[string]recovery.Point, error) {
		return inventory.Images{EC2: o.Client(region), Region: region}.ByID(ctx, ids...)
	})
}

// ask asks each Region by find, which is called with some ids at a time.
func ask(ctx context.Context, timeout time.Duration, origins []Origin, find func(context.Context, string, []string) (map[string]recovery.Point, error)) Answers {
	wanted := map[string][]string{}
	for _, from := range origins {
		if from.Region != "" && from.Image != "" {
			wanted[from.Region] = append(wanted[from.Region], from.Image)
		}
	}
	answers := Answers{}
	for region, ids := range wanted {
		for some := range slices.Chunk(ids, perCall) {
			ctx, cancel := context.WithTimeout(ctx, timeout)
			found, err := find(ctx, region, some)
			cancel()
			if err != nil {
				break
			}
			for _, id := range some {
				answers[Origin{region, id}] = nil
				if p, ours := found[id]; ours {
					answers[Origin{region, id}] = &p
				}
			}
		}
	}
	return answers
}

// Of is an original, nil if there is none of ours, and whether its Region answered.
func (a Answers) Of(from Origin) (original *recovery.Point, answered bool) {
	original, answered = a[from]
	return original, answered
}
