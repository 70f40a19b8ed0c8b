package local

import (
	"encoding/json"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// The examples are those of
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
func TestPartialBatchResponse(t *testing.T) {
	batch := []types.Message{{MessageId: aws.String("a")}, {MessageId: aws.String("b")}}
	for name, tc := range map[string]struct {
		response string
		failed   []string
		wrong    bool
	}{
		"nothing":                    {response: ``},
		"null":                       {response: `null`},
		"empty object":               {response: `{}`},
		"null list":                  {response: `{"batchItemFailures":null}`},
		"empty list":                 {response: `{"batchItemFailures":[]}`},
		"one failed":                 {response: `{"batchItemFailures":[{"itemIdentifier":"b"}]}`, failed: []string{"b"}},
		"named twice":                {response: `{"batchItemFailures":[{"itemIdentifier":"b"},{"itemIdentifier":"b"}]}`, failed: []string{"b"}},
		"all failed":                 {response: `{"batchItemFailures":[{"itemIdentifier":"b"},{"itemIdentifier":"a"}]}`, failed: []string{"a", "b"}},
		"not JSON":                   {response: `ok`, wrong: true},
		"a JSON string":              {response: `"ok"`, wrong: true},
		"empty identifier":           {response: `{"batchItemFailures":[{"itemIdentifier":""}]}`, wrong: true},
		"null identifier":            {response: `{"batchItemFailures":[{"itemIdentifier":null}]}`, wrong: true},
		"identifier by another name": {response: `{"batchItemFailures":[{"ItemIdentifier":"a"}]}`, wrong: true},
		"unknown message":            {response: `{"batchItemFailures":[{"itemIdentifier":"a"},{"itemIdentifier":"c"}]}`, wrong: true},
	} {
		t.Run(name, func(t *testing.T) {
			failed, err := failures([]byte(tc.response), batch)
			if (err != nil) != tc.wrong || len(failed) != len(tc.failed) {
				t.Fatalf("failed %v, error %v", failed, err)
			}
			for _, id := range tc.failed {
				if !failed[id] {
					t.Errorf("%s is missing in %v", id, failed)
				}
			}
		})
	}
}

func TestPayloadIsLambdasEvent(t *testing.T) {
	batch := []types.Message{{
		MessageId: aws.String("m1"), ReceiptHandle: aws.String("h1"), Body: aws.String(`{"a":"<b>"}`), MD5OfBody: aws.String("5e"),
		Attributes: map[string]string{"ApproximateReceiveCount": "1", "SentTimestamp": "1545082650183"},
	}, {
		MessageId: aws.String("m2"), ReceiptHandle: aws.String("h2"), Body: aws.String("x"), MD5OfBody: aws.String("6e"),
		MessageAttributes:      map[string]types.MessageAttributeValue{"n": {DataType: aws.String("String"), StringValue: aws.String("v")}},
		MD5OfMessageAttributes: aws.String("7e"),
	}}
	got, err := payload(batch, "arn:aws:sqs:ap-northeast-1:123456789012:q", region)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"Records":[
{"messageId":"m1","receiptHandle":"h1","body":"{\"a\":\"<b>\"}","md5OfBody":"5e",
 "attributes":{"ApproximateReceiveCount":"1","SentTimestamp":"1545082650183"},"messageAttributes":{},
 "eventSourceARN":"arn:aws:sqs:ap-northeast-1:123456789012:q","eventSource":"aws:sqs","awsRegion":"ap-northeast-1"},
{"messageId":"m2","receiptHandle":"h2","body":"x","md5OfBody":"6e","attributes":{},
 "messageAttributes":{"n":{"stringValue":"v","stringListValues":[],"binaryListValues":[],"dataType":"String"}},"md5OfMessageAttributes":"7e",
 "eventSourceARN":"arn:aws:sqs:ap-northeast-1:123456789012:q","eventSource":"aws:sqs","awsRegion":"ap-northeast-1"}]}`
	equal(t, "event", generic(t, []byte(want)), generic(t, got))
	var event events.SQSEvent
	if err := json.Unmarshal(got, &event); err != nil || len(event.Records) != 2 {
		t.Errorf("decoded by aws-lambda-go: %v, %d records", err, len(event.Records))
	}
}

func generic(t *testing.T, raw []byte) (v any) {
	t.Helper()
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatalf("%v in %s", err, raw)
	}
	return v
}
