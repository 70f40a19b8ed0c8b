package main

import (
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
			if f == telemetry.Reconcile {
				want["MemorySize"], want["Timeout"] = 512., 600.
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s:\n%s", f, diff)
			}
		}
	})
}

// What config.Environment reads and Lambda does not set itself, the stack sets, and
// nothing else.
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
			if diff := cmp.Diff(want, slices.Sorted(maps.Keys(set))); diff != "" {
				t.Errorf("%s:\n%s", f, diff)
			}
		}
	})
}

func TestFunctions_are_fed_from_their_own_queues(t *testing.T) {
	want := map[telemetry.Function]map[string]any{
		telemetry.CreateImage: {"size": 10., "window": 0.},
		telemetry.CopyImage:   {"size": 10., "window": 0.},
		telemetry.ImageState:  {"size": 100., "window": 2.},
		telemetry.Reconcile:   {"size": 1., "window": 0.},
	}
	eachTemplate(t, func(t *testing.T, _ synthesis, tpl template) {
		ids := functionIDs(t, tpl)
		mappings := tpl.of(t, "AWS::Lambda::EventSourceMapping")
		if len(mappings) != len(ids) {
			t.Errorf("%d mappings for %d functions", len(mappings), len(ids))
		}
		for f, id := range ids {
			found := false
			for _, m := range mappings {
				if text(m.Properties["FunctionName"]) != "${"+id+"}" {
					continue
				}
				found = true
				got := map[string]any{
					"size": m.Properties["BatchSize"], "window": m.Properties["MaximumBatchingWindowInSeconds"],
					"concurrency": at(m.Properties, "ScalingConfig", "MaximumConcurrency"),
					"responses":   texts(m.Properties["FunctionResponseTypes"]),
					"queue":       queueName(tpl, text(m.Properties["EventSourceArn"])),
				}
				all := maps.Clone(want[f])
				all["concurrency"], all["responses"], all["queue"] = 2., []string{"ReportBatchItemFailures"}, f.Name()
				if diff := cmp.Diff(all, got); diff != "" {
					t.Errorf("%s:\n%s", f, diff)
				}
			}
			if !found {
				t.Errorf("nothing feeds %s", f)
			}
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
