package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"lastgood/shared/telemetry"
)

const (
	deadLetterDays = 14 // the longest that SQS keeps a message
	queueDays      = 4
)

// newDeadLetterQueue is where messages end that nobody could deliver or handle. SQS's
// own redrive brings them back.
func newDeadLetterQueue(scope constructs.Construct, id, name string) awssqs.Queue {
	return awssqs.NewQueue(scope, jsii.String(id), &awssqs.QueueProps{
		QueueName:       jsii.String(name),
		Encryption:      awssqs.QueueEncryption_SQS_MANAGED, // EventBridge cannot use the AWS-managed KMS key
		EnforceSSL:      jsii.Bool(true),
		RetentionPeriod: awscdk.Duration_Days(jsii.Number(deadLetterDays)),
	})
}

// newQueue is a queue that feeds a function. The CDK makes it FIFO if its name ends in .fifo.
func newQueue(scope constructs.Construct, id, name string, f feed, deadLetters awssqs.IQueue) awssqs.Queue {
	return awssqs.NewQueue(scope, jsii.String(id), &awssqs.QueueProps{
		QueueName:         jsii.String(name),
		Encryption:        awssqs.QueueEncryption_SQS_MANAGED,
		EnforceSSL:        jsii.Bool(true),
		RetentionPeriod:   awscdk.Duration_Days(jsii.Number(queueDays)),
		VisibilityTimeout: awscdk.Duration_Seconds(jsii.Number(f.visibilitySeconds)),
		DeadLetterQueue:   &awssqs.DeadLetterQueue{Queue: deadLetters, MaxReceiveCount: jsii.Number(f.maxReceives)},
	})
}

// captureQueues are the way of a capture, which is FIFO up to the end of it: the group is
// the target. Groups do not reach from one queue to the next, so a thaw ends what its own run
// froze, and nothing else.
type captureQueues struct{ captures, thaws awssqs.IQueue }

// newCaptureQueues hands what could not be captured on to be thawed, and what could not be
// thawed to a dead-letter queue of its own: an instance may still be frozen.
func newCaptureQueues(scope constructs.Construct) captureQueues {
	dead := newDeadLetterQueue(scope, "ThawDeadLetters", telemetry.ThawDeadLetters)
	thaws := newQueue(scope, "ThawQueue", telemetry.ThawQueue, thawFeed, dead)
	captures := newQueue(scope, "CaptureQueue", telemetry.CaptureQueue, byFunction[telemetry.Capture].feed, thaws)
	return captureQueues{captures, thaws}
}
