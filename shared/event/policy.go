package event

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"lastgood/shared/recovery"
)

// Due says that a policy is to run: EventBridge Scheduler's word, or a person's.
type Due struct {
	Meta
	Policy    string
	Scheduled time.Time // the time that the schedule meant, whenever the message arrives
	Targets   []string  // only these of the policy's targets; empty for all of them
}

// Capture asks for one run of a policy on one target.
type Capture struct {
	Meta
	Run recovery.Run
}

// DecodeDue reads {"policy": …, "scheduled": …, "targets": […]}.
func DecodeDue(raw []byte) (Due, error) {
	var e dueMessage
	if err := json.Unmarshal(raw, &e); err != nil {
		return Due{}, fmt.Errorf("decoding that a policy is due: %w", err)
	}
	d := Due{Meta: Meta{Name: "policy " + e.Policy + " is due"}, Policy: e.Policy, Targets: e.Targets}
	if e.Policy == "" {
		return d, errors.New(`decoding that a policy is due: "policy" does not say which`)
	}
	for _, target := range e.Targets {
		if !recovery.IsSourceID(target) {
			return d, fmt.Errorf("decoding that policy %s is due: the target %q is neither an instance nor a volume", e.Policy, target)
		}
	}
	var err error
	d.Scheduled, err = scheduledTime(e.Scheduled)
	d.Time = d.Scheduled
	if err != nil {
		return d, fmt.Errorf("decoding that policy %s is due: %w", e.Policy, err)
	}
	return d, nil
}

// DecodeCapture reads {"policy": …, "scheduled": …, "target": …}.
func DecodeCapture(raw []byte) (Capture, error) {
	var e captureMessage
	if err := json.Unmarshal(raw, &e); err != nil {
		return Capture{}, fmt.Errorf("decoding a capture: %w", err)
	}
	c := Capture{Meta: Meta{Name: "capture of " + e.Target + " by " + e.Policy}}
	scheduled, err := scheduledTime(e.Scheduled)
	if err != nil {
		return c, fmt.Errorf("decoding a capture: %w", err)
	}
	c.Time = scheduled
	run, ok := recovery.ParseRun(recovery.Run{Policy: e.Policy, Scheduled: scheduled, Target: e.Target}.String())
	if !ok {
		return c, fmt.Errorf("decoding a capture: policy %q and target %q make no run", e.Policy, e.Target)
	}
	c.ID, c.Run = run.String(), run
	return c, nil
}

// dueMessage is a policy that is due, on the queue of the function snapshot.
type dueMessage struct {
	Policy    string   `json:"policy"`
	Scheduled string   `json:"scheduled"`
	Targets   []string `json:"targets,omitempty"`
}

// EncodeDue writes what DecodeDue reads.
func EncodeDue(policy string, scheduled time.Time, targets ...string) (string, error) {
	body, err := json.Marshal(dueMessage{policy, scheduled.UTC().Format(time.RFC3339), targets})
	if err != nil {
		return "", fmt.Errorf("encoding that policy %s is due: %w", policy, err)
	}
	return string(body), nil
}

// captureMessage is a capture on its queue.
type captureMessage struct {
	Policy    string `json:"policy"`
	Scheduled string `json:"scheduled"`
	Target    string `json:"target"`
}

// EncodeCapture writes what DecodeCapture reads.
func EncodeCapture(run recovery.Run) (string, error) {
	body, err := json.Marshal(captureMessage{run.Policy, run.Scheduled.UTC().Format(time.RFC3339), run.Target})
	if err != nil {
		return "", fmt.Errorf("encoding the capture of run %s: %w", run, err)
	}
	return string(body), nil
}

// scheduledTime reads what Scheduler puts in the place of <aws.scheduler.scheduled-time>, in whole seconds.
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
func scheduledTime(s string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}, fmt.Errorf(`"scheduled" is %q, expected a time such as "2026-11-20T02:00:00Z"`, s)
	}
	return t.UTC().Truncate(time.Second), nil
}
