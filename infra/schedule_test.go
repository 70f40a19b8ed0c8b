package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lastgood/shared/config"
	"lastgood/shared/event"
	"lastgood/shared/telemetry"
)

const kindSchedule = "AWS::Scheduler::Schedule"

// wanted is a schedule's template: when, in which time zone, what it says and to whom.
type wanted struct{ When, Zone, Says, To string }

func TestSchedules_wake_reconcile_and_rollout_and_run_each_policy(t *testing.T) {
	eachTemplate(t, func(t *testing.T, s synthesis, tpl template) {
		want := map[string]wanted{}
		for _, name := range []string{"lastgood-reconcile", "lastgood-rollout"} {
			want[name] = wanted{"rate(15 minutes)", "<nil>", `{"reconcile":"scheduled"}`, name}
			if s.config.ReconcileEvery == config.Duration(time.Minute) {
				want[name] = wanted{"rate(1 minute)", "<nil>", `{"reconcile":"scheduled"}`, name}
			}
		}
		for _, p := range s.config.Policies {
			want["lastgood-policy-"+p.Name] = wanted{
				p.Schedule, p.Timezone, `{"policy":"` + p.Name + `","scheduled":"<aws.scheduler.scheduled-time>"}`, "lastgood-snapshot",
			}
		}
		got := map[string]wanted{}
		for _, schedule := range tpl.of(t, kindSchedule) {
			target := schedule.Properties["Target"]
			got[text(schedule.Properties["Name"])] = wanted{
				text(schedule.Properties["ScheduleExpression"]), text(schedule.Properties["ScheduleExpressionTimezone"]),
				text(at(target, "Input")), queueName(tpl, text(at(target, "Arn"))),
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

// Nobody must have escaped what Scheduler looks for, on whatever way: what it sends is
// what the function reads, with the time in it.
func TestSchedules_of_policies_say_the_time_that_Scheduler_means(t *testing.T) {
	s := variants(t)["policies"]
	for region, tpl := range s.templates {
		if got := bytes.Count(tpl.raw, []byte(`<aws.scheduler.scheduled-time>`)); got != len(s.config.Policies) {
			t.Errorf("%s: %d schedules say the time as Scheduler reads it", region, got)
		}
		for _, p := range s.config.Policies {
			for _, schedule := range tpl.of(t, kindSchedule) {
				if text(schedule.Properties["Name"]) != telemetry.PolicySchedule(p.Name) {
					continue
				}
				sent := strings.ReplaceAll(text(at(schedule.Properties, "Target", "Input")), "<aws.scheduler.scheduled-time>", "2026-11-20T02:00:00Z")
				due, err := event.DecodeDue([]byte(sent))
				if err != nil || due.Policy != p.Name || !due.Scheduled.Equal(time.Date(2026, 11, 20, 2, 0, 0, 0, time.UTC)) {
					t.Errorf("%s is read as %+v: %v", sent, due, err)
				}
			}
		}
	}
}

func TestSchedules_are_on_time_and_lose_nothing(t *testing.T) {
	eachTemplate(t, func(t *testing.T, _ synthesis, tpl template) {
		for id, schedule := range tpl.of(t, kindSchedule) {
			target := schedule.Properties["Target"]
			got := map[string]any{
				"state": schedule.Properties["State"], "window": at(schedule.Properties, "FlexibleTimeWindow", "Mode"),
				"start": schedule.Properties["StartDate"], "retries": at(target, "RetryPolicy"),
				"lost to": queueName(tpl, text(at(target, "DeadLetterConfig", "Arn"))),
				"json":    json.Valid([]byte(text(at(target, "Input")))),
			}
			want := map[string]any{
				"state": "ENABLED", "window": "OFF",
				"start":   nil, // so that reconcile's first run is right after the deployment
				"retries": map[string]any{"MaximumEventAgeInSeconds": 3600., "MaximumRetryAttempts": 185.},
				"lost to": telemetry.DeadLetters,
				"json":    true,
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s:\n%s", id, diff)
			}
		}
	})
}

func TestSchedules_have_a_role_that_only_sends_to_their_queues(t *testing.T) {
	eachTemplate(t, func(t *testing.T, _ synthesis, tpl template) {
		for _, schedule := range tpl.of(t, kindSchedule) {
			id := strings.TrimSuffix(strings.TrimPrefix(text(at(schedule.Properties, "Target", "RoleArn")), "${"), ".Arn}")
			trust := statements(tpl.Resources[id].Properties["AssumeRolePolicyDocument"])
			group := "arn:aws:scheduler:" + regionOf(t, tpl) + ":" + testAccount + ":schedule-group/default"
			wantTrust := []statement{{
				Effect: "Allow", Actions: []string{"sts:AssumeRole"}, Principals: []string{"scheduler.amazonaws.com"},
				Conditions: map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": testAccount, "aws:SourceArn": group}},
			}}
			if diff := cmp.Diff(wantTrust, trust); diff != "" {
				t.Error(diff)
			}
			want := []statement{{
				Effect: "Allow", Actions: []string{"sqs:SendMessage"},
				Resources: []string{queueARN(t, tpl, telemetry.DeadLetters), text(at(schedule.Properties, "Target", "Arn"))},
			}}
			if diff := cmp.Diff(want, policiesOf(t, tpl, "${"+id+"}")); diff != "" {
				t.Error(diff)
			}
		}
	})
}
