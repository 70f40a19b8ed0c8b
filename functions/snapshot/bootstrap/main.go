// Command bootstrap is snapshot, the Lambda function that a policy's schedule wakes.
package main

import (
	"log"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"lastgood/functions/snapshot"
	"lastgood/shared/event"
	"lastgood/shared/inventory"
	"lastgood/shared/setup"
	"lastgood/shared/telemetry"
)

func main() {
	s, err := setup.Load(telemetry.Snapshot)
	if err != nil {
		log.Fatal(err)
	}
	handler := snapshot.Handler{
		Targets:  inventory.Targets{EC2: s.EC2},
		SQS:      sqs.NewFromConfig(s.AWS),
		Queue:    s.Config.CaptureQueueURL,
		Policies: s.Config.Policy,
		Metrics:  s.Metrics,
	}
	lambda.Start(event.Adapter[event.Due]{
		Decode:  event.DecodeDue,
		Handle:  handler.Handle,
		Log:     s.Log,
		Metrics: s.Metrics,
	})
}
