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
	lags   []float64
}

// maxValues is how many values of a metric one line may hold.
const maxValues = 100

// Count adds one to each metric.
func (r *Recorder) Count(metrics ...Metric) {
	if r.counts == nil {
		r.counts = map[Metric]int{}
	}
	for _, m := range metrics {
		r.counts[m]++
	}
}

// Lag records how long after an event its pointer moved.
func (r *Recorder) Lag(d time.Duration) {
	if len(r.lags) < maxValues {
		r.lags = append(r.lags, float64(d.Milliseconds()))
	}
}

// Flush writes what was recorded, if anything was, and starts anew.
func (r *Recorder) Flush() error {
	line := map[string]any{"Function": r.Function}
	var definitions []map[string]string
	for m, n := range r.counts {
		line[string(m)] = n
		definitions = append(definitions, map[string]string{"Name": string(m), "Unit": "Count"})
	}
	if len(r.lags) > 0 {
		line[string(EventToPointerLag)] = r.lags
		definitions = append(definitions, map[string]string{"Name": string(EventToPointerLag), "Unit": "Milliseconds"})
	}
	r.counts, r.lags = nil, nil
	if len(definitions) == 0 {
		return nil
	}
	slices.SortFunc(definitions, func(a, b map[string]string) int { return cmp.Compare(a["Name"], b["Name"]) })
	line["_aws"] = map[string]any{
		"Timestamp": r.Now().UnixMilli(),
		"CloudWatchMetrics": []any{map[string]any{
			"Namespace": Namespace, "Dimensions": [][]string{{}, {"Function"}}, "Metrics": definitions,
		}},
	}
	if err := json.NewEncoder(r.Out).Encode(line); err != nil {
		return fmt.Errorf("writing metrics: %w", err)
	}
	return nil
}
