package main

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lastgood/shared/config"
	"lastgood/shared/telemetry"
)

const kindFunction = "AWS::Lambda::Function"

// functionIDs finds each function's logical id by its deployed name.
func functionIDs(t *testing.T, tpl template) map[telemetry.Function]string {
	t.Helper()
	ids := map[telemetry.Function]string{}
	for id, r := range tpl.of(t, kindFunction) {
		ids[telemetry.Function(strings.TrimPrefix(text(r.Properties["FunctionName"]), "lastgood-"))] = id
	}
	if diff := cmp.Diff(slices.Sorted(slices.Values(telemetry.Functions)), slices.Sorted(maps.Keys(ids))); diff != "" {
		t.Fatal(diff)
	}
	return ids
}

func TestFunctions_are_set_up_alike(t *testing.T) {
	eachTemplate(t, func(t *testing.T, s synthesis, tpl template) {
		for f, id := range functionIDs(t, tpl) {
			got := maps.Clone(tpl.Resources[id].Properties)
			for _, own := range []string{"Code", "Description", "Environment", "LoggingConfig", "Role", "Tags"} {
				delete(got, own)
			}
			want := map[string]any{
				"FunctionName": f.Name(), "Runtime": "provided.al2023", "Handler": "bootstrap",
				"Architectures": []any{string(s.config.Architecture)}, "MemorySize": 256., "Timeout": 120.,
			}
			if own, ok := map[telemetry.Function][2]float64{telemetry.Reconcile: {512, 600}, telemetry.Capture: {256, 900}, telemetry.SnapshotState: {256, 300}, telemetry.Rollout: {256, 300}}[f]; ok {
				want["MemorySize"], want["Timeout"] = own[0], own[1]
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s:\n%s", f, diff)
			}
		}
	})
}

// What config.Environment reads and Lambda does not set itself, the stack sets, and
// nothing else. Where captures go to, only snapshot has to know.
func TestFunctions_get_the_environment_that_they_read(t *testing.T) {
	byLambda := []string{"LAMBDA_TASK_ROOT", "AWS_REGION"}
	var want []string
	environment := reflect.TypeFor[config.Environment]()
	for i := range environment.NumField() {
		name, _, _ := strings.Cut(environment.Field(i).Tag.Get("env"), ",")
		if !slices.Contains(byLambda, name) {
			want = append(want, name)
		}
	}
	slices.Sort(want)
	eachTemplate(t, func(t *testing.T, _ synthesis, tpl template) {
		for f, id := range functionIDs(t, tpl) {
			set, _ := at(tpl.Resources[id].Properties, "Environment", "Variables").(map[string]any)
			got := slices.Sorted(maps.Keys(set))
			if f == telemetry.Snapshot {
				if url := queueARN(t, tpl, telemetry.CaptureQueue); strings.Replace(text(set[captureQueueVariable]), "}", ".Arn}", 1) != url {
					t.Errorf("it sends captures to %v, want %s", set[captureQueueVariable], url)
				}
			} else {
				got = slices.Sorted(slices.Values(append(got, captureQueueVariable)))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s:\n%s", f, diff)
			}
		}
	})
}

func TestFunctions_are_fed_from_their_own_queues(t *testing.T) {
	eachTemplate(t, func(t *testing.T, s synthesis, tpl template) {
		want := map[string]string{ // queue -> who, how many messages at once, gathered for how long, by how many
			"lastgood-createimage":   "createimage 10 <nil> 2",
			"lastgood-copyimage":     "copyimage 10 <nil> 2",
			"lastgood-imagestate":    "imagestate 100 2 2",
			"lastgood-reconcile":     "reconcile 1 <nil> 2",
			"lastgood-rollout":       "rollout 50 2 2",
			"lastgood-snapshot":      "snapshot 1 <nil> 2",
			"lastgood-snapshotstate": "snapshotstate 50 2 2",
			"lastgood-capture.fifo":  fmt.Sprintf("capture 1 <nil> %d", s.config.CaptureConcurrency),
			"lastgood-thaw.fifo":     "capture 1 <nil> 2",
		}
		fed := map[string]telemetry.Function{}
		for f, id := range functionIDs(t, tpl) {
			fed["${"+id+"}"] = f
		}
		got := map[string]string{}
		for id, m := range tpl.of(t, "AWS::Lambda::EventSourceMapping") {
			got[queueName(tpl, text(m.Properties["EventSourceArn"]))] = fmt.Sprint(
				fed[text(m.Properties["FunctionName"])], " ", m.Properties["BatchSize"], " ", m.Properties["MaximumBatchingWindowInSeconds"], " ",
				at(m.Properties, "ScalingConfig", "MaximumConcurrency"))
			if diff := cmp.Diff([]string{"ReportBatchItemFailures"}, texts(m.Properties["FunctionResponseTypes"])); diff != "" {
				t.Errorf("%s:\n%s", id, diff)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(slices.Sorted(slices.Values(telemetry.Queues())), slices.Sorted(maps.Keys(got))); diff != "" {
			t.Errorf("telemetry lists other queues: %s", diff)
		}
	})
}

// queueName finds the name of the queue that ${id.Arn} stands for.
func queueName(tpl template, arn string) string {
	id := strings.TrimSuffix(strings.TrimPrefix(arn, "${"), ".Arn}")
	return text(tpl.Resources[id].Properties["QueueName"])
}

// queueARN finds the ARN of the queue of that name, as text spells it.
func queueARN(t *testing.T, tpl template, name string) string {
	t.Helper()
	for id, queue := range tpl.of(t, kindQueue) {
		if text(queue.Properties["QueueName"]) == name {
			return "${" + id + ".Arn}"
		}
	}
	t.Fatalf("there is no queue %s", name)
	return ""
}

func TestFunctions_have_a_role_and_a_log_group_each(t *testing.T) {
	eachTemplate(t, func(t *testing.T, s synthesis, tpl template) {
		seen := map[string]telemetry.Function{}
		for f, id := range functionIDs(t, tpl) {
			role := strings.TrimSuffix(strings.TrimPrefix(text(tpl.Resources[id].Properties["Role"]), "${"), ".Arn}")
			group := strings.Trim(text(at(tpl.Resources[id].Properties, "LoggingConfig", "LogGroup")), "${}")
			for _, own := range []string{role, group} {
				if other, taken := seen[own]; taken {
					t.Errorf("%s and %s share %s", f, other, own)
				}
				seen[own] = f
			}
			if managed := tpl.Resources[role].Properties["ManagedPolicyArns"]; managed != nil {
				t.Errorf("%s has managed policies: %v", f, managed)
			}
			logs := tpl.Resources[group]
			got := map[string]any{
				"name": text(logs.Properties["LogGroupName"]), "days": logs.Properties["RetentionInDays"], "then": logs.DeletionPolicy,
			}
			want := map[string]any{"name": "/aws/lambda/" + f.Name(), "days": float64(s.config.LogRetentionDays), "then": "Delete"}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s:\n%s", f, diff)
			}
		}
	})
}
