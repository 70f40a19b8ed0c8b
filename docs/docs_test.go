// Package docs_test holds the documentation against the code it is about.
package docs_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lastgood/infra/pattern"
	"lastgood/infra/permission"
	"lastgood/shared/config"
	"lastgood/shared/event"
	"lastgood/shared/pointer"
	"lastgood/shared/recovery"
	"lastgood/shared/telemetry"
)

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

var jsonBlock = regexp.MustCompile("(?s)```json\n(.*?)```")

func TestPages_json_parses(t *testing.T) {
	for _, page := range pages(t) {
		text := read(t, page)
		for _, m := range jsonBlock.FindAllStringSubmatch(text, -1) {
			if !json.Valid([]byte(m[1])) {
				t.Errorf("%s: no JSON: %s", page, m[1])
			}
		}
	}
}

func TestFunction_pages_have_the_pattern_and_the_permissions(t *testing.T) {
	common := read(t, "functions/common.md")
	root := config.Default()
	root.Parameter.Prefix = "/"
	root.Policies = []config.Policy{{Name: "daily", Target: config.Target{Tags: map[string]string{"a": "b"}}, Scripts: &config.Scripts{Pre: "a", Post: "b"},
		CopyTo: []config.CopyTo{{Region: "ap-southeast-1"}}}}
	root.Rollout.PassRoles = []string{"arn:aws:iam::111122223333:role/web"}
	root.Regions = config.Regions{Main: "ap-northeast-1", DR: []string{"ap-southeast-1"}}
	for _, f := range telemetry.Functions {
		page := read(t, "functions/"+string(f)+".md")
		block := jsonBlock.FindStringSubmatch(page)
		if block == nil {
			t.Errorf("%s: neither a pattern nor a message", f)
			continue
		}
		if diff := cmp.Diff(decode(t, wakes(t, f)), decode(t, block[1])); diff != "" {
			t.Errorf("%s: %s", f, diff)
		}
		actions := append(permission.Actions(f, config.Default()), permission.Actions(f, root)...)
		for _, action := range actions {
			if !strings.Contains(common, "`"+action+"`") && !strings.Contains(page, "`"+action+"`") {
				t.Errorf("%s: %s is on neither page", f, action)
			}
		}
		_, own, _ := strings.Cut(page, "## Permissions\n")
		own, _, _ = strings.Cut(own, "\n## ")
		for _, m := range regexp.MustCompile("(?m)^\\| `([a-z0-9]+:[A-Za-z]+)`").FindAllStringSubmatch(own, -1) {
			if !slices.Contains(actions, m[1]) {
				t.Errorf("%s: %s is on its page, and it may not", f, m[1])
			}
		}
	}
}

// wakes is what wakes a function, as JSON: the pattern of its events, or the message of a
// schedule or of another function.
func wakes(t *testing.T, f telemetry.Function) string {
	t.Helper()
	if f == telemetry.Snapshot {
		return pattern.PolicyInput("daily-web")
	}
	if f == telemetry.Capture {
		run := recovery.Run{Policy: "daily-web", Scheduled: time.Date(2026, 11, 20, 2, 0, 0, 0, time.UTC), Target: "i-0123456789abcdef0"}
		message, err := event.EncodeCapture(run)
		if err != nil {
			t.Fatal(err)
		}
		return message
	}
	p, ok := pattern.For(f, config.Default())
	if !ok {
		input, ok := pattern.Input(f)
		if !ok {
			t.Fatalf("nothing wakes %s", f)
		}
		return input
	}
	written, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return string(written)
}

func decode(t *testing.T, text string) (value any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatal(err)
	}
	return value
}

func TestCommon_page_has_every_metric_and_outcome(t *testing.T) {
	page := read(t, "functions/common.md")
	outcomes := telemetry.OutcomeNames
	for _, m := range []pointer.Move{pointer.Unchanged, pointer.Moved, pointer.Dangling, pointer.Conflict, pointer.Behind, pointer.Nothing} {
		outcomes = append(outcomes, telemetry.OutcomeName(m))
	}
	_, outcomesOn, _ := strings.Cut(page, "\n## Outcomes\n")
	_, fieldsOn, _ := strings.Cut(page, "\n## Logs\n")
	for _, o := range outcomes {
		if !named(outcomesOn, string(o)) {
			t.Errorf("outcome %s is not there", o)
		}
	}
	for _, f := range telemetry.Fields {
		if !named(fieldsOn, f) {
			t.Errorf("field %s is not there", f)
		}
	}
	for _, m := range telemetry.Metrics {
		if !strings.Contains(page, "`"+string(m)+"`") {
			t.Errorf("%s is not there", m)
		}
	}
}

// named reports whether a row of a page's first table is about a word.
func named(page, word string) bool {
	_, table, _ := strings.Cut(page, "|\n")
	table, _, _ = strings.Cut(table, "\n\n")
	for row := range strings.Lines(table) {
		if cells := strings.Split(row, "|"); len(cells) > 1 && strings.Contains(cells[1], "`"+word+"`") {
			return true
		}
	}
	return false
}

func TestAttribution_page_has_every_evidence(t *testing.T) {
	page := read(t, "attribution.md")
	for _, by := range []recovery.Evidence{
		recovery.ByEvent, recovery.ByEC2, recovery.ByBackupTag, recovery.BySignature, recovery.ByOriginal, recovery.ByBackupName,
		recovery.BySourceTag, recovery.ByDLMTag, recovery.ByName,
	} {
		if !strings.Contains(page, "| `"+string(by)+"` |") {
			t.Errorf("%s is not there", by)
		}
	}
}

// What reserves the tags has to do it on all that carries them.
func TestAttribution_page_reserves_the_tags_of_images_snapshots_templates_and_groups(t *testing.T) {
	want := map[string]any{
		"ReserveLastgoodTags": []any{
			"ec2:CreateTags", "ec2:DeleteTags", "autoscaling:CreateAutoScalingGroup", "autoscaling:CreateOrUpdateTags", "autoscaling:DeleteTags",
		},
		"NoDeletingOfAllTagsAtOnce": []any{"arn:*:ec2:*::image/*", "arn:*:ec2:*::snapshot/*", "arn:*:ec2:*:*:launch-template/*"},
	}
	block := jsonBlock.FindStringSubmatch(section(t, "attribution.md", "Reserving the tags"))
	if block == nil {
		t.Fatal("there is no such policy")
	}
	var policy struct {
		Statement []struct {
			Sid              string
			Action, Resource any
		}
	}
	if err := json.Unmarshal([]byte(block[1]), &policy); err != nil {
		t.Fatal(err)
	}
	got := map[string]any{}
	for _, s := range policy.Statement {
		got[s.Sid] = s.Resource
		if s.Resource == "*" {
			got[s.Sid] = s.Action
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
