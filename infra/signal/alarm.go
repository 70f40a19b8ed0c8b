// Package signal is what lastgood tells people: its alarms and its dashboard, as plain
// tables. infra makes CloudWatch's resources of them.
package signal

import (
	"cmp"

	"lastgood/shared/telemetry"
)

// AWS's own namespaces of the metrics we look at.
const (
	sqsNamespace    = "AWS/SQS"
	lambdaNamespace = "AWS/Lambda"
)

// PeriodSeconds is how long one datapoint of an alarm is, unless it says otherwise. Shorter
// ones would only see the gaps between two runs of reconcile.
const PeriodSeconds = 300

// A Series is one metric of one thing.
type Series struct {
	Namespace string
	Metric    string
	Dimension string // what it is split by; none: over all functions
	Value     string // which of them
}

// An Alarm is one thing somebody has to hear of.
type Alarm struct {
	Name      string
	Series    Series
	Statistic string
	Below     bool // it is on below the threshold, otherwise above it
	Threshold float64
	Seconds   int // how long one datapoint is; 0: PeriodSeconds
	Periods   int // how many datapoints are looked at
	Breaching int // how many of them turn it on
	// SilenceIsBad counts a datapoint that is missing as one that is wrong. Otherwise it is fine.
	SilenceIsBad bool
	Means        string // what it says, in a sentence
	First        string // the first command to run
}

// Description is the alarm's text, in the mail that it sends as well.
func (a Alarm) Description() string { return a.Means + " First: " + a.First }

// Period is how long one datapoint is, in seconds.
func (a Alarm) Period() int { return cmp.Or(a.Seconds, PeriodSeconds) }

// ours is a metric that the functions emit, over all of them.
func ours(m telemetry.Metric) Series {
	return Series{Namespace: telemetry.Namespace, Metric: string(m)}
}

// lambda is one of Lambda's own metrics of a function.
func lambda(metric string, f telemetry.Function) Series {
	return Series{Namespace: lambdaNamespace, Metric: metric, Dimension: "FunctionName", Value: f.Name()}
}

// queue is one of SQS's own metrics of a queue.
func queue(metric, name string) Series {
	return Series{Namespace: sqsNamespace, Metric: metric, Dimension: "QueueName", Value: name}
}
