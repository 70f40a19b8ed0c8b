package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseventstargets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"lastgood/infra/pattern"
	"lastgood/shared/telemetry"
)

// EventBridge's own limits of retrying a target, spelled out so that nobody has to
// look up what the default was:
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html
const (
	retryHours    = 24
	retryAttempts = 185
)

// newRule sends a function's events from the default bus to its queue. The CDK's
// target lets EventBridge send to both queues in this rule's name only.
func newRule(scope constructs.Construct, f telemetry.Function, p pattern.Pattern, queue, deadLetters awssqs.IQueue) {
	awsevents.NewRule(scope, jsii.String("Rule"), &awsevents.RuleProps{
		RuleName:    jsii.String(f.Name()),
		Description: jsii.String("What " + f.Name() + " is woken for"),
		EventPattern: &awsevents.EventPattern{
			Source:     jsii.Strings(p.Source...),
			DetailType: jsii.Strings(p.DetailType...),
			Detail:     &p.Detail,
		},
		Targets: &[]awsevents.IRuleTarget{
			awseventstargets.NewSqsQueue(queue, &awseventstargets.SqsQueueProps{
				DeadLetterQueue: deadLetters,
				MaxEventAge:     awscdk.Duration_Hours(jsii.Number(retryHours)),
				RetryAttempts:   jsii.Number(retryAttempts),
			}),
		},
	})
}
