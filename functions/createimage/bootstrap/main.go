// Command bootstrap is createimage, the Lambda function that answers CloudTrail's CreateImage.
package main

import (
	"log"

	"github.com/aws/aws-lambda-go/lambda"

	"lastgood/functions/createimage"
	"lastgood/shared/event"
	"lastgood/shared/setup"
	"lastgood/shared/telemetry"
)

func main() {
	s, err := setup.Load(telemetry.CreateImage)
	if err != nil {
		log.Fatal(err)
	}
	handler := createimage.Handler{Images: s.Points.Images, Settler: s.Settler, Now: s.Now}
	lambda.Start(event.Adapter[event.CreateImage]{
		Decode:  event.DecodeCreateImage,
		Handle:  handler.Handle,
		Log:     s.Log,
		Metrics: s.Metrics,
	})
}
