// Command function is the function that the tests of package local deliver to.
// Each message's body says what becomes of it.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
)

func main() { lambda.Start(handle) }

func handle(_ context.Context, e events.SQSEvent) (events.SQSEventResponse, error) {
	var response events.SQSEventResponse
	for _, m := range e.Records {
		fmt.Printf("{\"body\":%q,\"key\":%q,\"own\":%q}\n", m.Body, os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("OWN"))
		switch m.Body {
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
