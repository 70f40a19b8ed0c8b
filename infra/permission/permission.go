// Package permission is the table of what each function may do. infra makes IAM
// policies of it; whoever watches a function's real calls can hold them against it.
package permission

import (
	"slices"

	"lastgood/shared/config"
	"lastgood/shared/telemetry"
)

// Place is where a function runs and what belongs to it. The values may be CDK
// tokens: nothing here looks into them.
type Place struct {
	Partition, Region, Account string
	Queues                     []string // ARNs of the queues that feed the function
	CaptureQueue               string   // ARN of the queue of captures
	LogGroup                   string   // ARN of the function's own log group, with its streams
	SigningKey                 string   // ARN of the Region's key
}

// Statement allows actions on resources.
type Statement struct {
	Actions    []string
	Resources  []string
	Conditions map[string]map[string]any
	// Reason says why Resources is "*", and is empty where it is not.
	Reason string
}

// For lists what f may do at a place.
func For(f telemetry.Function, c config.Config, at Place) []Statement {
	statements := []Statement{
		{Actions: []string{"logs:CreateLogStream", "logs:PutLogEvents"}, Resources: []string{at.LogGroup}},
		consume(at),
	}
	switch f {
	case telemetry.CreateImage:
		statements = append(statements, settle(c, at)...)
	case telemetry.CopyImage:
		statements = append(statements, settle(c, at)...)
		statements = append(statements, sign(at, "image/*")...)
	case telemetry.ImageState:
		statements = append(statements, settle(c, at)...)
		statements = append(statements, listPointers(c, at)...)
		statements = append(statements, keep(c, at)...)
		if len(c.Policies) > 0 && c.Parameter.Prefix != "/" { // there it is part of listing
			statements = append(statements, readPointers(c, at))
		}
	case telemetry.SnapshotState:
		statements = append(statements, settle(c, at)...)
		statements = append(statements, describe("ec2:DescribeSnapshots"), readPointers(c, at))
		statements = append(statements, sign(at, "snapshot/*")...)
		statements = append(statements, keep(c, at)...)
	case telemetry.Rollout:
		statements = append(statements, rollOut(c, at)...)
	case telemetry.Snapshot:
		statements = append(statements, queueCaptures(at)...)
	case telemetry.Capture:
		statements = append(statements, capture(at)...)
		statements = append(statements, runScripts(c, at)...)
	case telemetry.Reconcile:
		statements = append(statements, settle(c, at)...)
		statements = append(statements, describe("ec2:DescribeSnapshots"))
		statements = append(statements, sign(at, "image/*", "snapshot/*")...)
		statements = append(statements, keep(c, at)...)
		statements = append(statements, lookUpCopies(c)...)
		statements = append(statements, listPointers(c, at)...)
		if c.Parameter.Prefix != "/" { // there it is part of listing
			statements = append(statements, readPointers(c, at))
		}
	}
	return statements
}

// Actions lists, sorted, the actions that f may call.
func Actions(f telemetry.Function, c config.Config) []string {
	var actions []string
	for _, s := range For(f, c, Place{}) {
		actions = append(actions, s.Actions...)
	}
	slices.Sort(actions)
	return slices.Compact(actions)
}

// parameter is the ARN of a parameter whose full name begins with "/".
func (at Place) parameter(name string) string {
	return "arn:" + at.Partition + ":ssm:" + at.Region + ":" + at.Account + ":parameter" + name
}
