// Command function is the function that the tests of package local deliver to.
// Each message's body says what becomes of it.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
)

func main() { lambda.Start(handle) }

func handle(_ context.Context, e events.SQSEvent) (events.SQSEventResponse, error) {
	var response events.SQSEventResponse
	for _, m := range e.Records {
		line := map[string]string{"body": m.Body, "key": os.Getenv("AWS_ACCESS_KEY_ID"), "own": os.Getenv("OWN")}
		if group := m.Attributes["MessageGroupId"]; group != "" {
			line["group"], line["deduplication"] = group, m.Attributes["MessageDeduplicationId"]
			line["sequence"], line["received"] = m.Attributes["SequenceNumber"], m.Attributes["ApproximateReceiveCount"]
		}
		if err := json.NewEncoder(os.Stdout).Encode(line); err != nil {
			return response, err
		}
		switch m.Body {
		case "slow":
			time.Sleep(500 * time.Millisecond)
		case "error always":
			return response, errors.New("it failed")
		case "fail once":
			if m.Attributes["ApproximateReceiveCount"] == "1" {
				response.BatchItemFailures = append(response.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: m.MessageId})
			}
		case "error once":
			if m.Attributes["ApproximateReceiveCount"] == "1" {
				return response, errors.New("it failed")
			}
		}
	}
	return response, nil
}
