package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// maxConcurrency is the least that Lambda takes. Parameter Store takes a few puts a
// second: more functions at once would only be throttled more.
const maxConcurrency = 2

// A source is a queue that feeds a function.
type source struct {
	id          string // of the mapping
	queue       awssqs.IQueue
	feed        feed
	concurrency int // how many instances of the function it may keep busy
}

// newMapping lets Lambda poll the queue. A failed event comes back alone, not with
// its whole batch.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html
func newMapping(scope constructs.Construct, function awslambda.IFunction, from source) {
	props := &awslambda.EventSourceMappingProps{
		Target:                  function,
		EventSourceArn:          from.queue.QueueArn(),
		BatchSize:               jsii.Number(from.feed.batchSize),
		MaxConcurrency:          jsii.Number(from.concurrency),
		ReportBatchItemFailures: jsii.Bool(true),
	}
	if from.feed.windowSeconds > 0 { // FIFO queues have none
		props.MaxBatchingWindow = awscdk.Duration_Seconds(jsii.Number(from.feed.windowSeconds))
	}
	awslambda.NewEventSourceMapping(scope, jsii.String(from.id), props)
}
