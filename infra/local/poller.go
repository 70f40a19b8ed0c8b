package local

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"lastgood/infra/local/runtime"
)

// poller serves one mapping.
type poller struct {
	mapping
	queue     *sqs.Client
	logGroups *cloudwatchlogs.Client
	delivery  *Delivery

	free chan struct{} // a token for each instance not in use
	mu   sync.Mutex
	idle []*worker // the one used last is at the end: it is warm
}

// worker is an instance with the lines it logged in its current invocation.
type worker struct {
	instance *runtime.Instance
	logs     []LogLine
}

// newPoller makes a poller whose instances start when first used.
func newPoller(a *AWS, m mapping, d *Delivery) *poller {
	instances := d.options.MaxInstances
	if m.concurrency > 0 {
		instances = min(instances, m.concurrency)
	}
	if limit := d.options.MaxWindow; limit > 0 {
		m.window = min(m.window, limit)
	}
	p := &poller{
		mapping:   m,
		queue:     sqs.NewFromConfig(a.Config(m.Region, AccessKey(Poller))),
		logGroups: cloudwatchlogs.NewFromConfig(a.Config(m.Region, AccessKey(Poller))),
		delivery:  d,
		free:      make(chan struct{}, instances),
	}
	for range instances {
		w := &worker{}
		program := m.program
		program.Log = func(line string) { w.logs = append(w.logs, parseLine(line)) }
		w.instance = runtime.New(program)
		p.idle = append(p.idle, w)
		p.free <- struct{}{}
	}
	return p
}

// run receives messages while an instance is free to take them.
func (p *poller) run(ctx context.Context) {
	var invocations sync.WaitGroup
	for ctx.Err() == nil {
		select {
		case <-p.free:
		case <-ctx.Done():
			continue
		}
		batch, err := p.gather(ctx)
		if len(batch) == 0 {
			p.free <- struct{}{}
			if err != nil {
				p.delivery.problem(ctx, fmt.Errorf("receiving from %s: %w", p.queueARN, err))
				pause(ctx, 500*time.Millisecond)
			}
			continue
		}
		p.delivery.busy.Add(1)
		invocations.Go(func() {
			p.serve(ctx, batch)
			p.delivery.finished.Add(1)
			p.delivery.busy.Add(-1)
			p.free <- struct{}{}
		})
	}
	invocations.Wait()
	for _, w := range p.idle {
		w.instance.Close()
	}
}

// gather receives a batch: it waits for a first message, and then for more
// until the batch is full or its window is over. It returns what it has, and
// why there is no more.
func (p *poller) gather(ctx context.Context) ([]types.Message, error) {
	batch, err := p.receive(ctx, p.batchSize, 20*time.Second)
	if len(batch) == 0 {
		return nil, err
	}
	for end := time.Now().Add(p.window); len(batch) < p.batchSize; {
		left := time.Until(end)
		if left <= 0 {
			break
		}
		more, err := p.receive(ctx, p.batchSize-len(batch), left)
		if err != nil {
			return batch, err
		}
		batch = append(batch, more...)
		if len(more) == 0 && left < time.Second { // shorter than a long poll can be
			pause(ctx, min(left, 100*time.Millisecond))
		}
	}
	return batch, nil
}

// receive asks once, waiting in whole seconds, rounded down.
func (p *poller) receive(ctx context.Context, limit int, wait time.Duration) ([]types.Message, error) {
	out, err := p.queue.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl:                    &p.queueURL,
		MaxNumberOfMessages:         int32(min(limit, 10)), // all that SQS gives at once
		WaitTimeSeconds:             int32(wait / time.Second),
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
		MessageAttributeNames:       []string{"All"},
	}, once)
	if err != nil {
		return nil, err
	}
	return out.Messages, nil
}

// pending counts the messages in the queue, waiting and in flight.
func (p *poller) pending(ctx context.Context) (int, error) {
	names := []types.QueueAttributeName{
		types.QueueAttributeNameApproximateNumberOfMessages,
		types.QueueAttributeNameApproximateNumberOfMessagesNotVisible,
		types.QueueAttributeNameApproximateNumberOfMessagesDelayed,
	}
	out, err := p.queue.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &p.queueURL, AttributeNames: names}, once)
	if err != nil {
		return 0, err
	}
	sum := 0
	for _, name := range names {
		n, _ := strconv.Atoi(out.Attributes[string(name)])
		sum += n
	}
	return sum, nil
}

// once turns the SDK's retries off, for calls that are repeated anyway.
func once(o *sqs.Options) { o.Retryer = aws.NopRetryer{} }

// unreachable tells that no answer came: the Region is down.
func unreachable(err error) bool {
	var sending *smithyhttp.RequestSendError
	return errors.As(err, &sending)
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
