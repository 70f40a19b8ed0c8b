// Command bootstrap is copyimage, the Lambda function that answers CloudTrail's CopyImage.
package main

import (
	"log"

	"github.com/aws/aws-lambda-go/lambda"

	"lastgood/functions/copyimage"
	"lastgood/shared/event"
	"lastgood/shared/setup"
	"lastgood/shared/telemetry"
)

func main() {
	s, err := setup.Load(telemetry.CopyImage)
	if err != nil {
		log.Fatal(err)
	}
	handler := copyimage.Handler{
		Images:    s.Points.Images,
		Originals: s.Originals(),
		Attestor:  s.Attestor(),
		Settler:   s.Settler,
		Now:       s.Now,
	}
	lambda.Start(event.Adapter[event.CopyImage]{
		Decode:  event.DecodeCopyImage,
		Handle:  handler.Handle,
		Log:     s.Log,
		Metrics: s.Metrics,
	})
}
