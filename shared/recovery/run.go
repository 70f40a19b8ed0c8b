package recovery

import (
	"strings"
	"time"
)

// Run is one capture of a policy on one target. Whatever it made carries it as a tag, and
// a second delivery of the same capture finds it by that.
type Run struct {
	Policy    string
	Scheduled time.Time // the time that the schedule meant, in whole seconds
	Target    string    // the instance or volume
}

// String is the run as TagRun says it: policy/time/target.
func (r Run) String() string {
	return r.Policy + "/" + r.Scheduled.UTC().Format(time.RFC3339) + "/" + r.Target
}

// ParseRun reads what String writes.
func ParseRun(s string) (Run, bool) {
	parts := strings.Split(s, "/")
	if len(parts) != 3 || parts[0] == "" || !IsSourceID(parts[2]) {
		return Run{}, false
	}
	scheduled, err := time.Parse(time.RFC3339, parts[1])
	r := Run{parts[0], scheduled, parts[2]}
	return r, err == nil && r.String() == s
}

// ImageName is the name of the run's image. EC2 takes a name once in an account and Region,
// which is what keeps a run from making two.
func (r Run) ImageName() string {
	return "lastgood " + r.Policy + " " + r.Target + " " + r.Scheduled.UTC().Format("20060102T150405Z")
}
