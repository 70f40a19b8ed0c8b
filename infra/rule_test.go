package main

import (
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"quamina.net/go/quamina"

	"lastgood/infra/pattern"
	"lastgood/shared/telemetry"
)

const (
	kindRule  = "AWS::Events::Rule"
	eventsDir = "../testdata/events"
)

// rings says which functions each sample event wakes; most by their name alone.
var rings = map[string][]string{
	"aws.ec2/createimage_aws_backup.json":          {telemetry.CreateImage.Name()},
	"aws.ec2/createimage_cli.json":                 {telemetry.CreateImage.Name()},
	"aws.ec2/createimage_console.json":             {telemetry.CreateImage.Name()},
	"aws.ec2/createimage_dlm.json":                 {telemetry.CreateImage.Name()},
	"aws.ec2/createimage_request_left_out.json":    {telemetry.CreateImage.Name()},
	"aws.ec2/createimage_ssm_automation.json":      {telemetry.CreateImage.Name()},
	"aws.ec2/createimage_dryrun.json":              nil,
	"aws.ec2/createimage_failed_unauthorized.json": nil,
	"aws.ec2/copyimage_aws_backup.json":            {telemetry.CopyImage.Name()},
	"aws.ec2/copyimage_console.json":               {telemetry.CopyImage.Name()},
	"aws.ec2/imagestate_available.json":            {telemetry.ImageState.Name()},
	"aws.ec2/imagestate_deregistered.json":         {telemetry.ImageState.Name()},
	"aws.ec2/imagestate_disabled.json":             {telemetry.ImageState.Name()},
	"aws.ec2/imagestate_failed.json":               {telemetry.ImageState.Name()},
	"aws.ec2/runinstances.json":                    nil,
	"aws.ec2/snapshotstate_copied.json":            {telemetry.SnapshotState.Name()},
	"aws.ec2/snapshotstate_copy_failed.json":       {telemetry.SnapshotState.Name()},
	"aws.ec2/snapshotstate_created.json":           {telemetry.SnapshotState.Name()},
	"aws.ec2/snapshotstate_failed.json":            {telemetry.SnapshotState.Name()},
	"aws.ec2/snapshotstate_set_created.json":       {telemetry.SnapshotState.Name()},
	"aws.ec2/snapshotstate_set_failed.json":        {telemetry.SnapshotState.Name()},
	"aws.ec2/snapshotstate_shared.json":            nil,
	"aws.appstream/createimage.json":               nil,
	"aws.ssm/parameterchange_invalid.json":         nil,
	"aws.ssm/parameterchange_label.json":           nil,
	"aws.ssm/parameterchange_update.json":          {telemetry.Rollout.Name()},
}

func TestRules_match_the_events_they_are_for_and_no_others(t *testing.T) {
	eachTemplate(t, func(t *testing.T, s synthesis, tpl template) {
		matcher, err := quamina.New()
		if err != nil {
			t.Fatal(err)
		}
		for _, rule := range tpl.of(t, kindRule) {
			pattern, err := json.Marshal(rule.Properties["EventPattern"])
			if err != nil {
				t.Fatal(err)
			}
			if err := matcher.AddPattern(text(rule.Properties["Name"]), string(pattern)); err != nil {
				t.Fatal(err)
			}
		}
		got := map[string][]string{}
		for _, name := range samples(t) {
			event, err := os.ReadFile(filepath.Join(eventsDir, name))
			if err != nil {
				t.Fatal(err)
			}
			matched, err := matcher.MatchesForEvent(event)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			got[name] = nil
			for _, rule := range matched {
				got[name] = append(got[name], rule.(string))
			}
			slices.Sort(got[name])
		}
		want := maps.Clone(rings)
		if s.config.Parameter.Prefix != "/lastgood/" {
			want["aws.ssm/parameterchange_update.json"] = nil // it is of a parameter below that
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

// samples lists the event samples' paths below the events folder.
func samples(t *testing.T) []string {
	t.Helper()
	var names []string
	err := fs.WalkDir(os.DirFS(eventsDir), ".", func(path string, _ fs.DirEntry, err error) error {
		if filepath.Ext(path) == ".json" {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestRules_have_one_target_with_retries_and_a_dead_letter_queue(t *testing.T) {
	eachTemplate(t, func(t *testing.T, s synthesis, tpl template) {
		deadLetters := queueARN(t, tpl, telemetry.DeadLetters)
		rules := tpl.of(t, kindRule)
		var want, got []string
		for _, f := range telemetry.Functions {
			if _, ok := pattern.For(f, s.config); ok {
				want = append(want, f.Name())
			}
		}
		for _, rule := range rules {
			got = append(got, text(rule.Properties["Name"]))
		}
		slices.Sort(want)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		for id, rule := range rules {
			targets := rule.Properties["Targets"].([]any)
			if len(targets) != 1 {
				t.Errorf("%s has %d targets", id, len(targets))
			}
			for _, target := range targets {
				if got := text(at(target, "DeadLetterConfig", "Arn")); got != deadLetters {
					t.Errorf("%s loses to %s, want %s", id, got, deadLetters)
				}
				want := map[string]any{"MaximumEventAgeInSeconds": 86400., "MaximumRetryAttempts": 185.}
				if diff := cmp.Diff(want, at(target, "RetryPolicy")); diff != "" {
					t.Errorf("%s:\n%s", id, diff)
				}
			}
		}
	})
}
