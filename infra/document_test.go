package main

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lastgood/shared/config"
)

const kindDocument = "AWS::SSM::Document"

func TestDocuments_are_made_of_inline_scripts_and_of_no_others(t *testing.T) {
	for region, tpl := range variants(t)["policies"].templates {
		got := map[string]any{}
		for _, d := range tpl.of(t, kindDocument) {
			settings := maps.Clone(d.Properties)
			delete(settings, "Content")
			got[text(d.Properties["Name"])] = settings

			parameters, _ := at(d.Properties, "Content", "parameters").(map[string]any)
			if diff := cmp.Diff([]string{"command", "executionId"}, slices.Sorted(maps.Keys(parameters))); diff != "" {
				t.Errorf("%s: not in the contract: %s", region, diff)
			}
			script := strings.Join(texts(at(d.Properties, "Content", "mainSteps", 0, "inputs", "runCommand")), "\n")
			for _, part := range []string{"pre='systemctl stop httpd'", "post='systemctl start httpd'", "timeout_seconds=60 ", "thaw_seconds=180 "} {
				if !strings.Contains(script, part) {
					t.Errorf("%s: %s is not in the script:\n%s", region, part, script)
				}
			}
		}
		want := map[string]any{"lastgood-daily-web": map[string]any{
			"Name": "lastgood-daily-web", "DocumentType": "Command", "DocumentFormat": "JSON", "UpdateMethod": "NewVersion",
			"Tags": []any{map[string]any{"Key": "DLMScriptsAccess", "Value": "true"}, map[string]any{"Key": "Project", "Value": "lastgood"}},
		}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", region, diff)
		}
	}
}

// The configuration lets no such script through; what is made of it has the last word.
func TestDocuments_that_cannot_be_made_end_the_synthesis_with_the_policys_path(t *testing.T) {
	c, err := config.Load(filepath.Join("testdata", "policies.json"))
	if err != nil {
		t.Fatal(err)
	}
	c.Policies[0].Scripts, c.Policies[1].Scripts = nil, &config.Scripts{Pre: strings.Repeat("x", 70_000), Post: "true", Timeout: config.Duration(time.Minute)}
	_, err = synthesize(c, map[string]any{})
	if err == nil || !strings.Contains(err.Error(), "lastgood.policies[1].scripts: the document of policy weekly-db has ") {
		t.Errorf("got %v", err)
	}
}
