package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lastgood/shared/telemetry"
)

const kindQueue = "AWS::SQS::Queue"

func TestQueues_are_encrypted_and_speak_TLS_only(t *testing.T) {
	eachTemplate(t, func(t *testing.T, _ synthesis, tpl template) {
		closed := map[string]bool{}
		for _, policy := range tpl.of(t, "AWS::SQS::QueuePolicy") {
			for _, s := range statements(policy.Properties["PolicyDocument"]) {
				if s.Effect == "Deny" && slices.Equal(s.Principals, []string{"*"}) && slices.Equal(s.Actions, []string{"sqs:*"}) &&
					at(s.Conditions, "Bool", "aws:SecureTransport") == "false" {
					closed[s.Resources[0]] = true
				}
			}
		}
		for id, queue := range tpl.of(t, kindQueue) {
			if queue.Properties["SqsManagedSseEnabled"] != true {
				t.Errorf("%s is not encrypted with SSE-SQS", id)
			}
			if !closed["${"+id+".Arn}"] {
				t.Errorf("%s can be used without TLS", id)
			}
		}
	})
}

func TestQueues_give_up_to_the_one_dead_letter_queue(t *testing.T) {
	eachTemplate(t, func(t *testing.T, _ synthesis, tpl template) {
		deadLetters := ""
		for id, queue := range tpl.of(t, kindQueue) {
			if queue.Properties["RedrivePolicy"] == nil {
				if deadLetters != "" {
					t.Errorf("both %s and %s give up to nowhere", deadLetters, id)
				}
				deadLetters = id
			}
		}
		want := map[string]map[string]any{telemetry.DeadLetters: {"retention": 14. * 86400}}
		for _, f := range telemetry.Functions {
			want[f.Name()] = map[string]any{
				"retention": 4. * 86400, "visibility": 180., "receives": 10., "to": "${" + deadLetters + ".Arn}",
			}
			if f == telemetry.Reconcile {
				want[f.Name()]["visibility"], want[f.Name()]["receives"] = 1800., 3.
			}
		}
		got := map[string]map[string]any{}
		for _, queue := range tpl.of(t, kindQueue) {
			settings := map[string]any{"retention": queue.Properties["MessageRetentionPeriod"]}
			if redrive := queue.Properties["RedrivePolicy"]; redrive != nil {
				settings["visibility"] = queue.Properties["VisibilityTimeout"]
				settings["receives"] = at(redrive, "maxReceiveCount")
				settings["to"] = text(at(redrive, "deadLetterTargetArn"))
			}
			got[text(queue.Properties["QueueName"])] = settings
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

// Every send is EventBridge's, in the name of a rule that has this very queue as
// its target or as its target's dead-letter queue.
func TestQueues_take_messages_from_their_own_rules_only(t *testing.T) {
	eachTemplate(t, func(t *testing.T, _ synthesis, tpl template) {
		want, got := map[string]bool{}, map[string]bool{}
		for id, rule := range tpl.of(t, kindRule) {
			for _, target := range rule.Properties["Targets"].([]any) {
				want["${"+id+".Arn} -> "+text(at(target, "Arn"))] = true
				want["${"+id+".Arn} -> "+text(at(target, "DeadLetterConfig", "Arn"))] = true
			}
		}
		for id, policy := range tpl.of(t, "AWS::SQS::QueuePolicy") {
			for _, s := range statements(policy.Properties["PolicyDocument"]) {
				if s.Effect != "Allow" {
					continue
				}
				if diff := cmp.Diff([]string{"events.amazonaws.com"}, s.Principals); diff != "" {
					t.Errorf("%s:\n%s", id, diff)
				}
				for _, action := range s.Actions {
					if strings.Contains(action, "*") || strings.Contains(action, "Receive") {
						t.Errorf("%s lets EventBridge do %s", id, action)
					}
				}
				got[text(at(s.Conditions, "ArnEquals", "aws:SourceArn"))+" -> "+s.Resources[0]] = true
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}
