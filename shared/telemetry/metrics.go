package telemetry

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"
)

// Recorder gathers the metrics of one invocation and writes them as one line in
// CloudWatch's embedded metric format, which costs no API call:
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
//
// It is not safe for concurrent use: an execution environment handles one invocation at a time.
type Recorder struct {
	Function Function
	Out      io.Writer
	Now      func() time.Time

	counts map[Metric]int
	values map[Metric][]float64
}

// maxValues is how many values of a metric one line may hold.
const maxValues = 100

// units are those of the metrics that are no counts, as CloudWatch names them.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html
var units = map[Metric]string{
	EventToPointerLag: "Milliseconds", PointerAge: "Seconds", CopyLag: "Seconds", CaptureLateness: "Seconds", FrozenTime: "Seconds",
}

// Unit is the metric's unit.
func (m Metric) Unit() string { return cmp.Or(units[m], "Count") }

// Count adds one to each metric.
func (r *Recorder) Count(metrics ...Metric) {
	for _, m := range metrics {
		r.Add(m, 1)
	}
}

// Add adds n to a metric. Adding 0 has it say 0, which is not the same as nothing.
func (r *Recorder) Add(m Metric, n int) {
	if r.counts == nil {
		r.counts = map[Metric]int{}
	}
	r.counts[m] += n
}

// Lag records how long after an event its pointer moved.
func (r *Recorder) Lag(d time.Duration) { r.observe(EventToPointerLag, float64(d.Milliseconds())) }

// Age records a length of time, in seconds.
func (r *Recorder) Age(m Metric, d time.Duration) { r.observe(m, d.Seconds()) }

func (r *Recorder) observe(m Metric, value float64) {
	if r.values == nil {
		r.values = map[Metric][]float64{}
	}
	r.values[m] = append(r.values[m], value)
}

// Flush writes what was recorded, if anything was, in as many lines as it takes, and
// starts anew.
func (r *Recorder) Flush() error {
	out := json.NewEncoder(r.Out)
	for len(r.counts)+len(r.values) > 0 {
		if err := out.Encode(r.line()); err != nil {
			return fmt.Errorf("writing metrics: %w", err)
		}
	}
	return nil
}

// line takes as much of what was recorded as goes into one line.
func (r *Recorder) line() map[string]any {
	line := map[string]any{"Function": r.Function}
	var definitions []map[string]string
	for m, n := range r.counts {
		line[string(m)] = n
		definitions = append(definitions, map[string]string{"Name": string(m), "Unit": m.Unit()})
	}
	r.counts = nil
	for m, values := range r.values {
		some := values[:min(len(values), maxValues)]
		line[string(m)] = some
		definitions = append(definitions, map[string]string{"Name": string(m), "Unit": m.Unit()})
		if r.values[m] = values[len(some):]; len(r.values[m]) == 0 {
			delete(r.values, m)
		}
	}
	slices.SortFunc(definitions, func(a, b map[string]string) int { return cmp.Compare(a["Name"], b["Name"]) })
	line["_aws"] = map[string]any{
		"Timestamp": r.Now().UnixMilli(),
		"CloudWatchMetrics": []any{map[string]any{
			"Namespace": Namespace, "Dimensions": [][]string{{}, {"Function"}}, "Metrics": definitions,
		}},
	}
	return line
}
