// Package pattern holds what each function is woken for: the EventBridge event patterns,
// which let nothing through that it would only throw away, and what a schedule says.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
package pattern

import (
	"lastgood/shared/config"
	"lastgood/shared/telemetry"
)

// Pattern is an event pattern in the shape that EventBridge takes.
type Pattern struct {
	Source     []string       `json:"source"`
	DetailType []string       `json:"detail-type"`
	Detail     map[string]any `json:"detail"`
}

// patterns has one pattern per event function.
var patterns = map[telemetry.Function]Pattern{
	telemetry.CreateImage: call("CreateImage"),
	telemetry.CopyImage:   call("CopyImage"),
	telemetry.ImageState: {
		Source:     []string{"aws.ec2"},
		DetailType: []string{"EC2 AMI State Change"},
		Detail:     map[string]any{"State": []any{"available", "failed", "deregistered", "disabled"}},
	},
	telemetry.SnapshotState: {
		Source:     []string{"aws.ec2"},
		DetailType: []string{"EBS Snapshot Notification", "EBS Multi-Volume Snapshots Completion Status"},
		Detail:     map[string]any{"event": []any{"createSnapshot", "createSnapshots", "copySnapshot"}},
	},
}

// For is the pattern of the events that f handles.
func For(f telemetry.Function, c config.Config) (Pattern, bool) {
	if f == telemetry.Rollout {
		return pointersOf(c.Parameter.Prefix), true
	}
	p, ok := patterns[f]
	return p, ok
}

// inputs has what a schedule sends to each function that is woken by one.
var inputs = map[telemetry.Function]string{
	telemetry.Reconcile: `{"reconcile":"scheduled"}`,
	telemetry.Rollout:   `{"reconcile":"scheduled"}`,
}

// Input is the message that f's schedule sends, as JSON.
func Input(f telemetry.Function) (string, bool) {
	input, ok := inputs[f]
	return input, ok
}

// PolicyInput is the message that a policy's schedule sends, as JSON. Scheduler puts the time
// that it means in the place of the attribute; an encoder would write its < as \u003c. A
// policy's name has nothing that needs to be escaped.
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
func PolicyInput(policy string) string {
	return `{"policy":"` + policy + `","scheduled":"<aws.scheduler.scheduled-time>"}`
}

// pointersOf matches the changes of the pointers of instances below a prefix. With the prefix "/" a name is the bare id, with or
// without the slash. A value that Parameter Store does not take comes with an exception, and changes nothing.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/monitoring-systems-manager-event-examples.html#SSM-Parameter-Store-event-types
func pointersOf(prefix string) Pattern {
	names := []any{map[string]any{"prefix": prefix + "i-"}}
	if prefix == "/" {
		names = append(names, map[string]any{"prefix": "i-"})
	}
	return Pattern{
		Source:     []string{"aws.ssm"},
		DetailType: []string{"Parameter Store Change"},
		Detail: map[string]any{
			"operation": []any{"Create", "Update", "Delete"},
			"name":      names,
			"exception": []any{map[string]any{"exists": false}},
		},
	}
}

// call matches successful calls of one EC2 action, as CloudTrail reports them. A
// failed call and a dry run carry an errorCode. Other services have actions of
// the same name (AppStream's CreateImage), hence the eventSource:
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
func call(action string) Pattern {
	return Pattern{
		Source:     []string{"aws.ec2"},
		DetailType: []string{"AWS API Call via CloudTrail"},
		Detail: map[string]any{
			"eventSource": []any{"ec2.amazonaws.com"},
			"eventName":   []any{action},
			"errorCode":   []any{map[string]any{"exists": false}},
		},
	}
}
