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

const (
	memoryMB = 256
	// Enough for a full batch of moves, of about eight calls each, with Parameter Store
	// taking no more than three puts a second.
	timeoutSeconds = 120
	// signingKeyVariable is what config.Environment reads; a test holds them together.
	signingKeyVariable = "SIGNING_KEY_ID"
)

// purposes are the functions' descriptions in the console.
var purposes = map[telemetry.Function]string{
	telemetry.CreateImage: "Attributes a new image to its instance and settles the instance's pointer",
	telemetry.CopyImage:   "Attributes and signs a copied image with its original's age and settles the pointer",
	telemetry.ImageState:  "Settles pointers when an image becomes usable or stops being so",
}

type functionProps struct {
	Function      telemetry.Function
	Config        config.Config
	Bundle        string // the folder with the binary and its configuration
	SigningKeyARN string
	DeadLetters   awssqs.IQueue
}

// newFunction is the one way in: rule -> queue -> function, and what the function
// may do.
func newFunction(stack awscdk.Stack, p functionProps) (awslambda.Function, error) {
	events, ok := pattern.For(p.Function)
	if !ok {
		return nil, fmt.Errorf("finding the event pattern of %s: there is none", p.Function)
	}
	batch, ok := batches[p.Function]
	if !ok {
		return nil, fmt.Errorf("finding the batch size of %s: there is none", p.Function)
	}
	scope := constructs.NewConstruct(stack, jsii.String(string(p.Function)))
	queue := newQueue(scope, p.Function, p.DeadLetters)
	newRule(scope, p.Function, events, queue, p.DeadLetters)

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
		Description:  jsii.String(purposes[p.Function]),
		Runtime:      awslambda.Runtime_PROVIDED_AL2023(),
		Architecture: architecture(p.Config.Architecture),
		Handler:      jsii.String(bundle.Binary),
		Code:         awslambda.Code_FromAsset(jsii.String(p.Bundle), nil),
		MemorySize:   jsii.Number(memoryMB),
		Timeout:      awscdk.Duration_Seconds(jsii.Number(timeoutSeconds)),
		LogGroup:     logGroup,
		Role:         role,
		Environment:  &map[string]*string{signingKeyVariable: jsii.String(p.SigningKeyARN)},
	})
	newMapping(scope, function, queue, batch)
	return function, nil
}

func architecture(a config.Architecture) awslambda.Architecture {
	if a == config.X8664 {
		return awslambda.Architecture_X86_64()
	}
	return awslambda.Architecture_ARM_64()
}
