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

// signingKeyVariable is what config.Environment reads; a test holds them together.
const signingKeyVariable = "SIGNING_KEY_ID"

type functionProps struct {
	Function      telemetry.Function
	Config        config.Config
	Bundle        string // the folder with the binary and its configuration
	SigningKeyARN string
	DeadLetters   awssqs.IQueue
}

// newFunction is the one way in: rule or schedule -> queue -> function, and what the
// function may do.
func newFunction(stack awscdk.Stack, p functionProps) (awslambda.Function, error) {
	own, ok := byFunction[p.Function]
	if !ok {
		return nil, fmt.Errorf("finding the settings of %s: there are none", p.Function)
	}
	scope := constructs.NewConstruct(stack, jsii.String(string(p.Function)))
	queue := newQueue(scope, p.Function, own, p.DeadLetters)
	events, onEvents := pattern.For(p.Function)
	input, onSchedule := pattern.Input(p.Function)
	switch {
	case onEvents:
		newRule(scope, p.Function, events, queue, p.DeadLetters)
	case onSchedule:
		newSchedule(scope, scheduleProps{
			Function: p.Function, Every: p.Config.ReconcileEvery, Input: input, Queue: queue, DeadLetters: p.DeadLetters,
		})
	default:
		return nil, fmt.Errorf("finding what wakes %s: nothing does", p.Function)
	}

	logGroup := newLogGroup(scope, p.Function, p.Config.LogRetentionDays)
	role := newRole(scope, permission.For(p.Function, p.Config, permission.Place{
		Partition:  *stack.Partition(),
		Region:     *stack.Region(),
		Account:    *stack.Account(),
		Queue:      *queue.QueueArn(),
		LogGroup:   *logGroup.LogGroupArn(),
		SigningKey: p.SigningKeyARN,
	}))
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
		Environment:  &map[string]*string{signingKeyVariable: jsii.String(p.SigningKeyARN)},
	})
	newMapping(scope, function, queue, own)
	return function, nil
}

func architecture(a config.Architecture) awslambda.Architecture {
	if a == config.X8664 {
		return awslambda.Architecture_X86_64()
	}
	return awslambda.Architecture_ARM_64()
}
