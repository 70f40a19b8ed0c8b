package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"lastgood/infra/permission"
)

// newRole is a function's own role. It has no managed policy: even
// AWSLambdaBasicExecutionRole may write to every log group of the account.
func newRole(scope constructs.Construct, statements []permission.Statement) awsiam.Role {
	role := awsiam.NewRole(scope, jsii.String("Role"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil),
	})
	for _, s := range statements {
		role.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Actions:    jsii.Strings(s.Actions...),
			Resources:  jsii.Strings(s.Resources...),
			Conditions: conditions(s.Conditions),
		}))
	}
	return role
}

func conditions(c map[string]map[string]any) *map[string]any {
	if len(c) == 0 {
		return nil
	}
	all := map[string]any{}
	for operator, keys := range c {
		all[operator] = keys
	}
	return &all
}
