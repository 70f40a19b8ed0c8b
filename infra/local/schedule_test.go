package local

import (
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// scheduleStack is a queue and the schedules that send to it, or try to.
const scheduleStack = `{"Resources": {
  "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "woken"}},
  "Schedule": {"Type": "AWS::Scheduler::Schedule", "Properties": {
    "Name": "wakes", "ScheduleExpression": "rate(15 minutes)", "FlexibleTimeWindow": {"Mode": "OFF"},
    "Target": {"Arn": {"Fn::GetAtt": ["Queue", "Arn"]}, "RoleArn": "arn:aws:iam::123456789012:role/r",
      "Input": "{\"at\":\"<aws.scheduler.scheduled-time>\"}"}}}}}`

func TestFireSchedule_sends_its_input_with_the_time_to_its_queue(t *testing.T) {
	a := start(t, Options{})
	ctx, cfg := t.Context(), a.Config(region, AccessKey(Operator))
	_, err := cloudformation.NewFromConfig(cfg).CreateStack(ctx, &cloudformation.CreateStackInput{StackName: aws.String("s"), TemplateBody: aws.String(scheduleStack)})
	check(t, err)
	check(t, a.FireSchedule(ctx, region, "wakes"))

	queues := sqs.NewFromConfig(cfg)
	queue, err := queues.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String("woken")})
	check(t, err)
	got, err := queues.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: queue.QueueUrl, MaxNumberOfMessages: 10})
	check(t, err)
	equal(t, "messages", 1, len(got.Messages))
	if body := aws.ToString(got.Messages[0].Body); !regexp.MustCompile(`^\{"at":"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ"\}$`).MatchString(body) {
		t.Errorf("sent %s", body)
	}

	schedules := scheduler.NewFromConfig(cfg)
	for name, change := range map[string]scheduler.CreateScheduleInput{
		"is disabled":       {State: types.ScheduleStateDisabled, Target: &types.Target{Arn: aws.String("arn:aws:sqs:" + region + ":" + Account + ":woken")}},
		"is no queue":       {Target: &types.Target{Arn: aws.String("arn:aws:lambda:" + region + ":" + Account + ":function:f")}},
		"QueueDoesNotExist": {Target: &types.Target{Arn: aws.String("arn:aws:sqs:" + region + ":" + Account + ":nowhere")}},
	} {
		change.Name, change.ScheduleExpression = aws.String(strings.ReplaceAll(name, " ", "-")), aws.String("rate(1 hour)")
		change.FlexibleTimeWindow = &types.FlexibleTimeWindow{Mode: types.FlexibleTimeWindowModeOff}
		change.Target.RoleArn = aws.String("arn:aws:iam::" + Account + ":role/r")
		_, err := schedules.CreateSchedule(ctx, &change)
		check(t, err)
		if err := a.FireSchedule(ctx, region, *change.Name); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := a.FireSchedule(ctx, region, "unknown"); err == nil || !strings.Contains(err.Error(), "ResourceNotFoundException") {
		t.Errorf("firing what is not there: %v", err)
	}
}
