package operator

import (
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"lastgood/shared/config"
	"lastgood/shared/pointer"
	"lastgood/shared/recovery"
)

// Standing is how one pointer stands in one Region.
type Standing struct {
	Source         string    `json:"source"`               // an instance, a volume, or an alias
	SourceName     string    `json:"sourceName,omitempty"` // of an instance or a volume that still exists, its tag Name
	Region         string    `json:"region"`
	Parameter      string    `json:"parameter"`
	Point          string    `json:"point,omitempty"` // what it names; nothing where there is no pointer
	Name           string    `json:"name,omitempty"`  // of an image
	Run            string    `json:"run,omitempty"`   // of a policy, that made it
	Scripts        string    `json:"scripts,omitempty"`
	State          State     `json:"state"`
	Copy           bool      `json:"copy"`
	TakenAt        time.Time `json:"takenAt,omitzero"`
	AgeSeconds     int64     `json:"ageSeconds"`
	CopyLagSeconds int64     `json:"copyLagSeconds"` // of a copy: from when its original was taken until the pointer was written
	Warnings       []Warning `json:"warnings"`
	Notes          []string  `json:"notes"` // there is nothing to act on with them
}

// Warning is something to act on, or to wait for.
type Warning struct {
	Kind    WarningKind `json:"kind"`
	Text    string      `json:"text"`
	Command string      `json:"command,omitempty"` // what mends it
}

// WarningKind is a warning in a word.
type WarningKind string

// The warnings.
const (
	WarnDangling    WarningKind = "dangling"
	WarnUnsettled   WarningKind = "unsettled"
	WarnUnconfirmed WarningKind = "unconfirmed"
	WarnWrongKind   WarningKind = "wrong-kind"
	WarnConflict    WarningKind = "conflict"
	WarnStale       WarningKind = "stale"
	WarnPending     WarningKind = "pending"
	WarnIncomplete  WarningKind = "incomplete"
	WarnClaimed     WarningKind = "claimed"
	WarnQuarantined WarningKind = "quarantined"
	WarnForged      WarningKind = "forged"
	WarnUnverified  WarningKind = "unverified"
)

// standing judges a pointer. It is about nothing if there is neither a pointer nor a warning.
func (v view) standing(c config.Config, now time.Time) (s Standing, about bool) {
	s = Standing{Source: v.source, Region: v.region, State: v.state(), Point: v.point(), Warnings: []Warning{}, Notes: []string{}}
	if v.named != nil {
		s.Name, s.Copy, s.TakenAt = v.named.Name, !v.named.Original(), v.named.TakenAt()
		s.Run, s.Scripts = v.named.Tags[recovery.TagRun], verdict(*v.named)
	}
	if !s.TakenAt.IsZero() {
		s.AgeSeconds = int64(now.Sub(s.TakenAt).Seconds())
		if s.Copy {
			s.CopyLagSeconds = int64(aws.ToTime(v.held.LastModifiedDate).Sub(s.TakenAt).Seconds())
		}
	}
	for _, warning := range []*Warning{
		v.dangling(), v.unsettled(c), v.inConflict(), v.wrongKind(c), v.stale(c, now), v.underway(now), v.onlyClaimed(), v.isForged(), v.isUnverified(),
	} {
		if warning != nil {
			s.Warnings = append(s.Warnings, *warning)
		}
	}
	if text := v.quarantined(); text != "" && v.fine() {
		s.Notes = append(s.Notes, text)
	} else if text != "" {
		s.Warnings = append(s.Warnings, Warning{WarnQuarantined, text + ". " + removal(v.points[0].ID) + " what is bad; what was marked by mistake comes back with lastgood release", ""})
	}
	return s, v.held != nil || len(s.Warnings) > 0
}

func (v view) dangling() *Warning {
	if v.held == nil || v.conflict() || v.want.ID != "" {
		return nil
	}
	next := "Make an image of " + strings.Join(v.sources, " or ") + ", or copy one to " + v.region
	if recovery.IsVolumeID(v.source) {
		next = "Run a policy that captures " + v.source
	}
	return &Warning{WarnDangling, pointer.Result{Move: pointer.Dangling}.Outcome().Reason + ". " + next, ""}
}

// unsettled covers unconfirmed: a value that Parameter Store has still to validate looks
// the same as one that was never written.
func (v view) unsettled(c config.Config) *Warning {
	if v.want.ID == "" || v.point() == v.want.ID || v.conflict() {
		return nil
	}
	settle := "lastgood settle " + v.sources[0]
	if c.Parameter.DataType == config.EC2Image && recovery.IsImageID(v.want.ID) {
		return &Warning{WarnUnconfirmed, "the newest good image is " + v.want.ID + ", which Parameter Store has still to validate, or refused, or was never given", settle}
	}
	return &Warning{WarnUnsettled, "the newest good " + noun(v.want.ID) + " is " + v.want.ID + "; the next reconcile writes it", settle}
}

