package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lastgood/functions/capture"
	"lastgood/shared/consistency"
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

// What is hidden while it is handled stays hidden for longer than that takes.
func TestQueues_give_up_to_a_dead_letter_queue_of_their_kind(t *testing.T) {
	want := map[string]string{ // queue -> days kept, seconds hidden, receives, and then
		"lastgood-dead-letters":           "14",
		"lastgood-thaw-dead-letters.fifo": "14",
		"lastgood-createimage":            "4 180 10 lastgood-dead-letters",
		"lastgood-copyimage":              "4 180 10 lastgood-dead-letters",
		"lastgood-imagestate":             "4 180 10 lastgood-dead-letters",
		"lastgood-reconcile":              "4 1800 3 lastgood-dead-letters",
		"lastgood-rollout":                "4 600 10 lastgood-dead-letters",
		"lastgood-snapshot":               "4 180 10 lastgood-dead-letters",
		"lastgood-snapshotstate":          "4 600 10 lastgood-dead-letters",
		"lastgood-capture.fifo":           "4 1800 5 lastgood-thaw.fifo",
		"lastgood-thaw.fifo":              "4 1200 5 lastgood-thaw-dead-letters.fifo",
	}
	eachTemplate(t, func(t *testing.T, _ synthesis, tpl template) {
		got := map[string]string{}
		for _, queue := range tpl.of(t, kindQueue) {
			name := text(queue.Properties["QueueName"])
			got[name] = fmt.Sprint(queue.Properties["MessageRetentionPeriod"].(float64) / 86400)
			if redrive := queue.Properties["RedrivePolicy"]; redrive != nil {
				got[name] += fmt.Sprint(" ", queue.Properties["VisibilityTimeout"], " ", at(redrive, "maxReceiveCount"), " ",
					queueName(tpl, text(at(redrive, "deadLetterTargetArn"))))
			}
			if fifo := queue.Properties["FifoQueue"] == true; fifo != strings.HasSuffix(name, ".fifo") {
				t.Errorf("%s: FIFO %v", name, fifo)
			}
			if queue.Properties["ContentBasedDeduplication"] != nil {
				t.Errorf("%s deduplicates by content; two runs are two, whatever they say", name)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

// Lambda takes no mapping whose queue shows a message again before the function's time is over. What a
// capture sent to its host may take the scripts' time on top of that.
func TestQueues_hide_a_capture_for_longer_than_the_function_and_the_longest_scripts(t *testing.T) {
	own := byFunction[telemetry.Capture]
	const scripts = 800 // what the configuration lets a policy's scripts take, in seconds
	if own.visibilitySeconds <= own.timeoutSeconds+scripts {
		t.Errorf("hidden for %d s", own.visibilitySeconds)
	}
	longest := consistency.StepTimeout(2 * time.Minute)
	if thawFeed.visibilitySeconds <= own.timeoutSeconds+int(longest/time.Second) {
		t.Errorf("a thaw is hidden for %d s", thawFeed.visibilitySeconds)
	}
	if captureAttempts != capture.Attempts {
		t.Errorf("the queue hands a capture over %d times, the function counts to %d", captureAttempts, capture.Attempts)
	}
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
