// Command bootstrap is reconcile, the Lambda function that looks at everything on a schedule.
package main

import (
	"log"

	"github.com/aws/aws-lambda-go/lambda"

	"lastgood/functions/reconcile"
	"lastgood/shared/event"
	"lastgood/shared/setup"
	"lastgood/shared/telemetry"
)

func main() {
	s, err := setup.Load(telemetry.Reconcile)
	if err != nil {
		log.Fatal(err)
	}
	lambda.Start(event.Adapter[event.Reconcile]{
		Decode:  event.DecodeReconcile,
		Handle:  reconcile.New(s).Handle,
		Log:     s.Log,
		Metrics: s.Metrics,
	})
}
