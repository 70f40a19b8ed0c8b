package recovery

import (
	"cmp"
	"slices"
	"time"
)

// The tags lastgood writes on, or reads from, a recovery point.
const (
	TagSourceID   = "lastgood:source-id"
	TagTakenAt    = "lastgood:taken-at"
	TagSignature  = "lastgood:signature"
	TagQuarantine = "lastgood:quarantine"
	TagCopiedFrom = "lastgood:copied-from" // <region>/<id>
)

// The tags of what a policy made, and of the copies of that.
const (
	TagPolicy     = "lastgood:policy"  // the policy's name
	TagRun        = "lastgood:run"     // see Run
	TagAttempt    = "lastgood:attempt" // which attempt of the run made it, from 1
	TagSetSize    = "lastgood:set-size"
	TagPreScript  = "lastgood:pre-script"  // Success or Failure
	TagPostScript = "lastgood:post-script" // Success or Failure
	// TagBacks is on the snapshots that an image of a run consists of: they come and go with the image,
	// and are no points by themselves.
	TagBacks = "lastgood:backs"
	// TagLeftover is on the snapshots of an image that retention deregisters: when, in RFC 3339. What of
	// them EC2 leaves behind may be deleted. Empty where nothing came of it.
	TagLeftover = "lastgood:leftover"
)

// What scripts ended with, in the words of Data Lifecycle Manager.
const (
	Success = "SUCCESS"
	Failure = "FAILED"
)

// Tags written by others that say where an image came from.
const (
	tagBackupSource = "aws:backup:source-resource" // AWS Backup; nobody else can write aws: tags
	tagDLMInstance  = "instance-id"                // Data Lifecycle Manager; anybody can write it
)

// State is how far a recovery point is in its life. States only go forward,
// except that a disabled image can be enabled again.
type State string

// The states, in the order of a point's life.
const (
	Pending   State = "pending"
	Available State = "available"
	Gone      State = "gone" // failed, disabled, deregistered: nothing to restore from
)

// Before reports whether s comes before t in a point's life.
func (s State) Before(t State) bool {
	order := []State{Pending, Available, Gone}
	return slices.Index(order, s) < slices.Index(order, t)
}

// Point is one recovery point as EC2 describes it.
type Point struct {
	ID           string
	Region       string
	Name         string
	State        State
	Created      time.Time // CreationDate or StartTime of this very point, also for a copy
	OriginalOf   string    // the instance or volume it was taken from, EC2's own word; empty on copies and on images older than the field
	SourceImage  string    // what it was copied from, if it is a copy
	SourceRegion string    // the Region of SourceImage
	Tags         map[string]string
	// Held says who holds the point so that it may not be deleted: "protected from deregistration",
	// "archived", "disabled". Empty where nobody does.
	Held string
	// Snapshots are what an image consists of, and goes with.
	Snapshots []string
}

// Original reports whether EC2 itself says what the point was taken from.
func (p Point) Original() bool { return p.OriginalOf != "" }

// Quarantined reports whether a person marked the point as not good.
func (p Point) Quarantined() bool {
	_, marked := p.Tags[TagQuarantine]
	return marked
}

// Source is whose point it is, going by EC2, or else by a tag with a signature, which
// is still to be verified: it says where to look, and moves nothing by itself.
func (p Point) Source() string {
	if p.Original() {
		return p.OriginalOf
	}
	if p.Tags[TagSignature] != "" {
		return p.claimedSource()
	}
	return ""
}

// claimedSource is the source that a tag names, if p can be a point of it.
func (p Point) claimedSource() string {
	if source := p.Tags[TagSourceID]; IsSourceID(source) && IsVolumeID(source) == isSnapshot(p.ID) {
		return source
	}
	return ""
}

// TakenAt is the point's age: of an original its creation, whatever a tag says; of
// anything else the signed time of its original. It is the zero time where there is
// no such tag, or one that cannot be: a copy is never older than what it was made from.
func (p Point) TakenAt() time.Time {
	if p.Original() {
		return p.Created
	}
	t, err := time.Parse(time.RFC3339Nano, p.Tags[TagTakenAt])
	if err != nil || t.After(p.Created) {
		return time.Time{}
	}
	return t
}

// candidate reports whether p could be restored from as a point of any of the sources,
// its signature aside.
func (p Point) candidate(sources []string, included func(name string) bool) bool {
	return p.State == Available && !p.Quarantined() && slices.Contains(sources, p.Source()) && !p.TakenAt().IsZero() &&
		p.eligible(included)
}

// eligible reports whether p may be what a pointer names at all: an image of a name that
// is included, a snapshot that a policy made. The snapshots of an image vanish with it.
func (p Point) eligible(included func(name string) bool) bool {
	if isSnapshot(p.ID) {
		return p.Tags[TagPolicy] != "" && p.Tags[TagRun] != ""
	}
	return included(p.Name)
}

// Newest is the newest good point of source. Of equally old ones an original goes before
// its copies and the earlier copy before the later: who copies an image displaces none. What it
// returns for a point that is not an original holds only if the signature does.
func Newest(points []Point, source string, included func(name string) bool) (Point, bool) {
	return NewestOf(points, []string{source}, included)
}

// NewestOf is the newest good point of any of the sources.
func NewestOf(points []Point, sources []string, included func(name string) bool) (Point, bool) {
	good := slices.Collect(func(yield func(Point) bool) {
		for _, p := range points {
			if p.candidate(sources, included) && !yield(p) {
				return
			}
		}
	})
	if len(good) == 0 {
		return Point{}, false
	}
	return slices.MaxFunc(good, older), true
}

// older orders points from the oldest to the newest.
func older(a, b Point) int {
	return cmp.Or(
		a.TakenAt().Compare(b.TakenAt()),
		originals(a)-originals(b),
		b.Created.Compare(a.Created),
		cmp.Compare(a.ID, b.ID))
}

func originals(p Point) int {
	if p.Original() {
		return 1
	}
	return 0
}
