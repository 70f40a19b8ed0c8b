package event

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"lastgood/shared/telemetry"
)

// junk are payloads that are neither a batch from SQS nor an event.
var junk = map[string]string{
	"nothing":           "",
	"no_JSON":           "hello",
	"null":              "null",
	"a_list":            "[]",
	"an_empty_object":   "{}",
	"an_empty_batch":    `{"Records":[]}`,
	"a_batch_of_SNS":    `{"Records":[{"EventSource":"aws:sns","Sns":{"Message":"x"}}]}`,
	"a_batch_of_S3":     `{"Records":[{"eventSource":"aws:s3","s3":{}}]}`,
	"records_no_list":   `{"Records":"x"}`,
	"a_schedules_input": `{"policy":"daily-web"}`,
	"detail_type_empty": `{"detail-type":"","source":"aws.ec2"}`,
	"detail_type_an_id": `{"detail-type":7}`,
}

func TestAdapter_answers_a_junk_payload_with_an_error(t *testing.T) {
	for name, payload := range junk {
		t.Run(name, func(t *testing.T) {
			i := invoke(moves)
			if got, err := i.Invoke(t.Context(), []byte(payload)); err == nil || got != nil || i.batches != nil {
				t.Errorf("answers %s, %v, handled %v", got, err, i.batches)
			}
			if diff := cmp.Diff(map[telemetry.Metric]any{telemetry.EventsBad: 1.0}, i.counted(t)); diff != "" {
				t.Error(diff)
			}
			lines := i.logged(t)
			if len(lines) != 1 || lines[0][telemetry.FieldOutcome] != "bad-event" {
				t.Errorf("logged %v", lines)
			}
		})
	}
}

func TestAdapter_never_logs_a_payload(t *testing.T) {
	for name, payload := range map[string][]byte{
		"junk":       []byte(`{"password":"hunter2"}`),
		"bare_event": edited(t, "aws.ec2/createimage_cli.json", edits{"detail.requestParameters.instanceId": 1, "detail.requestParameters.name": "hunter2"}),
		"no_JSON":    []byte(`{"detail-type":"x","detail":hunter2}`),
	} {
		i := invoke(moves)
		if _, err := i.Invoke(t.Context(), payload); err == nil {
			t.Errorf("%s: accepted", name)
		}
		if log := i.log.String(); strings.Contains(log, "hunter2") {
			t.Errorf("%s: logged: %s", name, log)
		}
	}
}

func TestAdapter_the_handlers_time_ends_before_the_invocations(t *testing.T) {
	deadline := time.Now().Add(time.Hour)
	ctx, cancel := context.WithDeadline(t.Context(), deadline)
	defer cancel()
	var handlers time.Time
	i := invoke(func(ctx context.Context, e CreateImage) telemetry.Outcome {
		handlers, _ = ctx.Deadline()
		return moves(ctx, e)
	})
	if _, err := i.Invoke(ctx, of(t, "event-1", web)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(deadline.Add(-reserve), handlers); diff != "" {
		t.Error(diff)
	}
}

func TestAdapter_without_a_deadline_the_handler_has_none(t *testing.T) {
	i := invoke(func(ctx context.Context, e CreateImage) telemetry.Outcome {
		if at, has := ctx.Deadline(); has {
			t.Errorf("the handler's time ends at %v", at)
		}
		return moves(ctx, e)
	})
	if _, err := i.Invoke(context.Background(), of(t, "event-1", web)); err != nil {
		t.Fatal(err)
	}
}

// What is left is too little to begin with: the handler is told so, its events come again.
func TestAdapter_an_invocation_that_is_nearly_over_fails_its_events(t *testing.T) {
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(reserve/2))
	defer cancel()
	i := invoke(func(ctx context.Context, _ CreateImage) telemetry.Outcome { return telemetry.Failed(ctx.Err()) })
	got, err := i.Invoke(ctx, batchOf(t, message("1", of(t, "event-1", web))))
	if want := `{"batchItemFailures":[{"itemIdentifier":"1"}]}`; err != nil || string(got) != want {
		t.Errorf("%s, %v", cmp.Diff(want, string(got)), err)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("the pipe is broken") }

// What was done is done; that it could not be counted must not make it come again.
func TestAdapter_metrics_that_cannot_be_written_fail_no_event(t *testing.T) {
	i := invoke(moves)
	i.Metrics.Out = brokenWriter{}
	got, err := i.Invoke(t.Context(), batchOf(t, message("1", of(t, "event-1", web))))
	if want := `{"batchItemFailures":[]}`; err != nil || string(got) != want {
		t.Errorf("%s, %v", cmp.Diff(want, string(got)), err)
	}
	lines := i.logged(t)
	if len(lines) != 2 || lines[1]["level"] != "ERROR" || lines[1]["msg"] != "metrics" {
		t.Errorf("logged %v", lines)
	}
}

func FuzzAdapter(f *testing.F) {
	for _, raw := range sampleFiles(f) {
		f.Add(raw)
		f.Add(batchOf(f, message("1", raw), message("2", []byte("{"))))
	}
	for _, payload := range junk {
		f.Add([]byte(payload))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		i := invoke(moves)
		got, err := i.Invoke(context.Background(), payload)
		refused := func(body []byte) bool {
			_, err := DecodeCreateImage(body)
			_, not := errors.AsType[NotForUs](err)
			return err != nil && !not
		}
		var batch events.SQSEvent
		switch {
		case err != nil && got != nil:
			t.Errorf("answers %s and %v", got, err)
		case err != nil:
		case got == nil && refused(payload):
			t.Error("a bare event that cannot be decoded is a success")
		case got != nil:
			if err := json.Unmarshal(payload, &batch); err != nil {
				t.Fatalf("answers %s to what is no batch: %v", got, err)
			}
			var want, failed []string
			for _, m := range batch.Records {
				if refused([]byte(m.Body)) {
					want = append(want, m.MessageId)
				}
			}
			var response events.SQSEventResponse
			if err := json.Unmarshal(got, &response); err != nil {
				t.Fatal(err)
			}
			for _, m := range response.BatchItemFailures {
				failed = append(failed, m.ItemIdentifier)
			}
			if diff := cmp.Diff(want, failed); diff != "" {
				t.Error(diff)
			}
		}
		if i.metrics.Len() == 0 || i.log.Len() == 0 {
			t.Error("neither counted nor logged")
		}
	})
}
