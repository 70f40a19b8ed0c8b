package main

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lastgood/infra/signal"
	"lastgood/shared/config"
	"lastgood/shared/telemetry"
)

// alarms are the alarms of a template by name.
func alarms(t *testing.T, tpl template) map[string]map[string]any {
	t.Helper()
	all := map[string]map[string]any{}
	for _, a := range tpl.of(t, "AWS::CloudWatch::Alarm") {
		all[text(a.Properties["AlarmName"])] = a.Properties
	}
	return all
}

// seriesOf spells out which metric an alarm looks at: namespace, name, and of what.
func seriesOf(alarm map[string]any) string {
	from := any(alarm)
	if alarm["Metrics"] != nil {
		from = at(alarm, "Metrics", 1, "MetricStat", "Metric")
	}
	of, _ := at(from, "Dimensions", 0, "Value").(string)
	return strings.TrimSpace(fmt.Sprintf("%v %v %s", at(from, "Namespace"), at(from, "MetricName"), of))
}

func TestAlarms_watch_every_function(t *testing.T) {
	eachTemplate(t, func(t *testing.T, _ synthesis, tpl template) {
		watched := map[string]bool{}
		for _, a := range alarms(t, tpl) {
			watched[seriesOf(a)] = true
		}
		for _, f := range telemetry.Functions {
			for _, metric := range []string{"Errors", "Throttles"} {
				if !watched["AWS/Lambda "+metric+" "+f.Name()] {
					t.Errorf("nobody hears of the %s of %s", metric, f)
				}
			}
		}
		for _, queue := range tpl.of(t, kindQueue) {
			name := text(queue.Properties["QueueName"])
			if queue.Properties["RedrivePolicy"] == nil && !watched["AWS/SQS ApproximateNumberOfMessagesVisible "+name] {
				t.Errorf("nobody hears of what ends in %s", name)
			}
		}
	})
}

// silent are the metrics that no alarm is for, each with the reason.
var silent = map[telemetry.Metric]string{
	telemetry.PointersMoved:       "that is what it is all for",
	telemetry.ImagesUnattributed:  "a golden image from elsewhere is normal",
	telemetry.ImagesUnresolved:    "a Region that is down is known otherwise, and reconcile asks again",
	telemetry.ImagesClaimed:       "status shows them, a person accepts them one by one",
	telemetry.EventsIgnored:       "not for us is normal",
	telemetry.EventsBad:           "they end in the dead-letter queue, which has an alarm",
	telemetry.EventsFailed:        "they come again, or end in the dead-letter queue",
	telemetry.EventToPointerLag:   "what it costs shows in the pointers' age, which has an alarm",
	telemetry.PointsPruned:        "that is what retention is for",
	telemetry.CopiesStarted:       "what they cost when missing shows in the pointers' age in the Region copied to",
	telemetry.RolloutsStarted:     "that is what following is for",
	telemetry.PointersTracked:     "how many there should be, nobody but a person knows",
	telemetry.PointerAge:          "PointersStale counts those for which an age means something",
	telemetry.CopyLag:             "what it costs shows in the pointers' age in the Region copied to",
	telemetry.CapturesQueued:      "how many targets a policy should have, nobody but a person knows",
	telemetry.CapturesMade:        "that is what policies are for",
	telemetry.CapturesSkipped:     "a target that is gone is normal, and one whose scripts failed counts as ScriptsFailed",
	telemetry.CaptureLateness:     "a long queue is as it should be; what it costs shows in the pointers' age",
	telemetry.FrozenTime:          "how long an application may stand still, nobody but a person knows",
	telemetry.ReconcileUnfinished: "a run that is not finished is none that is completed, which has an alarm",
	telemetry.ImagesWaiting:       "images that nobody can attribute are normal, and every one has its turn",
}

