package event

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/google/go-cmp/cmp"

	"lastgood/shared/telemetry"
)

var _ lambda.Handler = Adapter[CreateImage]{}

// invoked is an adapter for CreateImage, and everything that can be seen of it.
type invoked struct {
	Adapter[CreateImage]
	batches [][]CreateImage
	log     bytes.Buffer
	metrics bytes.Buffer
}

// invoke prepares an adapter whose handler answers each event by its instance.
func invoke(outcome func(ctx context.Context, e CreateImage) telemetry.Outcome) *invoked {
	i := &invoked{}
	i.Adapter = Adapter[CreateImage]{
		Decode: DecodeCreateImage,
		Handle: func(ctx context.Context, batch []CreateImage) []telemetry.Outcome {
			i.batches = append(i.batches, batch)
			var outcomes []telemetry.Outcome
			for _, e := range batch {
				outcomes = append(outcomes, outcome(ctx, e))
			}
			return outcomes
		},
		Log: slog.New(slog.NewJSONHandler(&i.log, nil)).With(telemetry.FieldFunction, telemetry.CreateImage),
		Metrics: &telemetry.Recorder{Function: telemetry.CreateImage, Out: &i.metrics,
			Now: func() time.Time { return sampleTime.Add(90 * time.Second) }},
	}
	return i
}

func moves(context.Context, CreateImage) telemetry.Outcome {
	return telemetry.Outcome{Name: "moved", Metrics: []telemetry.Metric{telemetry.PointersMoved}}
}

// logged are the lines of the log, without their time.
func (i *invoked) logged(t *testing.T) []map[string]any {
	t.Helper()
	var lines []map[string]any
	for d := json.NewDecoder(&i.log); d.More(); {
		var line map[string]any
		if err := d.Decode(&line); err != nil {
			t.Fatal(err)
		}
		delete(line, slog.TimeKey)
		lines = append(lines, line)
	}
	return lines
}

// counted are the values in the one line of metrics; none where there is no line.
func (i *invoked) counted(t *testing.T) map[telemetry.Metric]any {
	t.Helper()
	if i.metrics.Len() == 0 {
		return nil
	}
	var line map[string]any
	if err := json.Unmarshal(i.metrics.Bytes(), &line); err != nil {
		t.Fatalf("not one line of metrics: %v: %s", err, i.metrics.String())
	}
	values := map[telemetry.Metric]any{}
	for _, m := range telemetry.Metrics {
		if v, has := line[string(m)]; has {
			values[m] = v
		}
	}
	return values
}

// message is a message from SQS.
func message(id string, body []byte) events.SQSMessage {
	return events.SQSMessage{MessageId: id, Body: string(body), EventSource: "aws:sqs",
		Attributes: map[string]string{"ApproximateReceiveCount": "1"}}
}

func batchOf(t testing.TB, messages ...events.SQSMessage) []byte {
	t.Helper()
	payload, err := json.Marshal(events.SQSEvent{Records: messages})
	if err != nil {
		t.Fatal(err)
	}
	return payload
}

// of is a CreateImage event of an instance, with an id of its own.
func of(t testing.TB, id, instance string) []byte {
	t.Helper()
	return edited(t, "aws.ec2/createimage_cli.json", edits{"id": id, "detail.requestParameters.instanceId": instance})
}

