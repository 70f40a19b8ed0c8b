package signal

import (
	"encoding/json"
	"fmt"
	"strings"

	"lastgood/shared/config"
	"lastgood/shared/telemetry"
)

// DashboardName is the name of a Region's dashboard. Dashboards are global: one account's
// Regions see each other's.
func DashboardName(region string) string { return "lastgood-" + region }

// Place says whose dashboard it is. Partition and Account may be CDK tokens.
type Place struct{ Partition, Region, Account string }

const (
	half, third = gridWidth / 2, gridWidth / 3
	msPerSecond = 1000
	secPerHour  = 3600
)

// Dashboard is the body of the Region's dashboard, from the question an on-call person
// has first to the details.
func Dashboard(c config.Config, at Place) (string, error) {
	widgets := []widget{introduction(c, at), alarmStates(c, at)}
	for _, g := range graphs(c) {
		widgets = append(widgets, g.widget(at.Region))
	}
	widgets = append(widgets, meanings(c, at))
	body, err := json.Marshal(map[string]any{"start": "-P1D", "widgets": arrange(widgets)})
	if err != nil {
		return "", fmt.Errorf("writing the dashboard: %w", err)
	}
	return string(body), nil
}

func introduction(c config.Config, at Place) widget {
	return text(2*third, graphHeight, strings.Join([]string{
		"# lastgood, " + at.Region,
		"For each instance the parameter `" + c.Parameter.Prefix + "i-…` names its newest good image in this Region. " +
			"The age of what it names is what a restore would lose now.",
		"",
		"1. **Restoring?** `lastgood restore i-… --region " + at.Region + "`. Pointers hold whatever is red here, but for *dangling* and *stale* ones.",
		"2. **An alarm is red?** At the bottom is what it means and the first command to run.",
		"3. **All quiet, but is it right?** `lastgood status` lists every pointer, `lastgood doctor` looks for what is broken.",
		"",
		"Events move pointers within minutes. Reconcile looks at everything every " + c.ReconcileEvery.String() +
			" and makes good what events missed: a *repair*.",
	}, "\n"))
}

func alarmStates(c config.Config, at Place) widget {
	var arns []string
	for _, a := range Alarms(c, at.Region) {
		arns = append(arns, fmt.Sprintf("arn:%s:cloudwatch:%s:%s:alarm:%s", at.Partition, at.Region, at.Account, a.Name))
	}
	return widget{Type: "alarm", Width: third, Height: graphHeight, Properties: map[string]any{"title": "Alarms", "alarms": arns}}
}

// meanings is the table of alarms, in the words of the alarms.
func meanings(c config.Config, at Place) widget {
	rows := []string{"## What an alarm means, and the first command to run", "| alarm | means | first |", "|---|---|---|"}
	for _, a := range Alarms(c, at.Region) {
		rows = append(rows, fmt.Sprintf("| %s | %s | `%s` |", a.Name, a.Means, a.First))
	}
	return text(gridWidth, 2*graphHeight, strings.Join(rows, "\n"))
}