func TestAlarms_are_of_metrics_that_are_emitted_and_leave_none_out_without_a_reason(t *testing.T) {
	eachTemplate(t, func(t *testing.T, _ synthesis, tpl template) {
		var decided []string
		for name, a := range alarms(t, tpl) {
			namespace, metric, _ := strings.Cut(seriesOf(a), " ")
			if namespace != telemetry.Namespace {
				continue
			}
			if !slices.Contains(telemetry.Metrics, telemetry.Metric(metric)) {
				t.Errorf("%s is of %s, which nobody emits", name, metric)
			}
			decided = append(decided, metric)
		}
		for m, reason := range silent {
			if len(strings.Fields(reason)) < 5 {
				t.Errorf("%s: %q is not a reason", m, reason)
			}
			decided = append(decided, string(m))
		}
		var all []string
		for _, m := range telemetry.Metrics {
			all = append(all, string(m))
		}
		slices.Sort(all)
		slices.Sort(decided)
		if diff := cmp.Diff(all, decided); diff != "" {
			t.Errorf("(-emitted +with an alarm, or a reason for none)\n%s", diff)
		}
	})
}

func TestAlarms_tell_the_topic_both_ways_and_say_what_to_do(t *testing.T) {
	eachTemplate(t, func(t *testing.T, _ synthesis, tpl template) {
		topic := ""
		for id := range tpl.of(t, kindTopic) {
			topic = "${" + id + "}"
		}
		for name, a := range alarms(t, tpl) {
			for _, actions := range []string{"AlarmActions", "OKActions"} {
				if diff := cmp.Diff([]string{topic}, texts(a[actions])); diff != "" {
					t.Errorf("%s, %s: %s", name, actions, diff)
				}
			}
			means, first, found := strings.Cut(text(a["AlarmDescription"]), " First: ")
			if !found || !regexp.MustCompile(`^(lastgood|aws) \w+`).MatchString(first) || !strings.HasSuffix(means, ".") && !strings.HasSuffix(means, "?") {
				t.Errorf("%s says %q", name, text(a["AlarmDescription"]))
			}
			if len(text(a["AlarmDescription"])) > 1024 {
				t.Errorf("%s says more than CloudWatch takes", name)
			}
		}
	})
}

func TestAlarms_take_silence_for_fine_but_for_a_reconcile_that_is_overdue(t *testing.T) {
	eachTemplate(t, func(t *testing.T, _ synthesis, tpl template) {
		for name, a := range alarms(t, tpl) {
			want := []any{"notBreaching", "GreaterThanThreshold", 0.}
			if name == "lastgood-reconcile-overdue" {
				want = []any{"breaching", "LessThanThreshold", 1.}
			}
			if diff := cmp.Diff(want, []any{a["TreatMissingData"], a["ComparisonOperator"], a["Threshold"]}); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
			// What only reconcile measures is there in each window, or it would go off and on.
			period, _ := a["Period"].(float64)
			window := a["EvaluationPeriods"].(float64) * period
			if at := seriesOf(a); strings.HasSuffix(at, "Stale") || strings.HasSuffix(at, "Dangling") {
				if every := variantEvery(t, tpl); window < 2*every {
					t.Errorf("%s looks at %v s, and reconcile runs every %v s", name, window, every)
				}
			}
		}
	})
}

// variantEvery is how often a template's reconcile runs, in seconds.
func variantEvery(t *testing.T, tpl template) float64 {
	t.Helper()
	var minutes float64
	for _, s := range tpl.of(t, kindSchedule) {
		if text(s.Properties["Name"]) != telemetry.Reconcile.Name() {
			continue
		}
		if _, err := fmt.Sscanf(text(s.Properties["ScheduleExpression"]), "rate(%f minute", &minutes); err != nil {
			t.Fatal(err)
		}
	}
	return 60 * minutes
}

var alarmRow = regexp.MustCompile("(?m)^\\| `(lastgood-[a-z-]+)` \\| (.*) \\| `(.*)` \\|$")

// The page has the alarms of the default configuration, word for word and no others.
func TestOperations_page_has_the_alarms_that_are_synthesized(t *testing.T) {
	page, err := os.ReadFile("../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for _, a := range signal.Alarms(config.Default(), "<region>") {
		want[a.Name] = a.Description()
	}
	got := map[string]string{}
	for _, m := range alarmRow.FindAllStringSubmatch(string(page), -1) {
		got[m[1]] = m[2] + " First: " + m[3]
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-alarms +docs/operations.md)\n%s", diff)
	}
	eachTemplate(t, func(t *testing.T, _ synthesis, tpl template) {
		if diff := cmp.Diff(slices.Sorted(maps.Keys(alarms(t, tpl))), slices.Sorted(maps.Keys(got))); diff != "" {
			t.Errorf("(-synthesized +docs/operations.md)\n%s", diff)
		}
	})
}
