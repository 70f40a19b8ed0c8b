package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"lastgood/shared/telemetry"
)

const (
	deadLetterQueueName = "lastgood-dead-letters"
	deadLetterDays      = 14 // the longest that SQS keeps a message
	queueDays           = 4

	// maxReceives is how often a message is tried: with the visibility timeout, for
	// half an hour at least. Fewer would also count deliveries that the mapping's
	// concurrency limit throttled: Lambda asks for 5 or more.
	// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
	maxReceives = 10
	// visibilitySeconds is how long a message that failed waits, and more than the function's
	// timeout with the batching window: a message must not come again while it is handled.
	visibilitySeconds = timeoutSeconds + 60
)

// newDeadLetterQueue is the one place in a Region where messages end that nobody
// could deliver or handle. SQS's own redrive brings them back.
func newDeadLetterQueue(scope constructs.Construct) awssqs.Queue {
	return awssqs.NewQueue(scope, jsii.String("DeadLetters"), &awssqs.QueueProps{
		QueueName:       jsii.String(deadLetterQueueName),
		Encryption:      awssqs.QueueEncryption_SQS_MANAGED, // EventBridge cannot use the AWS-managed KMS key
		EnforceSSL:      jsii.Bool(true),
		RetentionPeriod: awscdk.Duration_Days(jsii.Number(deadLetterDays)),
	})
}

// newQueue is the queue between a function's rule and the function.
func newQueue(scope constructs.Construct, f telemetry.Function, deadLetters awssqs.IQueue) awssqs.Queue {
	return awssqs.NewQueue(scope, jsii.String("Queue"), &awssqs.QueueProps{
		QueueName:         jsii.String(f.Name()),
		Encryption:        awssqs.QueueEncryption_SQS_MANAGED,
		EnforceSSL:        jsii.Bool(true),
		RetentionPeriod:   awscdk.Duration_Days(jsii.Number(queueDays)),
		VisibilityTimeout: awscdk.Duration_Seconds(jsii.Number(visibilitySeconds)),
		DeadLetterQueue:   &awssqs.DeadLetterQueue{Queue: deadLetters, MaxReceiveCount: jsii.Number(maxReceives)},
	})
}
