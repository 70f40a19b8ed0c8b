package config

import (
	"slices"
	"time"

	"lastgood/shared/schedule"
)

// Policy says what is captured, when, how, for how long it is kept and where it is copied.
// It runs in every Region, on the targets that are found there.
type Policy struct {
	Name     string            `json:"name"`     // part of the names of schedules, documents and images
	Schedule string            `json:"schedule"` // cron(...) or at(...), as EventBridge Scheduler reads them
	Timezone string            `json:"timezone"` // an IANA name: the time zone of the schedule
	Target   Target            `json:"target"`
	Produce  Produce           `json:"produce"`
	Reboot   bool              `json:"reboot"` // images only: let EC2 reboot the instance
	Exclude  Exclude           `json:"exclude"`
	Scripts  *Scripts          `json:"scripts,omitzero"` // nil: none, the capture is crash-consistent
	Tags     map[string]string `json:"tags"`             // of the policy's own, on everything it makes
	CopyTags bool              `json:"copyTags"`         // of the source; never those of AWS or lastgood
	Retain   Retain            `json:"retain"`           // of originals, in whole sets for each source
	CopyTo   []CopyTo          `json:"copyTo"`
}

// Target says what a policy captures: what carries all of the tags, or the ids. One of the two is empty.
type Target struct {
	Type TargetType        `json:"type"`
	Tags map[string]string `json:"tags,omitempty"` // keys and values as they are, without wildcards
	IDs  []string          `json:"ids,omitempty"`
}

// TargetType is what a policy's targets are.
type TargetType string

const (
	// Instance targets are captured with all of their volumes at once, but for the excluded ones.
	Instance TargetType = "instance"
	// Volume targets are captured each by itself.
	Volume TargetType = "volume"
)

// Produce is what a capture makes.
type Produce string

const (
	// Snapshot is a set of snapshots of one moment: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSnapshots.html
	Snapshot Produce = "snapshot"
	// Image is an AMI. Instances only.
	Image Produce = "image"
)

// Exclude says which volumes of an instance are left out.
type Exclude struct {
	BootVolume bool              `json:"bootVolume"` // snapshots only
	VolumeTags map[string]string `json:"volumeTags"` // a data volume with any one of these is left out
}

// LeavesOut reports whether a volume with these tags is left out.
func (e Exclude) LeavesOut(boot bool, tags map[string]string) bool {
	if boot {
		return e.BootVolume
	}
	for key, value := range e.VolumeTags {
		if found, has := tags[key]; has && found == value {
			return true
		}
	}
	return false
}

// Scripts freeze and thaw the application around a capture: Pre and Post, or a Document
// in the contract of Data Lifecycle Manager.
// https://docs.aws.amazon.com/ebs/latest/userguide/automate-app-consistent-backups.html
type Scripts struct {
	Pre       string    `json:"pre,omitempty"`
	Post      string    `json:"post,omitempty"`
	Document  string    `json:"document,omitempty"` // the name of the user's own SSM Command document
	Timeout   Duration  `json:"timeout"`            // of either script, 10 seconds to 2 minutes
	Retries   int       `json:"retries"`            // after the first attempt, 0 to 3
	OnFailure OnFailure `json:"onFailure"`
}

// OnFailure says what is done when the application could not be frozen.
type OnFailure string

const (
	// CrashConsistent captures all the same.
	CrashConsistent OnFailure = "crash-consistent"
	// Skip captures nothing.
	Skip OnFailure = "skip"
)

// Retain says what is kept: the newest Count sets, or what is younger than Age and in any
// case the newest AtLeast sets. One of Count and Age is zero.
type Retain struct {
	Count   int      `json:"count,omitzero"`
	Age     Duration `json:"age,omitzero"`
	AtLeast int      `json:"atLeast,omitzero"` // with Age
}

// CopyTo is a Region that originals are copied to. What is there already is not copied.
type CopyTo struct {
	Region string `json:"region"`
	Retain Retain `json:"retain"` // of the copies
	KMSKey string `json:"kmsKey"` // ARN of a key or alias in that Region; "" for the Region's default
}

// Policy finds a policy by its name.
func (c Config) Policy(name string) (Policy, bool) {
	i := slices.IndexFunc(c.Policies, func(p Policy) bool { return p.Name == name })
	if i < 0 {
		return Policy{}, false
	}
	return c.Policies[i], true
}

// Next is the policy's first run after that moment, in the policy's time zone; false
// when there is none. See [schedule.Schedule.Next] for what a change of the clocks does.
func (p Policy) Next(after time.Time) (time.Time, bool) {
	zone, ok := zone(p.Timezone)
	s, err := schedule.Parse(p.Schedule)
	if !ok || err != nil { // Validate lets neither through
		return time.Time{}, false
	}
	return s.Next(after, zone)
}

// RetainIn is the rule for the policy's originals, or for its copies in that Region;
// false when the policy does not copy there.
func (p Policy) RetainIn(region string, copied bool) (Retain, bool) {
	if !copied {
		return p.Retain, true
	}
	i := slices.IndexFunc(p.CopyTo, func(to CopyTo) bool { return to.Region == region })
	if i < 0 {
		return Retain{}, false
	}
	return p.CopyTo[i].Retain, true
}
