package local

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// serve invokes the function with a batch, deletes what it dealt with and
// leaves what failed to come back.
func (p *poller) serve(ctx context.Context, batch []types.Message) {
	w := p.take()
	i := Invocation{Function: p.Function, BatchSize: len(batch)}
	failed, err := p.invoke(ctx, w, batch, &i)
	i.Error, i.Logs, w.logs = err, w.logs, nil
	p.put(w) // before anything becomes visible again: the warm instance is to take it
	if ctx.Err() != nil {
		return
	}
	if err := p.keepLogs(ctx, i.Logs); err != nil {
		p.delivery.problem(ctx, fmt.Errorf("keeping the log of %s: %w", p.Name, err))
	}
	var done, back []types.Message
	for _, m := range batch {
		if id := aws.ToString(m.MessageId); err != nil || failed[id] {
			i.Failed = append(i.Failed, id)
			back = append(back, m)
		} else {
			done = append(done, m)
		}
	}
	for part := range slices.Chunk(done, 10) {
		p.delete(ctx, part)
	}
	p.delivery.invoked(i) // before anything comes back: its next report is to come after this one
	if p.delivery.options.RetryAfter > 0 {
		for part := range slices.Chunk(back, 10) {
			p.hasten(ctx, part)
		}
	}
}

// invoke returns the ids of the messages that failed; all did if there is an error.
func (p *poller) invoke(ctx context.Context, w *worker, batch []types.Message, i *Invocation) (map[string]bool, error) {
	event, err := payload(batch, p.queueARN, p.Region)
	if err != nil {
		return nil, fmt.Errorf("making the event: %w", err)
	}
	result, err := w.instance.Invoke(ctx, event)
	i.Cold, i.Init, i.Duration = result.Cold, result.Init, result.Duration
	if err != nil {
		return nil, err
	}
	if result.Error != nil {
		return nil, result.Error
	}
	if !p.partial {
		return nil, nil //nolint:nilnil // nothing has failed
	}
	return failures(result.Payload, batch)
}

func (p *poller) delete(ctx context.Context, part []types.Message) {
	in := &sqs.DeleteMessageBatchInput{QueueUrl: &p.queueURL}
	for n, m := range part {
		in.Entries = append(in.Entries, types.DeleteMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(n)), ReceiptHandle: m.ReceiptHandle})
	}
	out, err := p.queue.DeleteMessageBatch(ctx, in)
	if err == nil && len(out.Failed) > 0 {
		err = fmt.Errorf("%d refused, the first because %s", len(out.Failed), aws.ToString(out.Failed[0].Message))
	}
	if err != nil {
		p.delivery.problem(ctx, fmt.Errorf("deleting from %s: %w", p.queueARN, err))
	}
}

// hasten shortens the wait of failed messages to RetryAfter.
func (p *poller) hasten(ctx context.Context, part []types.Message) {
	seconds := (p.delivery.options.RetryAfter + time.Second - 1) / time.Second
	in := &sqs.ChangeMessageVisibilityBatchInput{QueueUrl: &p.queueURL}
	for n, m := range part {
		in.Entries = append(in.Entries, types.ChangeMessageVisibilityBatchRequestEntry{
			Id: aws.String(strconv.Itoa(n)), ReceiptHandle: m.ReceiptHandle, VisibilityTimeout: int32(seconds),
		})
	}
	if _, err := p.queue.ChangeMessageVisibilityBatch(ctx, in); err != nil {
		p.delivery.problem(ctx, fmt.Errorf("bringing back messages of %s: %w", p.queueARN, err))
	}
}

func (p *poller) take() *worker {
	p.mu.Lock()
	defer p.mu.Unlock()
	w := p.idle[len(p.idle)-1]
	p.idle = p.idle[:len(p.idle)-1]
	return w
}

func (p *poller) put(w *worker) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idle = append(p.idle, w)
}
