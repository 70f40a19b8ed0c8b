// Command bootstrap is capture, the Lambda function that makes one run of a policy on one target.
package main

import (
	"log"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"lastgood/functions/capture"
	"lastgood/shared/consistency"
	"lastgood/shared/event"
	"lastgood/shared/pointer"
	"lastgood/shared/setup"
	"lastgood/shared/telemetry"
)

// captureTimeout bounds a call: of many volumes CreateSnapshots may take its time, and an answer
// that is not waited for is a set that nobody knows to be consistent.
const captureTimeout = time.Minute

func main() {
	s, err := setup.Load(telemetry.Capture)
	if err != nil {
		log.Fatal(err)
	}
	handler := capture.Handler{
		EC2:       s.EC2Within(captureTimeout),
		Snapshots: s.Points.Snapshots,
		Scripts:   &consistency.Runner{SSM: s.SSM, Now: s.Now, Pause: pointer.Pause},
		Policies:  s.Config.Policy,
		ThawQueue: telemetry.ThawQueue,
		Metrics:   s.Metrics,
		Now:       s.Now,
		Pause:     pointer.Pause,
	}
	lambda.Start(event.Adapter[event.Capture]{
		Decode:  event.DecodeCapture,
		Handle:  handler.Handle,
		Log:     s.Log,
		Metrics: s.Metrics,
	})
}
