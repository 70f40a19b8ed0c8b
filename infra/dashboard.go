package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/jsii-runtime-go"

	"lastgood/infra/signal"
	"lastgood/shared/config"
)

// newDashboard is the page an on-call person opens first.
func newDashboard(stack awscdk.Stack, c config.Config) error {
	body, err := signal.Dashboard(c, signal.Place{Partition: *stack.Partition(), Region: *stack.Region(), Account: *stack.Account()})
	if err != nil {
		return err
	}
	awscloudwatch.NewCfnDashboard(stack, jsii.String("Dashboard"), &awscloudwatch.CfnDashboardProps{
		DashboardName: jsii.String(signal.DashboardName(*stack.Region())),
		DashboardBody: jsii.String(body),
	})
	return nil
}
