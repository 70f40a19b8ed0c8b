package event

import (
	"encoding/json"
	"fmt"
	"strings"

	"lastgood/shared/recovery"
)

// SnapshotState is an "EBS Snapshot Notification" of a snapshot that was created or copied, or
// an "EBS Multi-Volume Snapshots Completion Status" of a set that was created. Best effort;
// without a word of tags.
// https://docs.aws.amazon.com/ebs/latest/userguide/ebs-cloud-watch-events.html#snapshot-events
type SnapshotState struct {
	Meta
	Snapshots []SnapshotChange // at least one; all that one call made
}

// SnapshotChange is what became of one snapshot.
type SnapshotChange struct {
	ID    string
	State recovery.State
	// OriginalRegion and Original say what a copy was made of. Only AWS writes that. Empty on what is no copy.
	OriginalRegion, Original string
}

// What the events of snapshots are called.
const (
	snapshotNotification = "EBS Snapshot Notification"
	snapshotsCompletion  = "EBS Multi-Volume Snapshots Completion Status"
)

type snapshotDetail struct {
	Event     string         `json:"event"`
	Result    string         `json:"result"`
	Snapshots []snapshotPart `json:"snapshots"` // of createSnapshots
	snapshotPart
}

type snapshotPart struct {
	SnapshotID string `json:"snapshot_id"` // an ARN
	Source     string `json:"source"`      // an ARN
	Status     string `json:"status"`
}

// snapshotStates are what a result says of one snapshot, and a status of one in a set.
var snapshotStates = map[string]recovery.State{
	"succeeded": recovery.Available, "completed": recovery.Available,
	"failed": recovery.Gone, "error": recovery.Gone,
	"pending": recovery.Pending,
}

// DecodeSnapshotState reads the events of snapshots that were created or copied.
func DecodeSnapshotState(raw []byte) (SnapshotState, error) {
	e, err := envelope(raw, snapshotNotification)
	if e.DetailType == snapshotsCompletion {
		e, err = envelope(raw, snapshotsCompletion)
	}
	if err != nil {
		return SnapshotState{Meta: metaOf(e, e.DetailType)}, err
	}
	var d snapshotDetail
	if err := json.Unmarshal(e.Detail, &d); err != nil {
		return SnapshotState{Meta: metaOf(e, e.DetailType)}, fmt.Errorf("decoding the detail of event %s: %w", e.ID, err)
	}
	state := SnapshotState{Meta: metaOf(e, d.Event)}
	switch {
	case d.Event == "" || d.Result == "":
		return state, fmt.Errorf("decoding event %s: event or result is missing", e.ID)
	case d.Event != "createSnapshot" && d.Event != "createSnapshots" && d.Event != "copySnapshot":
		return state, NotForUs("the event " + d.Event)
	case d.Event != "createSnapshots":
		d.Status = d.Result
		d.Snapshots = []snapshotPart{d.snapshotPart}
	case len(d.Snapshots) == 0:
		return state, fmt.Errorf("decoding event %s: snapshots is missing", e.ID)
	}
	for _, part := range d.Snapshots {
		change, err := part.change(d.Event == "copySnapshot")
		if err != nil {
			return SnapshotState{Meta: state.Meta}, fmt.Errorf("decoding event %s: %w", e.ID, err)
		}
		if change.State == "" {
			return SnapshotState{Meta: state.Meta}, NotForUs(fmt.Sprintf("the state %q", part.Status))
		}
		state.Snapshots = append(state.Snapshots, change)
	}
	return state, nil
}

func (p snapshotPart) change(copied bool) (SnapshotChange, error) {
	_, id := endOf(p.SnapshotID)
	c := SnapshotChange{ID: id, State: snapshotStates[p.Status]}
	if !recovery.IsSnapshotID(c.ID) {
		return c, fmt.Errorf("snapshot_id %q names no snapshot", p.SnapshotID)
	}
	if copied {
		c.OriginalRegion, c.Original = endOf(p.Source)
		if c.OriginalRegion == "" || !recovery.IsSnapshotID(c.Original) {
			return c, fmt.Errorf("source %q names no snapshot of a Region", p.Source)
		}
	}
	return c, nil
}

// endOf is an ARN's Region and the id at its end. The documented ones are malformed: they have
// the Region where the account belongs, and no account.
func endOf(arn string) (region, id string) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" || parts[2] != "ec2" {
		return "", ""
	}
	for _, part := range parts[3:5] {
		if regionCode.MatchString(part) {
			region = part
			break
		}
	}
	return region, arn[strings.LastIndex(arn, "/")+1:]
}
