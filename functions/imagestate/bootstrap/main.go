// Command bootstrap is imagestate, the Lambda function that answers EC2's AMI state changes.
package main

import (
	"log"

	"github.com/aws/aws-lambda-go/lambda"

	"lastgood/functions/imagestate"
	"lastgood/shared/event"
	"lastgood/shared/setup"
	"lastgood/shared/telemetry"
)

func main() {
	s, err := setup.Load(telemetry.ImageState)
	if err != nil {
		log.Fatal(err)
	}
	handler := imagestate.Handler{
		Images:     s.Points.Images,
		Parameters: s.SSM,
		Settler:    s.Settler,
		Keeper:     s.Keeper(),
		Now:        s.Now,
	}
	lambda.Start(event.Adapter[event.ImageState]{
		Decode:  event.DecodeImageState,
		Handle:  handler.Handle,
		Log:     s.Log,
		Metrics: s.Metrics,
	})
}
