package local

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// scheduledTime is what EventBridge Scheduler puts in its place in a target's input.
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
const scheduledTime = "<aws.scheduler.scheduled-time>"

// FireSchedule does what EventBridge Scheduler does when a schedule's time has come: it
// sends the input of its target to the queue that is the target. The schedule is of the
// default group. An error says why the message would not have got there.
func (a *AWS) FireSchedule(ctx context.Context, region, name string) error {
	return a.FireScheduleAt(ctx, region, name, time.Now())
}

// FireScheduleAt is FireSchedule for the time at which the schedule was due. Scheduler
// delivers at least once: fire it again for the same time.
func (a *AWS) FireScheduleAt(ctx context.Context, region, name string, due time.Time) error {
	cfg := a.Config(region, AccessKey(Scheduler))
	schedule, err := scheduler.NewFromConfig(cfg).GetSchedule(ctx, &scheduler.GetScheduleInput{Name: &name})
	if err != nil {
		return fmt.Errorf("firing the schedule %s in %s: %w", name, region, err)
	}
	if err := fire(ctx, sqs.NewFromConfig(cfg), schedule, due); err != nil {
		return fmt.Errorf("firing the schedule %s in %s: %w", name, region, err)
	}
	return nil
}

func fire(ctx context.Context, queues *sqs.Client, schedule *scheduler.GetScheduleOutput, due time.Time) error {
	if schedule.State != types.ScheduleStateEnabled {
		return errors.New("it is disabled")
	}
	arn := aws.ToString(schedule.Target.Arn)
	parts := strings.Split(arn, ":")
	if len(parts) != 6 || parts[2] != "sqs" {
		return fmt.Errorf("its target %s is no queue", arn)
	}
	queue, err := queues.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &parts[5]})
	if err != nil {
		return fmt.Errorf("finding its queue: %w", err)
	}
	input := strings.ReplaceAll(aws.ToString(schedule.Target.Input), scheduledTime, due.UTC().Format(time.RFC3339))
	message := &sqs.SendMessageInput{QueueUrl: queue.QueueUrl, MessageBody: &input}
	if fifo := schedule.Target.SqsParameters; fifo != nil {
		message.MessageGroupId = fifo.MessageGroupId
	}
	if _, err := queues.SendMessage(ctx, message); err != nil {
		return fmt.Errorf("sending to its queue: %w", err)
	}
	return nil
}
