package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"

	"lastgood/infra/local"
	"lastgood/shared/config"
	"lastgood/shared/rollout"
)

// allowed are the actions of the policy below a heading of docs/cli/permissions.md.
func (w *world) allowed(heading string) []string {
	w.Helper()
	page, err := os.ReadFile("../../docs/cli/permissions.md")
	w.check(err)
	_, policy, _ := strings.Cut(string(page), heading+"\n")
	policy, _, _ = strings.Cut(policy, "\n```\n")
	var actions []string
	for _, m := range regexp.MustCompile(`"([a-z0-9]+:[A-Z][A-Za-z]+)"[],]`).FindAllStringSubmatch(policy, -1) {
		actions = append(actions, m[1])
	}
	slices.Sort(actions)
	return slices.Compact(actions)
}

// as has the test go on as somebody else, and returns what they called so far.
func (w *world) as(somebody string) (called func() []string) {
	w.Helper()
	key := local.AccessKey(somebody)
	w.Setenv("AWS_ACCESS_KEY_ID", key)
	return func() []string {
		w.Helper()
		calls, err := w.aws.Calls(w.Context(), 0)
		w.check(err)
		var actions []string
		for _, call := range calls {
			if call.AccessKey == key {
				actions = append(actions, call.Service+":"+call.Action)
			}
		}
		slices.Sort(actions)
		return slices.Compact(actions)
	}
}

// The policies in docs/cli/permissions.md have what the commands call, and nothing else.
func TestLooking_needs_what_the_page_says(t *testing.T) {
	w := newWorld(t)
	web := w.instance("web")
	w.config.Aliases = map[string][]string{"website": {web}}
	w.profile("looked-at", "looked-at-role")
	w.config.Rollout.PassRoles = []string{"arn:aws:iam::123456789012:role/looked-at-role"}
	w.deployed("/looking/")
	w.point(mainRegion, web, w.image(web, "nightly"))
	w.signedCopy(w.pointer(mainRegion, web), web, "unsettled", time.Hour)
	g := &groups{world: w, web: web, base: w.pointer(mainRegion, web)}
	profile := ec2types.LaunchTemplateIamInstanceProfileSpecificationRequest{Name: aws.String("looked-at")}
	g.makeWith(mainRegion, "looked-at", launching(g.base, profile), g.follows(rollout.MethodNone), rollout.TagFollow)
	g.configured("looked-at-too")

	v := planned(t, "plan-looking")
	v.finished("older", 24*time.Hour)
	v.finished("newer", time.Hour)

	called := w.as("reader")
	w.expect(exitFindings, "status", web)
	w.expect(exitOK, "history", web)
	w.expect(exitOK, "doctor")
	v.expect(exitOK, "plan", v.policy)
	// The one needs no permission, the other is a dry run.
	actions := slices.DeleteFunc(called(), func(action string) bool { return action == "sts:GetCallerIdentity" || action == "ec2:CreateTags" })
	if diff := cmp.Diff(w.allowed("## To look"), actions); diff != "" {
		t.Errorf("-page +called:\n%s", diff)
	}
}

func TestActing_needs_what_the_page_says(t *testing.T) {
	b := newBackups(t)
	v := newVolumes(t)
	nightly := v.finished("nightly", 0)
	claimed := b.copy(b.newer, "claimed")
	g := &groups{world: b.world, web: b.web}
	g.base = *g.instanceImage(g.web)
	g.make(mainRegion, "acted-on", g.base, g.follows(rollout.MethodRolling))
	g.configured("acted-on-too")
	called := b.as("actor")
	b.run("settle", "--all", "--dry-run") // what other tests left may dangle
	b.expect(exitOK, "accept", claimed, "--source", b.web, "--yes")
	b.expect(exitOK, "quarantine", b.newer, "--reason", "ransomware")
	b.expect(exitOK, "release", b.newer)
	b.expect(exitOK, "rollout", "acted-on", "--yes")
	for _, way := range [][]string{nil, {"--back"}, nil} {
		b.expect(exitOK, append([]string{"rollout", "acted-on-too", "--yes"}, way...)...)
	}
	b.expect(exitFindings, "retire", b.web, "--force", "--yes")
	v.expect(exitOK, "quarantine", nightly.data, "--reason", "ransomware", "--yes")
	v.expect(exitFailed, "retire", v.data)
	b.queue(mainRegion, "lastgood-snapshot", nil)
	b.policy("daily", "to act").Target = config.Target{Type: config.Instance, IDs: []string{v.app}}
	b.expect(exitOK, "run", "daily", "--yes", "--region", mainRegion)
	b.config.Parameter = config.Parameter{Prefix: "/", Versioning: config.Pinned, DataType: config.Text}
	b.expect(exitOK, "settle", b.web)
	b.run("settle", "--all", "--dry-run") // what other tests left may dangle
	b.expect(exitOK, "restore", b.web, "--region", mainRegion)
	// The key's policy allows this, and no other can.
	actions := slices.DeleteFunc(called(), func(action string) bool { return action == "kms:GenerateMac" })
	if diff := cmp.Diff(b.allowed("## To act"), actions); diff != "" {
		t.Errorf("-page +called:\n%s", diff)
	}
}
