// Command bootstrap is rollout, the Lambda function that hands images on to Auto Scaling groups.
package main

import (
	"log"

	"github.com/aws/aws-lambda-go/lambda"

	"lastgood/functions/rollout"
	"lastgood/shared/event"
	"lastgood/shared/setup"
	"lastgood/shared/telemetry"
)

func main() {
	s, err := setup.Load(telemetry.Rollout)
	if err != nil {
		log.Fatal(err)
	}
	lambda.Start(event.Adapter[event.Rollout]{
		Decode:  event.DecodeRollout,
		Handle:  rollout.New(s).Handle,
		Log:     s.Log,
		Metrics: s.Metrics,
	})
}
