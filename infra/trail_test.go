package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"lastgood/shared/config"
)

func TestTrail_is_made_only_where_it_is_asked_for(t *testing.T) {
	eachTemplate(t, func(t *testing.T, s synthesis, tpl template) {
		made := 0
		for _, r := range tpl.Resources {
			if r.Type == "AWS::CloudTrail::Trail" || r.Type == "AWS::S3::Bucket" {
				made++
			}
		}
		want := 0
		if s.config.Trail == config.TrailCreate {
			want = 2
		}
		if made != want {
			t.Errorf("%d trails and buckets, want %d", made, want)
		}
	})
}

func TestTrail_logs_this_regions_write_calls_and_nothing_else(t *testing.T) {
	for _, tpl := range variants(t)["trail"].templates {
		for _, trail := range tpl.of(t, "AWS::CloudTrail::Trail") {
			got := map[string]any{}
			for _, name := range []string{"EnableLogFileValidation", "EventSelectors", "IncludeGlobalServiceEvents", "IsLogging", "IsMultiRegionTrail"} {
				got[name] = trail.Properties[name]
			}
			want := map[string]any{
				"EnableLogFileValidation": true, "IncludeGlobalServiceEvents": false, "IsLogging": true, "IsMultiRegionTrail": false,
				"EventSelectors": []any{map[string]any{"IncludeManagementEvents": true, "ReadWriteType": "WriteOnly"}},
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		}
	}
}

func TestTrail_bucket_is_closed_to_everything_but_this_trail(t *testing.T) {
	for region, tpl := range variants(t)["trail"].templates {
		for _, bucket := range tpl.of(t, "AWS::S3::Bucket") {
			if bucket.DeletionPolicy != "Retain" {
				t.Error("the logs would go with the stack")
			}
			for _, block := range []string{"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"} {
				if at(bucket.Properties, "PublicAccessBlockConfiguration", block) != true {
					t.Errorf("%s is off", block)
				}
			}
			if got := at(bucket.Properties, "LifecycleConfiguration", "Rules", 0, "ExpirationInDays"); got != 90. {
				t.Errorf("logs are kept for %v days", got)
			}
		}
		arn := "arn:aws:cloudtrail:" + region + ":" + testAccount + ":trail/lastgood"
		tls := false
		for _, policy := range tpl.of(t, "AWS::S3::BucketPolicy") {
			for _, s := range statements(policy.Properties["PolicyDocument"]) {
				switch {
				case s.Effect == "Deny" && at(s.Conditions, "Bool", "aws:SecureTransport") == "false":
					tls = true
				case s.Effect == "Allow" && text(at(s.Conditions, "StringEquals", "aws:SourceArn")) != arn:
					t.Errorf("%v may do %v without being this trail", s.Principals, s.Actions)
				}
			}
		}
		if !tls {
			t.Error("the bucket can be used without TLS")
		}
	}
}
