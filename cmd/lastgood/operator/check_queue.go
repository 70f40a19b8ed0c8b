package operator

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"lastgood/shared/telemetry"
)

func checkDeadLetters(ctx context.Context, p probe) ([]Finding, error) {
	q, err := p.queue(ctx, telemetry.DeadLetters)
	switch {
	case err != nil:
		return nil, err
	case !q.exists:
		return p.noQueue(telemetry.DeadLetters), nil
	case q.messages == 0:
		return one(OK, "there are no dead letters", ""), nil
	}
	return one(Fail, fmt.Sprintf("dead letters, which no function could handle: %d. The function's log says why. Once that is mended, send them back", q.messages), p.sendBack(q)), nil
}

// checkCaptures looks at the queues that captures go through. What ends in the last of them
// could not be thawed.
func checkCaptures(ctx context.Context, p probe) (found []Finding, err error) {
	for _, name := range []string{telemetry.CaptureQueue, telemetry.ThawQueue, telemetry.ThawDeadLetters} {
		q, err := p.queue(ctx, name)
		switch {
		case err != nil:
			return nil, err
		case !q.exists:
			found = append(found, p.noQueue(name)...)
		case name == telemetry.ThawDeadLetters && q.messages > 0:
			found = append(found, one(Fail, fmt.Sprintf(
				"captures that could be neither made nor thawed: %d. An application may be frozen until its own timer thaws it. %s's log says which, and why. Once that is mended, send them back to be thawed",
				q.messages, telemetry.Capture.Name()), p.sendBack(q))...)
		}
	}
	if len(found) == 0 {
		return one(OK, "no capture is left to be thawed", ""), nil
	}
	return found, nil
}

func (p probe) noQueue(name string) []Finding {
	return one(Fail, "the queue "+name+" does not exist", p.deploy())
}

func (p probe) sendBack(q queue) string {
	return fmt.Sprintf("aws sqs start-message-move-task --region %s --source-arn %s", p.Name, q.arn)
}

// queue is what a queue holds.
type queue struct {
	exists   bool
	arn      string
	messages int // waiting, or taken and not done
}

func (p probe) queue(ctx context.Context, name string) (queue, error) {
	client := sqs.NewFromConfig(p.AWS)
	url, err := client.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &name})
	if _, missing := errors.AsType[*types.QueueDoesNotExist](err); missing {
		return queue{}, nil
	}
	if err != nil {
		return queue{}, err
	}
	out, err := client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: url.QueueUrl, AttributeNames: []types.QueueAttributeName{
			types.QueueAttributeNameApproximateNumberOfMessages, types.QueueAttributeNameApproximateNumberOfMessagesNotVisible, types.QueueAttributeNameQueueArn,
		},
	})
	if err != nil {
		return queue{}, err
	}
	q := queue{exists: true, arn: out.Attributes["QueueArn"]}
	for _, attribute := range []types.QueueAttributeName{
		types.QueueAttributeNameApproximateNumberOfMessages, types.QueueAttributeNameApproximateNumberOfMessagesNotVisible,
	} {
		some, err := strconv.Atoi(out.Attributes[string(attribute)])
		if err != nil {
			return queue{}, fmt.Errorf("reading %s of %s: %w", attribute, name, err)
		}
		q.messages += some
	}
	return q, nil
}
