package main

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// accepted are cdk-nag's findings that stay, each with the reason. What is not
// here fails the test, and so does what is here and no longer found.
var accepted = map[string]string{
	"AwsSolutions-IAM5 createimage/Role/DefaultPolicy/Resource":   wildcards,
	"AwsSolutions-IAM5 copyimage/Role/DefaultPolicy/Resource":     wildcards,
	"AwsSolutions-IAM5 imagestate/Role/DefaultPolicy/Resource":    wildcards,
	"AwsSolutions-IAM5 reconcile/Role/DefaultPolicy/Resource":     wildcards,
	"AwsSolutions-IAM5 rollout/Role/DefaultPolicy/Resource":       wildcards,
	"AwsSolutions-IAM5 snapshot/Role/DefaultPolicy/Resource":      wildcards,
	"AwsSolutions-IAM5 snapshotstate/Role/DefaultPolicy/Resource": wildcards,
	"AwsSolutions-IAM5 capture/Role/DefaultPolicy/Resource":       wildcards,
	"AwsSolutions-S1 TrailBucket/Resource": "access logs would need a second bucket, itself without access logs; " +
		"what is in this one is evidence by its own digests (log file validation), and it is read by nobody in operation",
}

// wildcards is narrower than it reads: TestRoles_reach_exact_resources_only lists
// the wildcards one by one.
const wildcards = "pointers are parameters named after instances that do not exist yet, images and snapshots likewise, and describing " +
	"supports no resource-level permissions; another test holds each wildcard to its actions"

// A nagLine is one line of cdk-nag's report.
type nagLine struct {
	RuleID     string `json:"ruleId"`
	ResourceID string `json:"resourceId"`
	Compliance string `json:"compliance"`
}

func TestAwsSolutions_finds_nothing_but_what_is_accepted_with_a_reason(t *testing.T) {
	found := map[string]bool{}
	for name, s := range variants(t) {
		for region := range s.templates {
			lines := nagReport(t, s, region)
			if len(lines) == 0 {
				t.Fatalf("%s: cdk-nag looked at nothing", name)
			}
			for _, line := range lines {
				switch line.Compliance {
				case "Compliant", "N/A":
				case "Non-Compliant":
					found[line.RuleID+" "+strings.TrimPrefix(line.ResourceID, "Lastgood-"+region+"/")] = true
				default:
					t.Errorf("%s: %s of %s is %s: neither found nor passed", name, line.RuleID, line.ResourceID, line.Compliance)
				}
			}
		}
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(accepted)), slices.Sorted(maps.Keys(found))); diff != "" {
		t.Errorf("(-accepted +found)\n%s", diff)
	}
	for finding, reason := range accepted {
		if len(strings.Fields(reason)) < 6 {
			t.Errorf("%s: %q is not a reason", finding, reason)
		}
	}
}

func nagReport(t *testing.T, s synthesis, region string) []nagLine {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(s.outdir, "AwsSolutions-Lastgood-"+region+"-NagReport.json"))
	if err != nil {
		t.Fatal(err)
	}
	var report struct {
		Lines []nagLine `json:"lines"`
	}
	if err := json.Unmarshal(data, &report); err != nil {
		t.Fatal(err)
	}
	return report.Lines
}
