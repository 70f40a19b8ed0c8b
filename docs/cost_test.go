package docs_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"lastgood/infra/signal"
	"lastgood/shared/config"
	"lastgood/shared/telemetry"
)

// List prices of us-east-1, in USD. The page names where they are published.
const (
	sqsRequest     = 0.40 / 1e6
	fifoRequest    = 0.50 / 1e6
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
	hours             = 730
	kept              = 24 // images of each instance
	eventsPerBackup   = 3
	requestsPerEvent  = 3
	pollsPerMinute    = 5 * 3
	secondsPerEvent   = 1
	secondsPerCall    = 0.1
	secondsPerMac     = 0.02
	secondsElse       = 0.5
	waitsPerHour      = 1 // runs that give events their grace
	kmsPerCopy        = 3 // to sign it, and to verify it twice
	auditsPerDay      = 1 // of each copy
	kbPerEvent        = 1.5
	kbPerRun          = 2.5
	kbPerPointerOfRun = 0.0125
)

// always are the metrics that are there all the time, and how many functions emit them.
var always = map[telemetry.Metric]int{
	telemetry.PointersMoved: 2, telemetry.EventToPointerLag: 2,
	telemetry.PointersTracked: 1, telemetry.PointersDangling: 1, telemetry.PointersRepaired: 1, telemetry.PointersStale: 1,
	telemetry.PointerAge: 1, telemetry.CopyLag: 1, telemetry.ReconcilesCompleted: 1, telemetry.ReconcileUnfinished: 1,
}

// deployment is what the default configuration deploys in a Region.
type deployment struct {
	keys      float64
	gigabytes map[string]float64
}

func deployed(t *testing.T) deployment {
	t.Helper()
	data, err := os.ReadFile("../infra/testdata/latest.ap-northeast-1.golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var template struct {
		Resources map[string]struct {
			Type       string
			Properties struct {
				FunctionName any
				MemorySize   float64
			}
		}
	}
	if err := json.Unmarshal(data, &template); err != nil {
		t.Fatal(err)
	}
	d := deployment{gigabytes: map[string]float64{}}
	for _, r := range template.Resources {
		switch r.Type {
		case "AWS::KMS::Key":
			d.keys++
		case "AWS::Lambda::Function":
			d.gigabytes[fmt.Sprint(r.Properties.FunctionName)] = r.Properties.MemorySize / 1024
		}
	}
	return d
}

// month is what lastgood does in a month, in a DR Region, where it does the most, for
// instances that are backed up once an hour.
type month struct {
	runs, runSeconds, events, macs, logGB float64
}

func monthOf(instances float64) month {
	c := config.Default()
	runsPerHour := float64(time.Hour) / float64(c.ReconcileEvery)
	images, runsPerDay := instances*kept, 24*runsPerHour
	audits := math.Ceil(images / runsPerDay)
	calls := math.Ceil(images/1000) + math.Ceil(instances/10) + math.Ceil(audits/200)
	m := month{
		runs:       hours * runsPerHour,
		runSeconds: secondsElse + calls*secondsPerCall + audits*secondsPerMac + c.EventGrace.Std().Seconds()*waitsPerHour/runsPerHour,
		events:     instances * hours * eventsPerBackup,
		macs:       instances*hours*kmsPerCopy + images*auditsPerDay*hours/24,
	}
	m.logGB = (m.events*kbPerEvent + m.runs*(kbPerRun+kbPerPointerOfRun*instances)) / 1e6
	return m
}

func TestOperations_page_reckons_the_costs_right(t *testing.T) {
	page, d := read(t, "operations.md"), deployed(t)
	alarms, metrics := float64(len(signal.Alarms(config.Default(), ""))), 0.
	for _, functions := range always {
		metrics += 1 + float64(functions)
	}
	event, reconcile := d.gigabytes[telemetry.ImageState.Name()], d.gigabytes[telemetry.Reconcile.Name()]
	poll := 0.
	for _, queue := range telemetry.Queues() {
		if strings.HasSuffix(queue, ".fifo") {
			poll += fifoRequest
		} else {
			poll += sqsRequest
		}
	}
	var fleets []month
	for _, instances := range []float64{10, 100, 1000} {
		fleets = append(fleets, monthOf(instances))
	}
	together := make([]float64, len(fleets))
	for _, item := range []struct {
		name string
		cost func(m month) float64
	}{
		{"queues, polled while idle", func(month) float64 { return pollsPerMinute * 60 * hours * poll }},
		{"queues, messages", func(m month) float64 { return (m.events + m.runs) * requestsPerEvent * sqsRequest }},
		{"event functions", func(m month) float64 { return m.events * (secondsPerEvent*event*lambdaGBSecond + lambdaRequest) }},
		{"reconcile and its schedule", func(m month) float64 {
			return m.runs * (m.runSeconds*reconcile*lambdaGBSecond + lambdaRequest + scheduled)
		}},
		{"KMS keys", func(month) float64 { return d.keys * kmsKey }},
		{"KMS requests", func(m month) float64 { return m.macs * kmsRequest }},
		{"alarms", func(month) float64 { return alarms * alarm }},
		{"custom metrics", func(month) float64 { return metrics * customMetric }},
		{"logs", func(m month) float64 { return m.logGB * logGB }},
	} {
		row := "| " + item.name + " |"
		for i, m := range fleets {
			cost := item.cost(m)
			together[i] += cost
			row += fmt.Sprintf(" %.2f |", cost)
		}
		mustSay(t, page, "\n"+row+"\n")
	}
	holdREADME(t, together)
	row := "| **together** |"
	for _, cost := range together {
		row += fmt.Sprintf(" **%.2f** |", cost)
	}
	mustSay(t, page, "\n"+row+"\n")
	mustSay(t, page, fmt.Sprintf("taken to last %.0f s, %.0f s and %.0f s", fleets[0].runSeconds, fleets[1].runSeconds, fleets[2].runSeconds))
	mustSay(t, page, fmt.Sprintf("%.0f at %.2f", alarms, alarm))
	mustSay(t, page, fmt.Sprintf("%.0f together", metrics))
}

// holdREADME holds the README's round figures to the page's.
func holdREADME(t *testing.T, together []float64) {
	t.Helper()
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	row := "|"
	for _, cost := range together {
		row += fmt.Sprintf(" %.0f USD |", cost)
	}
	mustSay(t, string(readme), row)
	mustSay(t, string(readme), fmt.Sprintf("%.0f USD of it are there", together[0]))
}

func mustSay(t *testing.T, page, words string) {
	t.Helper()
	if !strings.Contains(page, words) {
		t.Errorf("it should say\n%s", strings.TrimSpace(words))
	}
}