func graphs(c config.Config) []graph {
	look := looks(c) * PeriodSeconds
	return []graph{
		{
			title: "Age of what pointers name, of instances still backed up: what a restore would lose now", unit: "hours", width: half, period: look,
			lines: quantiles(telemetry.PointerAge, secPerHour),
			limit: c.MaxPointerAge.Std().Hours(), says: "maxPointerAge, " + c.MaxPointerAge.String(),
		},
		{
			title: "Pointers", unit: "pointers", width: half, period: look,
			lines: counts("Maximum", telemetry.PointersTracked, telemetry.PointersDangling, telemetry.PointersStale, telemetry.PointersUnconfirmed),
		},
		{
			title: "Moves, and repairs of what events missed", unit: "pointers", width: third, period: PeriodSeconds,
			lines: counts("Sum", telemetry.PointersMoved, telemetry.PointersRepaired),
		},
		{
			title: "From the event to the pointer's move", unit: "seconds", width: third, period: PeriodSeconds,
			lines: quantiles(telemetry.EventToPointerLag, msPerSecond),
		},
		{
			title: "Copies: from the original's creation to the pointer's move", unit: "hours", width: third, period: look,
			lines: quantiles(telemetry.CopyLag, secPerHour),
		},
		{
			title: "Reconciles completed, what they failed on and what they left for the next one", unit: "", width: third, period: PeriodSeconds,
			lines: counts("Sum", telemetry.ReconcilesCompleted, telemetry.ReconcileFailures, telemetry.ReconcileUnfinished, telemetry.ImagesWaiting),
		},
		{
			title: "Captures of policies", unit: "targets", width: third, period: PeriodSeconds,
			lines: counts("Sum", telemetry.CapturesQueued, telemetry.CapturesMade, telemetry.CapturesFailed, telemetry.CapturesSkipped, telemetry.ScriptsFailed),
		},
		{
			title: "From the scheduled time to the capture", unit: "seconds", width: third, period: PeriodSeconds,
			lines: quantiles(telemetry.CaptureLateness, 0),
		},
		{
			title: "How long applications were frozen", unit: "seconds", width: third, period: PeriodSeconds,
			lines: quantiles(telemetry.FrozenTime, 0),
		},
		{
			title: "Copies and deletions of what policies made", unit: "", width: third, period: PeriodSeconds,
			lines: counts("Sum", telemetry.CopiesStarted, telemetry.CopiesWaiting, telemetry.CopiesFailed, telemetry.PointsPruned, telemetry.PruneFailed),
		},
		{
			title: "Auto Scaling groups given another image, refused and failed", unit: "groups", width: third, period: PeriodSeconds,
			lines: counts("Sum", telemetry.RolloutsStarted, telemetry.RolloutsRefused, telemetry.RolloutsFailed),
		},
		{
			title: "Dead letters", unit: "messages", width: third, period: PeriodSeconds,
			lines: perQueue("ApproximateNumberOfMessagesVisible", telemetry.DeadLetters, telemetry.ThawDeadLetters),
		},
		{
			title: "How long the oldest message has waited", unit: "seconds", width: third, period: PeriodSeconds,
			lines: perQueue("ApproximateAgeOfOldestMessage", telemetry.Queues()...),
		},
		{
			title: "Longest invocation, where it may come near its limit", unit: "seconds", width: third, period: PeriodSeconds,
			lines: perFunction("Duration", "Maximum", msPerSecond, telemetry.Reconcile, telemetry.Capture),
		},
		{
			title: "Events and images that moved nothing", unit: "", width: third, period: PeriodSeconds,
			lines: counts("Sum", telemetry.EventsBad, telemetry.EventsFailed, telemetry.EventsIgnored, telemetry.TagsContradicting,
				telemetry.ImagesClaimed, telemetry.ImagesUnattributed, telemetry.ImagesUnresolved),
		},
	}
}

// quantiles are a metric's worst, nine of ten, and middle.
func quantiles(m telemetry.Metric, divisor int) []line {
	return []line{
		{series: ours(m), stat: "Maximum", label: "worst", divisor: divisor},
		{series: ours(m), stat: "p90", label: "90 of 100 are below", divisor: divisor},
		{series: ours(m), stat: "p50", label: "half are below", divisor: divisor},
	}
}

func counts(stat string, metrics ...telemetry.Metric) []line {
	var lines []line
	for _, m := range metrics {
		lines = append(lines, line{series: ours(m), stat: stat, label: string(m)})
	}
	return lines
}

// perFunction is one of Lambda's own metrics of each function.
func perFunction(metric, stat string, divisor int, functions ...telemetry.Function) []line {
	var lines []line
	for _, f := range functions {
		lines = append(lines, line{series: lambda(metric, f), stat: stat, label: string(f), divisor: divisor})
	}
	return lines
}

// perQueue is the worst of one of SQS's own metrics of each queue.
func perQueue(metric string, names ...string) []line {
	var lines []line
	for _, name := range names {
		lines = append(lines, line{series: queue(metric, name), stat: "Maximum", label: name})
	}
	return lines
}
