package docs_test

import (
	"fmt"
	"strings"
	"testing"

	"lastgood/infra/signal"
	"lastgood/shared/config"
	"lastgood/shared/telemetry"
)

// List prices of us-east-1, in USD.
const (
	sqsRequest     = 0.40 / 1e6
	lambdaGBSecond = 0.0000133334 // arm64
	lambdaRequest  = 0.20 / 1e6
	scheduled      = 1.00 / 1e6
	kmsKey         = 1.00
	kmsRequest     = 0.03 / 1e4
	alarm          = 0.10
	customMetric   = 0.30
	logGB          = 0.50
)

// What the page takes for given.
const (
	hours            = 730
	eventsPerBackup  = 3
	requestsPerEvent = 3
	pollsPerMinute   = 5 * 3
	runsPerHour      = 4
	kmsPerCopy       = 3
	metricsAlways    = 22
	kbPerEvent       = 1.5
	keys             = 2
)

// A fleet is a number of instances, each backed up once an hour.
type fleet struct {
	instances          float64
	runSeconds, kbARun float64 // of reconcile
}

func TestOperations_page_reckons_the_costs_right(t *testing.T) {
	page := read(t, "operations.md")
	fleets := []fleet{{10, 2, 3}, {100, 5, 4}, {1000, 40, 15}}
	functions, alarms := float64(len(telemetry.Functions)), float64(len(signal.Alarms(config.Default(), "")))
	const runs = hours * runsPerHour
	together := make([]float64, len(fleets))
	for _, item := range []struct {
		name string
		cost func(f fleet, events float64) float64
	}{
		{"queues, polled while idle", func(fleet, float64) float64 { return pollsPerMinute * 60 * hours * functions * sqsRequest }},
		{"queues, messages", func(_ fleet, events float64) float64 { return (events + runs) * requestsPerEvent * sqsRequest }},
		{"event functions", func(_ fleet, events float64) float64 { return events * (0.25*lambdaGBSecond + lambdaRequest) }},
		{"reconcile and its schedule", func(f fleet, _ float64) float64 {
			return runs * (f.runSeconds*0.5*lambdaGBSecond + lambdaRequest + scheduled)
		}},
		{"KMS keys", func(fleet, float64) float64 { return keys * kmsKey }},
		{"KMS requests", func(f fleet, _ float64) float64 { return f.instances * hours * kmsPerCopy * kmsRequest }},
		{"alarms", func(fleet, float64) float64 { return alarms * alarm }},
		{"custom metrics", func(fleet, float64) float64 { return metricsAlways * customMetric }},
		{"logs", func(f fleet, events float64) float64 { return (events*kbPerEvent + runs*f.kbARun) / 1e6 * logGB }},
	} {
		row := "| " + item.name + " |"
		for i, f := range fleets {
			cost := item.cost(f, f.instances*hours*eventsPerBackup)
			together[i] += cost
			row += fmt.Sprintf(" %.2f |", cost)
		}
		if !strings.Contains(page, "\n"+row+"\n") {
			t.Errorf("it should say\n%s", row)
		}
	}
	row := "| **together** |"
	for _, cost := range together {
		row += fmt.Sprintf(" **%.2f** |", cost)
	}
	if !strings.Contains(page, "\n"+row+"\n") {
		t.Errorf("it should say\n%s", row)
	}
}
