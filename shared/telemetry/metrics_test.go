package telemetry

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var now = time.Date(2026, 9, 1, 2, 0, 5, 678_000_000, time.UTC)

func recorder() (*Recorder, *bytes.Buffer) {
	var out bytes.Buffer
	return &Recorder{Function: ImageState, Out: &out, Now: func() time.Time { return now }}, &out
}

func flush(t *testing.T, r *Recorder) {
	t.Helper()
	if err := r.Flush(); err != nil {
		t.Fatal(err)
	}
}

func TestFlush_writes_one_line_of_embedded_metrics(t *testing.T) {
	r, out := recorder()
	r.Count(PointersMoved, EventsFailed)
	r.Count(PointersMoved)
	r.Count()
	r.Lag(1500 * time.Millisecond)
	r.Lag(400 * time.Microsecond)
	flush(t, r)
	want := `{"EventToPointerLag":[1500,0],"EventsFailed":1,"Function":"imagestate","PointersMoved":2,"_aws":{` +
		`"CloudWatchMetrics":[{"Dimensions":[[],["Function"]],"Metrics":[` +
		`{"Name":"EventToPointerLag","Unit":"Milliseconds"},{"Name":"EventsFailed","Unit":"Count"},{"Name":"PointersMoved","Unit":"Count"}],` +
		`"Namespace":"Lastgood"}],"Timestamp":1788228005678}}` + "\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

// document is a line of metrics as the specification has it:
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
type document struct {
	Timestamp         int64
	CloudWatchMetrics []struct {
		Namespace  string
		Dimensions [][]string
		Metrics    []struct{ Name, Unit string }
	}
}

// conforms holds a line to the specification's own words.
func conforms(t *testing.T, line []byte) {
	t.Helper()
	var root map[string]json.RawMessage
	if err := json.Unmarshal(line, &root); err != nil || bytes.Count(line, []byte("\n")) != 1 {
		t.Fatalf("not one line with an object: %v: %s", err, line)
	}
	var d document
	strict := json.NewDecoder(bytes.NewReader(root["_aws"]))
	strict.DisallowUnknownFields() // "MUST NOT contain any additional members"
	if err := strict.Decode(&d); err != nil {
		t.Fatal(err)
	}
	if at := time.UnixMilli(d.Timestamp); !at.Equal(now) {
		t.Errorf("Timestamp: %v", at)
	}
	for _, directive := range d.CloudWatchMetrics {
		if n := len(directive.Namespace); n < 1 || n > 1024 {
			t.Errorf("Namespace: %q", directive.Namespace)
		}
		if len(directive.Dimensions) == 0 {
			t.Error("no set of dimensions")
		}
		for _, set := range directive.Dimensions {
			for _, key := range set {
				var value string
				if err := json.Unmarshal(root[key], &value); err != nil || value == "" || len(value) > 1024 {
					t.Errorf("the dimension %s has no value: %v", key, err)
				}
			}
		}
		if n := len(directive.Metrics); n < 1 || n > 100 {
			t.Errorf("%d metrics", n)
		}
		for _, m := range directive.Metrics {
			if !slices.Contains([]string{"Count", "Milliseconds", "Seconds"}, m.Unit) {
				t.Errorf("%s has the unit %q", m.Name, m.Unit)
			}
			var values []float64
			if err := json.Unmarshal(root[m.Name], &values); err != nil {
				var one float64
				if err := json.Unmarshal(root[m.Name], &one); err != nil {
					t.Errorf("%s is no number: %v", m.Name, err)
				}
				continue
			}
			if len(values) < 1 || len(values) > 100 {
				t.Errorf("%s has %d values", m.Name, len(values))
			}
		}
	}
}

func TestFlush_conforms_whatever_was_recorded(t *testing.T) {
	for name, record := range map[string]func(*Recorder){
		"one_metric":     func(r *Recorder) { r.Count(EventsBad) },
		"every_metric":   func(r *Recorder) { r.Count(Metrics[:len(Metrics)-1]...); r.Lag(time.Second) },
		"only_a_lag":     func(r *Recorder) { r.Lag(time.Second) },
		"a_batch_of_lag": func(r *Recorder) { lags(r, maxValues) },
		"a_clock_behind": func(r *Recorder) { r.Lag(-time.Second) },
	} {
		t.Run(name, func(t *testing.T) {
			r, out := recorder()
			record(r)
			flush(t, r)
			conforms(t, out.Bytes())
		})
	}
}

func lags(r *Recorder, n int) {
	for i := range n {
		r.Lag(time.Duration(i) * time.Millisecond)
	}
}

func TestFlush_takes_as_many_lines_as_the_values_need(t *testing.T) {
	r, out := recorder()
	lags(r, 250)
	r.Count(PointersMoved)
	flush(t, r)
	lines := bytes.Split(bytes.TrimSpace(out.Bytes()), []byte("\n"))
	if len(lines) != 3 {
		t.Fatalf("%d lines for 250 values, want 3", len(lines))
	}
	total := 0
	for i, raw := range lines {
		conforms(t, append(raw, '\n'))
		var line map[Metric]json.RawMessage
		if err := json.Unmarshal(raw, &line); err != nil {
			t.Fatal(err)
		}
		var values []float64
		if err := json.Unmarshal(line[EventToPointerLag], &values); err != nil {
			t.Fatal(err)
		}
		total += len(values)
		if _, counted := line[PointersMoved]; counted != (i == 0) {
			t.Errorf("line %d counts: %v; a count belongs into one line", i, counted)
		}
	}
	if total != 250 {
		t.Errorf("%d values were written, not 250", total)
	}
}

func TestFlush_writes_nothing_when_nothing_was_recorded(t *testing.T) {
	r, out := recorder()
	flush(t, r)
	r.Count()
	flush(t, r)
	if out.Len() > 0 {
		t.Errorf("wrote %s", out)
	}
}

func TestFlush_starts_anew(t *testing.T) {
	r, out := recorder()
	r.Count(PointersMoved)
	r.Lag(time.Second)
	flush(t, r)
	out.Reset()
	flush(t, r)
	if out.Len() > 0 {
		t.Errorf("wrote again: %s", out)
	}
	r.Count(EventsBad)
	flush(t, r)
	if strings.Contains(out.String(), string(PointersMoved)) || strings.Contains(out.String(), string(EventToPointerLag)) {
		t.Errorf("counted twice: %s", out)
	}
}

type brokenWriter struct{ err error }

func (w brokenWriter) Write([]byte) (int, error) { return 0, w.err }

func TestFlush_says_that_it_could_not_write(t *testing.T) {
	failure := errors.New("the pipe is broken")
	r, _ := recorder()
	r.Out = brokenWriter{failure}
	r.Count(EventsBad)
	if err := r.Flush(); !errors.Is(err, failure) {
		t.Errorf("Flush: %v", err)
	}
}