// inConflict says it as the functions log it.
func (v view) inConflict() *Warning {
	if !v.conflict() {
		return nil
	}
	return &Warning{WarnConflict, pointer.Result{Move: pointer.Conflict}.Outcome().Reason, ""}
}

func (v view) wrongKind(c config.Config) *Warning {
	if v.held == nil || v.conflict() || (pointer.Store{Parameter: c.Parameter}).Right(v.source, *v.held) {
		return nil
	}
	return &Warning{
		WarnWrongKind,
		fmt.Sprintf("the parameter is a %s of data type %s, version %d, which is not what the configuration says; reconcile recreates it", v.held.Type, aws.ToString(v.held.DataType), v.held.Version),
		"lastgood settle " + v.sources[0],
	}
}

// stale is for sources that are still being backed up: an instance that is gone, or that
// was imaged once, has no age to keep.
func (v view) stale(c config.Config, now time.Time) *Warning {
	watch := recovery.Watch{MaxAge: c.MaxPointerAge.Std(), RetireAfter: c.RetireAfter.Std()}
	if v.named == nil || !watch.Stale(v.named.TakenAt(), v.points, now) {
		return nil
	}
	text, command := "older than "+c.MaxPointerAge.String()+", though it was backed up regularly: look whether its backups still run", ""
	if v.named.Tags[recovery.TagRun] != "" {
		command = "lastgood doctor"
	}
	return &Warning{WarnStale, text, command}
}

// underway is about the newest point that is newer than what the pointer names, and not good yet.
func (v view) underway(now time.Time) *Warning {
	var newest recovery.Point
	for _, p := range v.points {
		if p.State != recovery.Available && !p.Quarantined() && (p.State == recovery.Pending || v.sets.lack(p) != "") && (v.named == nil || p.TakenAt().After(v.named.TakenAt())) && p.TakenAt().After(newest.TakenAt()) {
			newest = p
		}
	}
	if newest.ID == "" {
		return nil
	}
	if lack := v.sets.lack(newest); lack != "" {
		return &Warning{WarnIncomplete, fmt.Sprintf("%s of run %s is newer, and no use by itself: %s", newest.ID, newest.Tags[recovery.TagRun], lack), ""}
	}
	return &Warning{WarnPending, fmt.Sprintf("%s is newer, and has been pending for %s", newest.ID, Age(now.Sub(newest.Created))), ""}
}

func (v view) onlyClaimed() *Warning {
	if len(v.points) > 0 || len(v.claimed) == 0 {
		return nil
	}
	newest := v.claimed[0]
	for _, p := range v.claimed {
		if p.Created.After(newest.Created) {
			newest = p
		}
	}
	_, by := recovery.Claimed(newest)
	which := newest.ID
	if n := len(v.claimed); n > 1 {
		which += fmt.Sprintf(", the newest of %d,", n)
	}
	return &Warning{
		WarnClaimed,
		fmt.Sprintf("no %s is known to be of it; %s claims to be, by its %s, which proves nothing", noun(newest.ID), which, by),
		"lastgood accept " + newest.ID,
	}
}

// quarantined says what is, or nothing.
func (v view) quarantined() string {
	n, newest := 0, recovery.Point{}
	for _, p := range v.points {
		if p.Quarantined() {
			n++
			if newest.ID == "" || p.TakenAt().After(newest.TakenAt()) {
				newest = p
			}
		}
	}
	switch n {
	case 0:
		return ""
	case 1:
		return newest.ID + " is quarantined: " + newest.Tags[recovery.TagQuarantine]
	}
	return fmt.Sprintf("%d %ss are quarantined; the newest, %s: %s", n, noun(newest.ID), newest.ID, newest.Tags[recovery.TagQuarantine])
}

// fine reports whether the pointer names the newest good point: what is quarantined is in nobody's way then.
func (v view) fine() bool { return v.want.ID != "" && v.point() == v.want.ID && v.state() == Good }

func (v view) isForged() *Warning {
	if len(v.forged) == 0 {
		return nil
	}
	return &Warning{
		WarnForged, "passed over, because the signature does not fit: " + strings.Join(v.forged, ", ") + ". Who tagged it?",
		"aws cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,AttributeValue=CreateTags --region " + v.region,
	}
}

func (v view) isUnverified() *Warning {
	if v.unverified == nil {
		return nil
	}
	return &Warning{WarnUnverified, v.unverified.Error(), ""}
}
