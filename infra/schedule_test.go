package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lastgood/shared/config"
	"lastgood/shared/telemetry"
)

const kindSchedule = "AWS::Scheduler::Schedule"

func TestSchedule_wakes_reconcile_at_its_time_and_loses_nothing(t *testing.T) {
	eachTemplate(t, func(t *testing.T, s synthesis, tpl template) {
		schedules := tpl.of(t, kindSchedule)
		if len(schedules) != 1 {
			t.Errorf("%d schedules, want one", len(schedules))
		}
		for _, schedule := range schedules {
			got := map[string]any{}
			for _, name := range []string{"Name", "ScheduleExpression", "FlexibleTimeWindow", "State", "StartDate"} {
				got[name] = schedule.Properties[name]
			}
			for _, name := range []string{"Input", "RetryPolicy"} {
				got[name] = at(schedule.Properties, "Target", name)
			}
			got["to"] = text(at(schedule.Properties, "Target", "Arn"))
			got["lost to"] = text(at(schedule.Properties, "Target", "DeadLetterConfig", "Arn"))
			want := map[string]any{
				"Name": "lastgood-reconcile", "ScheduleExpression": "rate(15 minutes)", "State": "ENABLED",
				"FlexibleTimeWindow": map[string]any{"Mode": "OFF"},
				"StartDate":          nil, // so that the first run is right after the deployment
				"Input":              `{"reconcile":"scheduled"}`,
				"RetryPolicy":        map[string]any{"MaximumEventAgeInSeconds": 3600., "MaximumRetryAttempts": 185.},
				"to":                 queueARN(t, tpl, telemetry.Reconcile.Name()),
				"lost to":            queueARN(t, tpl, telemetry.DeadLetters),
			}
			if s.config.ReconcileEvery == config.Duration(time.Minute) {
				want["ScheduleExpression"] = "rate(1 minute)"
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		}
	})
}

func TestSchedule_has_a_role_that_only_sends_to_its_queues(t *testing.T) {
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
				Resources: []string{queueARN(t, tpl, telemetry.DeadLetters), queueARN(t, tpl, telemetry.Reconcile.Name())},
			}}
			if diff := cmp.Diff(want, policiesOf(t, tpl, "${"+id+"}")); diff != "" {
				t.Error(diff)
			}
		}
	})
}
