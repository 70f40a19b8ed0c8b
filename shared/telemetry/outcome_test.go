package telemetry

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func logged(o Outcome, attrs ...slog.Attr) string {
	var out bytes.Buffer
	handler := slog.NewJSONHandler(&out, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}})
	o.Log(context.Background(), slog.New(handler), attrs...)
	return out.String()
}

func TestLog_writes_one_line_for_each_outcome(t *testing.T) {
	about := slog.String(FieldEventID, "event-1")
	for name, tc := range map[string]struct {
		outcome Outcome
		want    string
	}{
		"name_alone": {Outcome{Name: "unchanged"},
			`{"level":"INFO","msg":"event","event_id":"event-1","outcome":"unchanged"}`},
		"with_fields": {Outcome{Name: "moved", Metrics: []Metric{PointersMoved}}.With(slog.String(FieldFrom, "ami-1"), slog.String(FieldTo, "ami-2")),
			`{"level":"INFO","msg":"event","event_id":"event-1","outcome":"moved","from":"ami-1","to":"ami-2"}`},
		"ignored_says_why": {Ignored("a dry run"),
			`{"level":"INFO","msg":"event","event_id":"event-1","outcome":"ignored","reason":"a dry run"}`},
		"failed_is_an_error": {Failed(errors.New("throttled")).With(slog.String(FieldSourceID, "i-1")),
			`{"level":"ERROR","msg":"event","event_id":"event-1","outcome":"failed","source_id":"i-1","error":"throttled"}`},
		"bad_is_an_error": {Bad(errors.New("no JSON")),
			`{"level":"ERROR","msg":"event","event_id":"event-1","outcome":"bad-event","error":"no JSON"}`},
		"a_line_end_stays_in_its_field": {Ignored("a\n\"b\""),
			`{"level":"INFO","msg":"event","event_id":"event-1","outcome":"ignored","reason":"a\n\"b\""}`},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want+"\n", logged(tc.outcome, about)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestOutcome_each_kind_is_counted_as_what_it_is(t *testing.T) {
	failure := errors.New("throttled")
	for name, tc := range map[string]struct {
		outcome Outcome
		metric  Metric
		err     error
	}{
		"failed":  {Failed(failure), EventsFailed, failure},
		"bad":     {Bad(failure), EventsBad, failure},
		"ignored": {Ignored("x"), EventsIgnored, nil},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff([]Metric{tc.metric}, tc.outcome.Metrics); diff != "" {
				t.Error(diff)
			}
			if !errors.Is(tc.outcome.Err, tc.err) || tc.outcome.Moved() {
				t.Errorf("%+v", tc.outcome)
			}
		})
	}
}

func TestMoved_goes_by_the_metric(t *testing.T) {
	if !(Outcome{Metrics: []Metric{TagsContradicting, PointersMoved}}).Moved() {
		t.Error("not moved")
	}
	if (Outcome{Name: "moved"}).Moved() {
		t.Error("moved")
	}
}

// One outcome may be the beginning of several.
func TestWith_leaves_the_outcome_it_is_called_on_as_it_is(t *testing.T) {
	base := Outcome{Name: "x"}.With(slog.Int("a", 1)).With(slog.Int("b", 2)).With(slog.Int("c", 3))
	one, two := base.With(slog.Int("d", 4)), base.With(slog.Int("e", 5))
	for want, o := range map[string]Outcome{
		`{"level":"INFO","msg":"event","outcome":"x","a":1,"b":2,"c":3}`:       base,
		`{"level":"INFO","msg":"event","outcome":"x","a":1,"b":2,"c":3,"d":4}`: one,
		`{"level":"INFO","msg":"event","outcome":"x","a":1,"b":2,"c":3,"e":5}`: two,
	} {
		if diff := cmp.Diff(want+"\n", logged(o)); diff != "" {
			t.Error(diff)
		}
	}
}
