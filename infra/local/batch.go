package local

import (
	"fmt"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/go-json-experiment/json" // minds the case of names, as Lambda does
)

// record is a message as Lambda hands it to a function. Unlike the type it
// embeds, Lambda leaves the checksum out when there are no attributes.
type record struct {
	events.SQSMessage
	Md5OfMessageAttributes string `json:"md5OfMessageAttributes,omitempty"`
}

// payload is the event that Lambda makes of a batch of messages.
// https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
func payload(batch []types.Message, queueARN, region string) ([]byte, error) {
	records := make([]record, len(batch))
	for i, m := range batch {
		attributes := make(map[string]events.SQSMessageAttribute, len(m.MessageAttributes))
		for name, a := range m.MessageAttributes {
			attributes[name] = events.SQSMessageAttribute{
				StringValue: a.StringValue, BinaryValue: a.BinaryValue, DataType: aws.ToString(a.DataType),
				StringListValues: []string{}, BinaryListValues: [][]byte{},
			}
		}
		records[i] = record{
			SQSMessage: events.SQSMessage{
				MessageId:         aws.ToString(m.MessageId),
				ReceiptHandle:     aws.ToString(m.ReceiptHandle),
				Body:              aws.ToString(m.Body),
				Md5OfBody:         aws.ToString(m.MD5OfBody),
				Attributes:        m.Attributes,
				MessageAttributes: attributes,
				EventSourceARN:    queueARN,
				EventSource:       "aws:sqs",
				AWSRegion:         region,
			},
			Md5OfMessageAttributes: aws.ToString(m.MD5OfMessageAttributes),
		}
	}
	return json.Marshal(map[string]any{"Records": records})
}

// failures reads a partial batch response: which messages of the batch the
// function says have failed. An error means that Lambda takes the whole batch
// for failed: the response is not JSON, or names a message wrongly or one that
// is not in the batch. An empty or null response or list means that all is well.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
func failures(response []byte, batch []types.Message) (map[string]bool, error) {
	if len(response) == 0 {
		return nil, nil //nolint:nilnil // nothing has failed
	}
	var answer struct {
		BatchItemFailures []struct {
			ItemIdentifier string `json:"itemIdentifier"`
		} `json:"batchItemFailures"`
	}
	if err := json.Unmarshal(response, &answer); err != nil {
		return nil, fmt.Errorf("reading the partial batch response: %w", err)
	}
	failed := make(map[string]bool, len(answer.BatchItemFailures))
	for _, item := range answer.BatchItemFailures {
		failed[item.ItemIdentifier] = true
	}
	known := 0
	for _, m := range batch {
		if failed[aws.ToString(m.MessageId)] {
			known++
		}
	}
	if known != len(failed) {
		return nil, fmt.Errorf("reading the partial batch response: it names messages that are not in the batch: %s", response)
	}
	return failed, nil
}
