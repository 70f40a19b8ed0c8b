package main

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"lastgood/infra/bundle"
	"lastgood/infra/pattern"
	"lastgood/infra/permission"
	"lastgood/shared/config"
	"lastgood/shared/telemetry"
)

// What config.Environment reads; a test holds them together.
const (
	signingKeyVariable   = "SIGNING_KEY_ID"
	captureQueueVariable = "CAPTURE_QUEUE_URL"
)

type functionProps struct {
	Function      telemetry.Function
	Config        config.Config
	Bundle        string // the folder with the binary and its configuration
	SigningKeyARN string
	DeadLetters   awssqs.IQueue
	Queues        captureQueues
}

// newFunction is the one way in: what wakes it -> queue -> function, and what the
// function may do.
func newFunction(stack awscdk.Stack, p functionProps) (awslambda.Function, error) {
	own, ok := byFunction[p.Function]
	if !ok {
		return nil, fmt.Errorf("finding the settings of %s: there are none", p.Function)
	}
	scope := constructs.NewConstruct(stack, jsii.String(string(p.Function)))
	sources := newSources(scope, p, own)
	var queues []string
	for _, from := range sources {
		queues = append(queues, *from.queue.QueueArn())
	}
	logGroup := newLogGroup(scope, p.Function, p.Config.LogRetentionDays)
	role := newRole(scope, permission.For(p.Function, p.Config, permission.Place{
		Partition:    *stack.Partition(),
		Region:       *stack.Region(),
		Account:      *stack.Account(),
		Queues:       queues,
		CaptureQueue: *p.Queues.captures.QueueArn(),
		LogGroup:     *logGroup.LogGroupArn(),
		SigningKey:   p.SigningKeyARN,
	}))
	environment := map[string]*string{signingKeyVariable: jsii.String(p.SigningKeyARN)}
	if p.Function == telemetry.Snapshot {
		environment[captureQueueVariable] = p.Queues.captures.QueueUrl()
	}
	function := awslambda.NewFunction(scope, jsii.String("Function"), &awslambda.FunctionProps{
		FunctionName: jsii.String(p.Function.Name()),
		Description:  jsii.String(own.purpose),
		Runtime:      awslambda.Runtime_PROVIDED_AL2023(),
		Architecture: architecture(p.Config.Architecture),
		Handler:      jsii.String(bundle.Binary),
		Code:         awslambda.Code_FromAsset(jsii.String(p.Bundle), nil),
		MemorySize:   jsii.Number(own.memoryMB),
		Timeout:      awscdk.Duration_Seconds(jsii.Number(own.timeoutSeconds)),
		LogGroup:     logGroup,
		Role:         role,
		Environment:  &environment,
	})
	for _, from := range sources {
		newMapping(scope, function, from)
	}
	return function, nil
}

// newSources makes the queue that feeds a function, and what sends to it. Captures have
// queues of their own, which the function snapshot sends to.
func newSources(scope constructs.Construct, p functionProps, own settings) []source {
	if p.Function == telemetry.Capture {
		return []source{
			{"Mapping", p.Queues.captures, own.feed, p.Config.CaptureConcurrency},
			{"ThawMapping", p.Queues.thaws, thawFeed, maxConcurrency},
		}
	}
	queue := newQueue(scope, "Queue", p.Function.Name(), own.feed, p.DeadLetters)
	if events, ok := pattern.For(p.Function, p.Config); ok {
		newRule(scope, p.Function, events, queue, p.DeadLetters)
	}
	newSchedules(scope, schedules(p.Function, p.Config), queue, p.DeadLetters)
	return []source{{"Mapping", queue, own.feed, maxConcurrency}}
}

func architecture(a config.Architecture) awslambda.Architecture {
	if a == config.X8664 {
		return awslambda.Architecture_X86_64()
	}
	return awslambda.Architecture_ARM_64()
}
