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

// newMapping lets Lambda poll the queue. A failed event comes back alone, not with
// its whole batch.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html
func newMapping(scope constructs.Construct, function awslambda.IFunction, queue awssqs.IQueue, own settings) {
	awslambda.NewEventSourceMapping(scope, jsii.String("Mapping"), &awslambda.EventSourceMappingProps{
		Target:                  function,
		EventSourceArn:          queue.QueueArn(),
		BatchSize:               jsii.Number(own.batchSize),
		MaxBatchingWindow:       awscdk.Duration_Seconds(jsii.Number(own.windowSeconds)),
		MaxConcurrency:          jsii.Number(maxConcurrency),
		ReportBatchItemFailures: jsii.Bool(true),
	})
}
