package event

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"lastgood/shared/telemetry"
)

// Adapter turns a Lambda invocation into a batch of events, and their outcomes into
// the answer Lambda wants. It is a lambda.Handler.
//
// A batch from SQS is answered with the messages that failed; SQS delivers those again
// and in the end moves them to the dead-letter queue. A bare EventBridge event (an
// invocation by hand, or a rule that targets the function directly) is a batch of one,
// and its failure is the function's error.
type Adapter[T interface{ About() Meta }] struct {
	Decode func(raw []byte) (T, error)
	// Handle returns one outcome for each event, in their order.
	Handle  func(ctx context.Context, batch []T) []telemetry.Outcome
	Log     *slog.Logger
	Metrics *telemetry.Recorder
}

// reserve is kept of an invocation's time to report what could not be finished in the rest.
const reserve = 3 * time.Second

// Invoke handles one invocation.
func (a Adapter[T]) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-reserve))
		defer cancel()
	}
	var shape struct {
		Records    []events.SQSMessage `json:"Records"`
		DetailType string              `json:"detail-type"`
		Reconcile  string              `json:"reconcile"`
		Policy     string              `json:"policy"`
	}
	err := json.Unmarshal(payload, &shape)
	switch {
	case err == nil && shape.DetailType+shape.Reconcile+shape.Policy != "":
		return nil, errors.Join(a.handle(ctx, []delivery{{body: string(payload)}})...)
	case err == nil && len(shape.Records) > 0 && shape.Records[0].EventSource == "aws:sqs":
		return a.answer(ctx, shape.Records)
	}
	bad := telemetry.Bad(fmt.Errorf("the payload is neither a batch from SQS nor an event from EventBridge"))
	a.report(ctx, Meta{}, bad)
	return nil, errors.Join(bad.Err, a.Metrics.Flush())
}

func (a Adapter[T]) answer(ctx context.Context, records []events.SQSMessage) ([]byte, error) {
	deliveries := make([]delivery, len(records))
	for i, r := range records {
		receives, _ := strconv.Atoi(r.Attributes["ApproximateReceiveCount"]) // SQS always says it
		deliveries[i] = delivery{body: r.Body, receives: receives, queue: r.EventSourceARN[strings.LastIndex(r.EventSourceARN, ":")+1:]}
	}
	response := events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{}}
	for i, err := range a.handle(ctx, deliveries) {
		if err != nil {
			response.BatchItemFailures = append(response.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: records[i].MessageId})
		}
	}
	return json.Marshal(response)
}

// delivery is one event as it arrived.
type delivery struct {
	body     string
	receives int    // how often SQS has handed it over
	queue    string // its queue's name
}

// handle decodes and handles a batch, and returns each event's error. Every event is
// logged once and counted.
func (a Adapter[T]) handle(ctx context.Context, deliveries []delivery) []error {
	errs := make([]error, len(deliveries))
	var batch []T
	var position []int
	for i, d := range deliveries {
		e, err := a.Decode([]byte(d.body))
		if meta, ok := any(&e).(marked); ok {
			meta.arrived(d.receives, d.queue)
		}
		if reason, not := errors.AsType[NotForUs](err); not {
			a.report(ctx, e.About(), telemetry.Ignored(string(reason)))
		} else if err != nil {
			errs[i] = err
			a.report(ctx, e.About(), telemetry.Bad(err))
		} else {
			batch, position = append(batch, e), append(position, i)
		}
	}
	if len(batch) > 0 {
		for i, outcome := range a.Handle(ctx, batch) {
			errs[position[i]] = outcome.Err
			a.report(ctx, batch[i].About(), outcome)
		}
	}
	if err := a.Metrics.Flush(); err != nil {
		a.Log.Error("metrics", telemetry.FieldError, err)
	}
	return errs
}

func (a Adapter[T]) report(ctx context.Context, about Meta, o telemetry.Outcome) {
	o.Log(ctx, a.Log,
		slog.String(telemetry.FieldEventID, about.ID),
		slog.String(telemetry.FieldEventName, about.Name),
		slog.String(telemetry.FieldRegion, about.Region))
	a.Metrics.Count(o.Metrics...)
	if o.Moved() {
		a.Metrics.Lag(a.Metrics.Now().Sub(about.Time))
	}
	if !o.CopyTaken.IsZero() {
		a.Metrics.Age(telemetry.CopyLag, a.Metrics.Now().Sub(o.CopyTaken))
	}
}
