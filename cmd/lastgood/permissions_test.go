package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lastgood/infra/local"
)

// The policy in docs/cli.md has what the commands that only look call, and nothing else.
func TestLooking_needs_what_the_page_says(t *testing.T) {
	w := newWorld(t)
	web := w.instance("web")
	w.config.Aliases = map[string][]string{"website": {web}}
	w.deployed("/looking/")
	w.point(mainRegion, web, w.image(web, "nightly"))
	w.signedCopy(w.pointer(mainRegion, web), web, "unsettled", time.Hour)

	reader := local.AccessKey("reader")
	t.Setenv("AWS_ACCESS_KEY_ID", reader)
	w.expect(exitFindings, "status", web)
	w.expect(exitOK, "history", web)
	w.expect(exitOK, "doctor")
	calls, err := w.aws.Calls(t.Context(), 0)
	w.check(err)
	var called []string
	for _, call := range calls {
		if call.AccessKey == reader {
			called = append(called, call.Service+":"+call.Action)
		}
	}
	// The one needs no permission, the other is a dry run.
	called = slices.DeleteFunc(called, func(action string) bool { return action == "sts:GetCallerIdentity" || action == "ec2:CreateTags" })

	page, err := os.ReadFile("../../docs/cli.md")
	w.check(err)
	_, policy, _ := strings.Cut(string(page), "## Permissions to look\n")
	policy, _, _ = strings.Cut(policy, "\n```\n")
	var allowed []string
	for _, m := range regexp.MustCompile(`"([a-z0-9]+:[A-Z][A-Za-z]+)"[],]`).FindAllStringSubmatch(policy, -1) {
		allowed = append(allowed, m[1])
	}
	slices.Sort(called)
	slices.Sort(allowed)
	if diff := cmp.Diff(allowed, slices.Compact(called)); diff != "" {
		t.Errorf("-page +called:\n%s", diff)
	}
}
