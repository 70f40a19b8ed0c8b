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
	ID             string
	Region         string
	Name           string
	State          State
	Created        time.Time // CreationDate of this very point, also for a copy
	SourceInstance string    // EC2's own word; empty on copies and on images older than the field
	SourceImage    string    // what it was copied from, if it is a copy
	SourceRegion   string    // the Region of SourceImage
	Tags           map[string]string
}

// Original reports whether EC2 itself says which instance the point was taken from.
func (p Point) Original() bool { return p.SourceInstance != "" }

// Quarantined reports whether a person marked the point as not good.
func (p Point) Quarantined() bool {
	_, marked := p.Tags[TagQuarantine]
	return marked
}

// Source is whose point it is, going by EC2, or else by a tag with a signature, which
// is still to be verified: it says where to look, and moves nothing by itself.
func (p Point) Source() string {
	if p.Original() {
		return p.SourceInstance
	}
	if source := p.Tags[TagSourceID]; IsInstanceID(source) && p.Tags[TagSignature] != "" {
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
	return p.State == Available && !p.Quarantined() && slices.Contains(sources, p.Source()) && included(p.Name) &&
		!p.TakenAt().IsZero()
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
