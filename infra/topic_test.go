package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const kindTopic = "AWS::SNS::Topic"

// An alarm whose topic has a key that CloudWatch may not use fails without a sound.
func TestTopic_is_encrypted_with_a_key_that_CloudWatch_may_use(t *testing.T) {
	eachTemplate(t, func(t *testing.T, _ synthesis, tpl template) {
		id, key := keyOf(t, tpl, "alias/lastgood-alarms")
		for _, topic := range tpl.of(t, kindTopic) {
			if got := text(topic.Properties["KmsMasterKeyId"]); got != "${"+id+".Arn}" {
				t.Errorf("the topic's key is %s", got)
			}
		}
		if key.Properties["EnableKeyRotation"] != true {
			t.Error("the key is never rotated")
		}
		want := statement{
			Effect: "Allow", Actions: []string{"kms:Decrypt", "kms:GenerateDataKey*"}, Resources: []string{"*"},
			Principals: []string{"cloudwatch.amazonaws.com"},
			Conditions: map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": testAccount}},
		}
		var got []statement
		for _, s := range statements(key.Properties["KeyPolicy"]) {
			if slices.Contains(s.Principals, "cloudwatch.amazonaws.com") {
				got = append(got, s)
			}
		}
		if diff := cmp.Diff([]statement{want}, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestTopic_hears_only_our_alarms_and_only_over_TLS(t *testing.T) {
	eachTemplate(t, func(t *testing.T, _ synthesis, tpl template) {
		closed := false
		var who []statement
		for _, policy := range tpl.of(t, "AWS::SNS::TopicPolicy") {
			for _, s := range statements(policy.Properties["PolicyDocument"]) {
				if s.Effect == "Deny" && at(s.Conditions, "Bool", "aws:SecureTransport") == "false" {
					closed = true
					continue
				}
				s.Resources = nil
				who = append(who, s)
			}
		}
		if !closed {
			t.Error("the topic can be used without TLS")
		}
		want := []statement{{
			Effect: "Allow", Actions: []string{"sns:Publish"}, Principals: []string{"cloudwatch.amazonaws.com"},
			Conditions: map[string]any{
				"StringEquals": map[string]any{"aws:SourceAccount": testAccount},
				"ArnLike":      map[string]any{"aws:SourceArn": "arn:aws:cloudwatch:" + regionOf(t, tpl) + ":" + testAccount + ":alarm:lastgood-*"},
			},
		}}
		if diff := cmp.Diff(want, who); diff != "" {
			t.Error(diff)
		}
		for name := range alarms(t, tpl) {
			if !strings.HasPrefix(name, "lastgood-") {
				t.Errorf("%s cannot tell the topic", name)
			}
		}
	})
}

func TestTopic_mails_only_where_an_address_is_configured(t *testing.T) {
	eachTemplate(t, func(t *testing.T, s synthesis, tpl template) {
		var got []string
		for _, r := range tpl.Resources {
			if r.Type == "AWS::SNS::Subscription" {
				got = append(got, text(r.Properties["Protocol"])+":"+text(r.Properties["Endpoint"]))
			}
		}
		var want []string
		if s.config.AlarmEmail != "" {
			want = []string{"email:" + s.config.AlarmEmail}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}
