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

	"lastgood/infra/pattern"
	"lastgood/shared/config"
	"lastgood/shared/telemetry"
)

// A message that the schedule could not deliver for an hour is given up: newer ones
// have said the same since, or a capture would be of another time than it says.
const scheduleRetrySeconds = 3600

// A schedule sends a message to a function's queue, again and again.
type schedule struct {
	id, name, description string
	expression            string
	timezone              string // "" where the expression has no clock
	input                 string
}

// schedules are those that wake a function; none if it is not woken by any.
//
// A rate without a start date "starts invoking the target immediately", so reconcile's
// first message is sent right after the deployment, and that run is the backfill:
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#rate-based
func schedules(f telemetry.Function, c config.Config) []schedule {
	if input, ok := pattern.Input(f); ok {
		return []schedule{{id: "Schedule", name: f.Name(), description: "Wakes " + f.Name(), expression: rate(c.ReconcileEvery), input: input}}
	}
	if f != telemetry.Snapshot {
		return nil
	}
	var all []schedule
	for _, p := range c.Policies {
		all = append(all, schedule{
			id: "Schedule-" + p.Name, name: telemetry.PolicySchedule(p.Name), description: "Runs lastgood's policy " + p.Name,
			expression: p.Schedule, timezone: p.Timezone, input: pattern.PolicyInput(p.Name),
		})
	}
	return all
}

// newSchedules makes a function's schedules, with the one role that they share.
func newSchedules(scope constructs.Construct, all []schedule, queue, deadLetters awssqs.IQueue) {
	if len(all) == 0 {
		return
	}
	role := newScheduleRole(scope, queue, deadLetters)
	for _, s := range all {
		props := &awsscheduler.CfnScheduleProps{
			Name:               jsii.String(s.name),
			Description:        jsii.String(s.description),
			ScheduleExpression: jsii.String(s.expression),
			FlexibleTimeWindow: &awsscheduler.CfnSchedule_FlexibleTimeWindowProperty{Mode: jsii.String("OFF")},
			State:              jsii.String("ENABLED"),
			Target: &awsscheduler.CfnSchedule_TargetProperty{
				Arn:              queue.QueueArn(),
				RoleArn:          role.RoleArn(),
				Input:            jsii.String(s.input),
				DeadLetterConfig: &awsscheduler.CfnSchedule_DeadLetterConfigProperty{Arn: deadLetters.QueueArn()},
				RetryPolicy: &awsscheduler.CfnSchedule_RetryPolicyProperty{
					MaximumEventAgeInSeconds: jsii.Number(scheduleRetrySeconds),
					MaximumRetryAttempts:     jsii.Number(retryAttempts),
				},
			},
		}
		if s.timezone != "" {
			props.ScheduleExpressionTimezone = jsii.String(s.timezone)
		}
		made := awsscheduler.NewCfnSchedule(scope, jsii.String(s.id), props)
		made.Node().AddDependency(role) // with its policy, as the first message may be sent at once
	}
}

// newScheduleRole lets EventBridge Scheduler send to the two queues, and only for
// schedules of this account's default group: it asks in the name of the group.
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
func newScheduleRole(scope constructs.Construct, queue, deadLetters awssqs.IQueue) awsiam.Role {
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
		Resources: &[]*string{queue.QueueArn(), deadLetters.QueueArn()},
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
