package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"lastgood/shared/telemetry"
)

// maxConcurrency is the least that Lambda takes. Parameter Store takes a few puts a
// second: more functions at once would only be throttled more.
const maxConcurrency = 2

// batch says how many events one invocation gets, and how long Lambda gathers
// them for. A size over 10 needs a window of a second or more:
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html
type batch struct {
	size          int
	windowSeconds int
}

// batches differ because one listing of images serves many state changes, while
// each creation and each copy is asked about by itself.
var batches = map[telemetry.Function]batch{
	telemetry.CreateImage: {size: 10},
	telemetry.CopyImage:   {size: 10},
	telemetry.ImageState:  {size: 100, windowSeconds: 2},
}

// newMapping lets Lambda poll the queue. A failed event comes back alone, not with
// its whole batch.
func newMapping(scope constructs.Construct, function awslambda.IFunction, queue awssqs.IQueue, b batch) {
	awslambda.NewEventSourceMapping(scope, jsii.String("Mapping"), &awslambda.EventSourceMappingProps{
		Target:                  function,
		EventSourceArn:          queue.QueueArn(),
		BatchSize:               jsii.Number(b.size),
		MaxBatchingWindow:       awscdk.Duration_Seconds(jsii.Number(b.windowSeconds)),
		MaxConcurrency:          jsii.Number(maxConcurrency),
		ReportBatchItemFailures: jsii.Bool(true),
	})
}
