// Command bootstrap is snapshotstate, the Lambda function that answers EBS's events of snapshots.
package main

import (
	"log"

	"github.com/aws/aws-lambda-go/lambda"

	"lastgood/functions/snapshotstate"
	"lastgood/shared/event"
	"lastgood/shared/setup"
	"lastgood/shared/telemetry"
)

func main() {
	s, err := setup.Load(telemetry.SnapshotState)
	if err != nil {
		log.Fatal(err)
	}
	handler := snapshotstate.Handler{
		Snapshots: s.Points.Snapshots,
		Copies:    s.Copies(),
		Settler:   s.Settler,
		Keeper:    s.Keeper(),
		Now:       s.Now,
	}
	lambda.Start(event.Adapter[event.SnapshotState]{
		Decode:  event.DecodeSnapshotState,
		Handle:  handler.Handle,
		Log:     s.Log,
		Metrics: s.Metrics,
	})
}
