package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"lastgood/shared/telemetry"
)

// newLogGroup is a function's own log group, made before the function runs: one
// that Lambda makes by itself is kept forever.
func newLogGroup(scope constructs.Construct, f telemetry.Function, days int) awslogs.LogGroup {
	group := awslogs.NewLogGroup(scope, jsii.String("LogGroup"), &awslogs.LogGroupProps{
		LogGroupName:  jsii.String("/aws/lambda/" + f.Name()),
		RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
	})
	// The construct wants the name of a step, the configuration has its days.
	group.Node().DefaultChild().(awslogs.CfnLogGroup).SetRetentionInDays(jsii.Number(days))
	return group
}
