package attest

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"lastgood/shared/inventory"
	"lastgood/shared/recovery"
)

// Snapshots attests copies of snapshots. EC2 does not say what a snapshot was copied from; an
// event of AWS does, or CloudTrail's history. The tag lastgood:copied-from only repeats it.
type Snapshots struct {
	Client   func(region string) ec2.DescribeSnapshotsAPIClient
	Timeout  time.Duration // how long another Region is waited for
	Attestor Attestor
}

// SnapshotResult is what is known of a copy from now on.
type SnapshotResult struct {
	Attestation
	// Unanswered says that the original's Region did not answer. That is an outcome, none to fail for.
	Unanswered bool
	Err        error
}

// Attest signs whose the copies are, and how old: what EC2 says of their originals. origins say by
// attested evidence what they were made from; a copy without an entry is attested only if it
// was signed before. One whose run is not its original's is none that lastgood made, and
// is not signed.
func (s Snapshots) Attest(ctx context.Context, copies []recovery.Point, origins map[string]Origin) map[string]SnapshotResult {
	asked := map[string]Origin{}
	for _, p := range copies {
		if from, known := origins[p.ID]; known {
			asked[p.ID] = from
		} else if from := claimedOrigin(p); s.Attestor.TrustsClaimed && from != (Origin{}) {
			asked[p.ID] = from
		}
	}
	answers := ask(ctx, s.Timeout, slices.Collect(maps.Values(asked)), func(ctx context.Context, region string, ids []string) (map[string]recovery.Point, error) {
		return inventory.Snapshots{EC2: s.Client(region), Region: region}.Each(ctx, ids...)
	})
	results := map[string]SnapshotResult{}
	for _, p := range copies {
		from, known := asked[p.ID]
		original, answered := answers.Of(from)
		if original != nil && !madeFrom(p, *original) {
			results[p.ID] = SnapshotResult{Attestation: Attestation{Contradicted: true}}
			continue
		}
		attested, err := s.Attestor.Attest(ctx, p, false, original)
		results[p.ID] = SnapshotResult{attested, attested.Source == "" && known && !answered, err}
	}
	return results
}

// madeFrom reports whether the tags of a copy are those it was given when lastgood made it.
func madeFrom(p, original recovery.Point) bool {
	for _, tag := range []string{recovery.TagPolicy, recovery.TagRun, recovery.TagAttempt, recovery.TagSetSize} {
		if p.Tags[tag] != original.Tags[tag] {
			return false
		}
	}
	return p.Tags[recovery.TagCopiedFrom] == original.Region+"/"+original.ID
}

// claimedOrigin is what a copy's tag says that it was made from. It proves nothing.
func claimedOrigin(p recovery.Point) Origin {
	region, id, ok := strings.Cut(p.Tags[recovery.TagCopiedFrom], "/")
	if !ok || !recovery.IsSnapshotID(id) {
		return Origin{}
	}
	return Origin{region, id}
}

// NeedsOrigin reports whether a snapshot is a copy of a run's that is not signed yet.
func NeedsOrigin(p recovery.Point) bool {
	return recovery.IsSnapshotID(p.ID) && !p.Original() && p.Tags[recovery.TagCopiedFrom] != "" &&
		p.Tags[recovery.TagRun] != "" && p.Tags[recovery.TagSignature] == ""
}
