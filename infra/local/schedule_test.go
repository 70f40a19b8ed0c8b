package local

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
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

// fifoSchedule is a schedule that sends to a FIFO queue.
const fifoSchedule = `{"Resources": {
  "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "runs.fifo", "FifoQueue": true, "ContentBasedDeduplication": true}},
  "Schedule": {"Type": "AWS::Scheduler::Schedule", "Properties": {
    "Name": "daily", "ScheduleExpression": "cron(0 2 * * ? *)", "ScheduleExpressionTimezone": "Asia/Tokyo", "FlexibleTimeWindow": {"Mode": "OFF"},
    "Target": {"Arn": {"Fn::GetAtt": ["Queue", "Arn"]}, "RoleArn": "arn:aws:iam::123456789012:role/r", "SqsParameters": {"MessageGroupId": "web"},
      "Input": "{\"policy\":\"web\",\"scheduled\":\"<aws.scheduler.scheduled-time>\"}"}}}}}`

func TestFireScheduleAt_sends_the_time_it_was_due_to_a_FIFO_queue_which_knows_duplicates(t *testing.T) {
	a := start(t, Options{})
	ctx, cfg := t.Context(), a.Config(region, AccessKey(Operator))
	_, err := cloudformation.NewFromConfig(cfg).CreateStack(ctx, &cloudformation.CreateStackInput{StackName: aws.String("s"), TemplateBody: aws.String(fifoSchedule)})
	check(t, err)
	due := time.Date(2026, 11, 20, 2, 0, 0, 0, time.FixedZone("JST", 9*60*60))
	queues := sqs.NewFromConfig(cfg)
	queue, err := queues.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String("runs.fifo")})
	check(t, err)
	var bodies []string
	for _, at := range []time.Time{due, due, due.AddDate(0, 0, 1)} {
		check(t, a.FireScheduleAt(ctx, region, "daily", at))
		got, err := queues.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl: queue.QueueUrl, MessageSystemAttributeNames: []sqstypes.MessageSystemAttributeName{sqstypes.MessageSystemAttributeNameAll},
		})
		check(t, err)
		for _, m := range got.Messages {
			equal(t, "message group", "web", m.Attributes["MessageGroupId"])
			bodies = append(bodies, *m.Body)
			_, err := queues.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: queue.QueueUrl, ReceiptHandle: m.ReceiptHandle})
			check(t, err)
		}
	}
	equal(t, "messages", []string{
		`{"policy":"web","scheduled":"2026-11-19T17:00:00Z"}`, `{"policy":"web","scheduled":"2026-11-20T17:00:00Z"}`,
	}, bodies)
}
