package awsfake

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// Message is a message on the Region's FIFO queue.
type Message struct{ Group, Deduplication, Body string }

// Queued are the messages that were sent, without those that SQS knows already.
func (w *World) Queued(in string) []Message { return w.regions[in].queue }

// SendMessageBatch takes up to ten messages. One of a deduplication id that was there before
// is taken, and is not there twice.
func (c *Client) SendMessageBatch(ctx context.Context, in *sqs.SendMessageBatchInput, _ ...func(*sqs.Options)) (*sqs.SendMessageBatchOutput, error) {
	return do(ctx, c, "SendMessageBatch", false, func(r *region, _ bool) (*sqs.SendMessageBatchOutput, error) {
		if len(in.Entries) == 0 || len(in.Entries) > 10 {
			return nil, apiError("AWS.SimpleQueueService.TooManyEntriesInBatchRequest")
		}
		out := &sqs.SendMessageBatchOutput{}
		for _, e := range in.Entries {
			if c.process.World.Refuse == *e.MessageGroupId {
				out.Failed = append(out.Failed, types.BatchResultErrorEntry{Id: e.Id, Code: aws.String("InternalError"), Message: aws.String("the fake says so")})
				continue
			}
			r.send(Message{*e.MessageGroupId, *e.MessageDeduplicationId, *e.MessageBody})
			out.Successful = append(out.Successful, types.SendMessageBatchResultEntry{Id: e.Id})
		}
		return out, nil
	})
}

func (r *region) send(m Message) {
	for _, before := range r.queue {
		if before.Deduplication == m.Deduplication {
			return
		}
	}
	r.queue = append(r.queue[:len(r.queue):len(r.queue)], m)
}
