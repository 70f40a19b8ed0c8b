package operator

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"lastgood/shared/pointer"
	"lastgood/shared/recovery"
)

// State is what became of the recovery point that a pointer names.
type State string

// The states.
const (
	Good         State = "good"
	Pending      State = "pending"
	Quarantined  State = "quarantined"
	Incomplete   State = "incomplete"   // a snapshot whose set is not all there, or no use in part
	Unusable     State = "unusable"     // disabled, failed or archived
	Deregistered State = "deregistered" // an image; or not this account's
	Deleted      State = "deleted"      // a snapshot; or not this account's
	Foreign      State = "foreign"      // a point of another source, or of nobody knows whom; or somebody's own parameter
	NoPointer    State = "no pointer"
)

// view is all that is known of one pointer in one Region.
type view struct {
	region  string
	source  string // an instance, a volume, or an alias
	sources []string
	points  []recovery.Point // of the sources
	claimed []recovery.Point // that only claim to be of the sources
	held    *types.Parameter // nil: there is no pointer
	named   *recovery.Point  // what the pointer names; nil: it does not exist
	sets    sets             // of the Region's snapshots; nil where nobody looked

	want       recovery.Point // the newest good one, its signature verified where the pointer names another
	forged     []string       // whose signature does not fit
	unverified error          // nobody could tell whether the signature of want fits
}

// conflict reports whether the parameter is somebody's own, which lastgood leaves alone.
func (v view) conflict() bool { return v.held != nil && !pointer.Store{}.Ours(v.source, *v.held) }

// point is the id that the pointer names; "" where there is none. What is somebody's own may be a secret.
func (v view) point() string {
	if v.held == nil || v.conflict() {
		return ""
	}
	return aws.ToString(v.held.Value)
}

func (v view) state() State {
	switch {
	case v.held == nil:
		return NoPointer
	case v.conflict():
		return Foreign
	case v.named == nil && recovery.IsSnapshotID(v.point()):
		return Deleted
	case v.named == nil:
		return Deregistered
	case !slices.Contains(v.sources, v.named.Source()):
		return Foreign
	case v.named.Quarantined():
		return Quarantined
	case v.named.State != recovery.Available && v.sets.lack(*v.named) != "":
		return Incomplete
	case v.named.State == recovery.Pending:
		return Pending
	case v.named.State != recovery.Available:
		return Unusable
	}
	return Good
}
