// Package snapshot is the function that a policy's schedule wakes: it finds the policy's
// targets and queues one capture for each.
package snapshot

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"lastgood/shared/config"
	"lastgood/shared/event"
	"lastgood/shared/inventory"
	"lastgood/shared/recovery"
	"lastgood/shared/telemetry"
)

// SQS is what Handler calls.
type SQS interface {
	SendMessageBatch(context.Context, *sqs.SendMessageBatchInput, ...func(*sqs.Options)) (*sqs.SendMessageBatchOutput, error)
}

// Handler queues captures. The queue is FIFO, and a target is a message group: one capture
// at a time for each host, whatever the policy.
type Handler struct {
	Targets  inventory.Targets
	SQS      SQS
	Queue    string // URL of the capture queue
	Policies func(name string) (config.Policy, bool)
	Metrics  *telemetry.Recorder
}

// Handle queues what is due. What fails half-way is queued again as a whole: a capture that
// comes twice finds what it made the first time.
func (h Handler) Handle(ctx context.Context, batch []event.Due) []telemetry.Outcome {
	outcomes := make([]telemetry.Outcome, len(batch))
	for i, due := range batch {
		outcomes[i] = h.queue(ctx, due)
	}
	return outcomes
}

func (h Handler) queue(ctx context.Context, due event.Due) telemetry.Outcome {
	policy, known := h.Policies(due.Policy)
	if !known { // a schedule may be deployed a moment before its function
		return telemetry.Failed(fmt.Errorf("policy %s is not in the configuration that is deployed here; deploy it, or delete the message", due.Policy))
	}
	targets, err := h.Targets.Find(ctx, policy.Target)
	if err != nil {
		return telemetry.Failed(fmt.Errorf("policy %s: %w", policy.Name, err))
	}
	if len(due.Targets) > 0 {
		targets = slices.DeleteFunc(targets, func(id string) bool { return !slices.Contains(due.Targets, id) })
	}
	if err := h.send(ctx, policy.Name, due.Scheduled, targets); err != nil {
		return telemetry.Failed(fmt.Errorf("policy %s: %w", policy.Name, err))
	}
	h.Metrics.Add(telemetry.CapturesQueued, len(targets))
	outcome := telemetry.Outcome{Name: telemetry.OutcomeQueued}
	if len(targets) == 0 {
		outcome.Reason = "the policy has no targets in this Region"
	}
	return outcome.With(slog.String(telemetry.FieldPolicy, policy.Name), slog.Int(telemetry.FieldTargets, len(targets)))
}

// perSend is how many messages SQS takes at once:
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
const perSend = 10

func (h Handler) send(ctx context.Context, policy string, scheduled time.Time, targets []string) error {
	for some := range slices.Chunk(targets, perSend) {
		in := &sqs.SendMessageBatchInput{QueueUrl: &h.Queue}
		for _, target := range some {
			run := recovery.Run{Policy: policy, Scheduled: scheduled, Target: target}
			body, err := event.EncodeCapture(run)
			if err != nil {
				return err
			}
			in.Entries = append(in.Entries, types.SendMessageBatchRequestEntry{
				Id: aws.String(target), MessageBody: &body,
				MessageGroupId: aws.String(target), MessageDeduplicationId: aws.String(run.String()),
			})
		}
		out, err := h.SQS.SendMessageBatch(ctx, in)
		if err != nil {
			return fmt.Errorf("queueing the captures of %s and %d more: %w", some[0], len(some)-1, err)
		}
		if len(out.Failed) > 0 {
			failed := out.Failed[0]
			return fmt.Errorf("queueing the capture of %s: %s %s", aws.ToString(failed.Id), aws.ToString(failed.Code), aws.ToString(failed.Message))
		}
	}
	return nil
}