func TestAdapter_answers_a_batch_with_exactly_what_failed_and_what_is_bad(t *testing.T) {
	const failing = "i-0fedcba9876543210"
	i := invoke(func(ctx context.Context, e CreateImage) telemetry.Outcome {
		if e.InstanceID == failing {
			return telemetry.Failed(errors.New("throttled")).With(slog.String(telemetry.FieldSourceID, failing))
		}
		return moves(ctx, e)
	})
	got, err := i.Invoke(t.Context(), batchOf(t,
		message("good-1", of(t, "event-1", web)),
		message("bad-1", []byte("{")),
		message("ignored", sample(t, "aws.appstream/createimage.json")),
		message("failing", of(t, "event-2", failing)),
		message("good-2", of(t, "event-3", web)),
		message("bad-2", of(t, "event-4", "../x")),
	))
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"batchItemFailures":[{"itemIdentifier":"bad-1"},{"itemIdentifier":"failing"},{"itemIdentifier":"bad-2"}]}`; string(got) != want {
		t.Error(cmp.Diff(want, string(got)))
	}

	var handled []string
	for _, e := range slices.Concat(i.batches...) {
		handled = append(handled, e.ID)
	}
	if diff := cmp.Diff([]string{"event-1", "event-2", "event-3"}, handled); diff != "" || len(i.batches) != 1 {
		t.Errorf("handled in %d calls: %s", len(i.batches), diff)
	}

	line := func(level, id, name, region, outcome string, more map[string]any) map[string]any {
		l := map[string]any{"level": level, "msg": "event", telemetry.FieldFunction: "createimage",
			telemetry.FieldEventID: id, telemetry.FieldEventName: name, telemetry.FieldRegion: region, telemetry.FieldOutcome: outcome}
		maps.Copy(l, more)
		return l
	}
	want := []map[string]any{
		line("ERROR", "", "", "", "bad-event", map[string]any{telemetry.FieldError: "decoding an EventBridge event: unexpected end of JSON input"}),
		line("INFO", "20000000-0000-4000-8000-000000000030", "AWS API Call via CloudTrail", "us-east-1", "ignored",
			map[string]any{telemetry.FieldReason: string(ofAppStream)}),
		line("ERROR", "event-4", "CreateImage", "us-east-1", "bad-event",
			map[string]any{telemetry.FieldError: `decoding event event-4: requestParameters.instanceId "../x" is no instance id`}),
		line("INFO", "event-1", "CreateImage", "us-east-1", "moved", nil),
		line("ERROR", "event-2", "CreateImage", "us-east-1", "failed",
			map[string]any{telemetry.FieldError: "throttled", telemetry.FieldSourceID: failing}),
		line("INFO", "event-3", "CreateImage", "us-east-1", "moved", nil),
	}
	if diff := cmp.Diff(want, i.logged(t)); diff != "" {
		t.Error(diff)
	}

	counts := map[telemetry.Metric]any{
		telemetry.PointersMoved: 2.0, telemetry.EventsBad: 2.0, telemetry.EventsIgnored: 1.0, telemetry.EventsFailed: 1.0,
		telemetry.EventToPointerLag: []any{90_000.0, 90_000.0},
	}
	if diff := cmp.Diff(counts, i.counted(t)); diff != "" {
		t.Error(diff)
	}
}

func TestAdapter_answers_a_batch_without_failures_with_an_empty_list(t *testing.T) {
	i := invoke(moves)
	got, err := i.Invoke(t.Context(), batchOf(t, message("1", of(t, "event-1", web)), message("2", of(t, "event-2", web))))
	if want := `{"batchItemFailures":[]}`; err != nil || string(got) != want {
		t.Errorf("%s, %v", cmp.Diff(want, string(got)), err)
	}
}

func TestAdapter_calls_no_handler_for_a_batch_of_which_nothing_is_for_it(t *testing.T) {
	i := invoke(moves)
	got, err := i.Invoke(t.Context(), batchOf(t, message("1", sample(t, "aws.ec2/runinstances.json"))))
	if want := `{"batchItemFailures":[]}`; err != nil || string(got) != want || i.batches != nil {
		t.Errorf("%s, %v, handled %v", cmp.Diff(want, string(got)), err, i.batches)
	}
}

func TestAdapter_tells_the_handler_which_messages_were_received_before(t *testing.T) {
	first, second, unknown := message("1", of(t, "event-1", web)), message("2", of(t, "event-2", web)), message("3", of(t, "event-3", web))
	second.Attributes["ApproximateReceiveCount"] = "2"
	unknown.Attributes = nil
	i := invoke(moves)
	if _, err := i.Invoke(t.Context(), batchOf(t, first, second, unknown)); err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for _, e := range slices.Concat(i.batches...) {
		got[e.ID] = e.Redelivered
	}
	if diff := cmp.Diff(map[string]bool{"event-1": false, "event-2": true, "event-3": false}, got); diff != "" {
		t.Error(diff)
	}
}

func TestAdapter_takes_a_bare_event_as_a_batch_of_one(t *testing.T) {
	i := invoke(moves)
	got, err := i.Invoke(t.Context(), of(t, "event-1", web))
	if err != nil || len(got) > 0 {
		t.Errorf("%s, %v", got, err)
	}
	want := [][]CreateImage{{{Meta: Meta{ID: "event-1", Name: "CreateImage", Region: "us-east-1", Time: sampleTime}, ImageID: "ami-0ccccccccccccccc9", InstanceID: web}}}
	if diff := cmp.Diff(want, i.batches); diff != "" {
		t.Error(diff)
	}
	if len(i.logged(t)) != 1 {
		t.Error("not logged once")
	}
}

func TestAdapter_a_bare_events_failure_is_the_functions_error(t *testing.T) {
	failure := errors.New("throttled")
	i := invoke(func(context.Context, CreateImage) telemetry.Outcome { return telemetry.Failed(failure) })
	if _, err := i.Invoke(t.Context(), of(t, "event-1", web)); !errors.Is(err, failure) {
		t.Errorf("the function answers %v", err)
	}
	if diff := cmp.Diff(map[telemetry.Metric]any{telemetry.EventsFailed: 1.0}, i.counted(t)); diff != "" {
		t.Error(diff)
	}
}

func TestAdapter_a_bare_event_that_is_bad_is_the_functions_error(t *testing.T) {
	i := invoke(moves)
	if _, err := i.Invoke(t.Context(), of(t, "event-1", "../x")); err == nil || i.batches != nil {
		t.Errorf("the function answers %v, handled %v", err, i.batches)
	}
	if diff := cmp.Diff(map[telemetry.Metric]any{telemetry.EventsBad: 1.0}, i.counted(t)); diff != "" {
		t.Error(diff)
	}
}

func TestAdapter_a_bare_event_that_is_ignored_is_a_success(t *testing.T) {
	i := invoke(moves)
	if _, err := i.Invoke(t.Context(), sample(t, "aws.ec2/createimage_dryrun.json")); err != nil || i.batches != nil {
		t.Errorf("the function answers %v, handled %v", err, i.batches)
	}
	if diff := cmp.Diff(map[telemetry.Metric]any{telemetry.EventsIgnored: 1.0}, i.counted(t)); diff != "" {
		t.Error(diff)
	}
}
