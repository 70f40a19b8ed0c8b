package main

import (
	"fmt"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsscheduler"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"lastgood/shared/config"
	"lastgood/shared/telemetry"
)

// A message that the schedule could not deliver for an hour is given up: newer ones
// have said the same since.
const scheduleRetrySeconds = 3600

type scheduleProps struct {
	Function           telemetry.Function
	Every              config.Duration // whole minutes
	Input              string
	Queue, DeadLetters awssqs.IQueue
}

// newSchedule sends the same message to a function's queue, again and again. A rate
// without a start date "starts invoking the target immediately", so its first message
// is sent right after the deployment, and that run is the backfill:
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#rate-based
func newSchedule(scope constructs.Construct, p scheduleProps) {
	role := newScheduleRole(scope, p)
	schedule := awsscheduler.NewCfnSchedule(scope, jsii.String("Schedule"), &awsscheduler.CfnScheduleProps{
		Name:               jsii.String(p.Function.Name()),
		Description:        jsii.String("Wakes " + p.Function.Name()),
		ScheduleExpression: jsii.String(rate(p.Every)),
		FlexibleTimeWindow: &awsscheduler.CfnSchedule_FlexibleTimeWindowProperty{Mode: jsii.String("OFF")},
		State:              jsii.String("ENABLED"),
		Target: &awsscheduler.CfnSchedule_TargetProperty{
			Arn:              p.Queue.QueueArn(),
			RoleArn:          role.RoleArn(),
			Input:            jsii.String(p.Input),
			DeadLetterConfig: &awsscheduler.CfnSchedule_DeadLetterConfigProperty{Arn: p.DeadLetters.QueueArn()},
			RetryPolicy: &awsscheduler.CfnSchedule_RetryPolicyProperty{
				MaximumEventAgeInSeconds: jsii.Number(scheduleRetrySeconds),
				MaximumRetryAttempts:     jsii.Number(retryAttempts),
			},
		},
	})
	schedule.Node().AddDependency(role) // with its policy, as the first message is sent at once
}

// newScheduleRole lets EventBridge Scheduler send to the two queues, and only for
// schedules of this account's default group: it asks in the name of the group.
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
func newScheduleRole(scope constructs.Construct, p scheduleProps) awsiam.Role {
	stack := awscdk.Stack_Of(scope)
	group := stack.FormatArn(&awscdk.ArnComponents{
		Service: jsii.String("scheduler"), Resource: jsii.String("schedule-group"), ResourceName: jsii.String("default"),
	})
	role := awsiam.NewRole(scope, jsii.String("ScheduleRole"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("scheduler.amazonaws.com"), &awsiam.ServicePrincipalOpts{
			Conditions: &map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": stack.Account(), "aws:SourceArn": group}},
		}),
	})
	role.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions:   jsii.Strings("sqs:SendMessage"),
		Resources: &[]*string{p.Queue.QueueArn(), p.DeadLetters.QueueArn()},
	}))
	return role
}

// rate is a duration as schedules say it. One minute is "1 minute", never "1 minutes".
func rate(every config.Duration) string {
	if minutes := int(every.Std() / time.Minute); minutes != 1 {
		return fmt.Sprintf("rate(%d minutes)", minutes)
	}
	return "rate(1 minute)"
}
