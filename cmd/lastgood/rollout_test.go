package main

import (
	"strings"
	"testing"

	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"lastgood/cmd/lastgood/operator"
	"lastgood/infra/local"
	"lastgood/shared/rollout"
)

func TestRollout_forth_back_and_to_the_pointer(t *testing.T) {
	g := newGroups(newWorld(t))
	g.make(mainRegion, "forth", g.base, g.follows(rollout.MethodNone))
	launches := func(image, hold string) {
		t.Helper()
		if got, held := g.launches("forth"), g.tagOf("forth", rollout.TagHold); got != image || held != hold {
			t.Errorf("it launches %s, not %s; the hold says %s", g.called[got], g.called[image], held)
		}
	}
	g.golden("rollout_dry_run", g.expect(exitOK, "rollout", "forth", "--dry-run"))
	launches(g.base, "-")
	g.golden("rollout", g.expect(exitOK, "rollout", "forth", "--yes"))
	launches(g.newer, "-")
	g.golden("rollout_back_dry_run", g.expect(exitOK, "rollout", "forth", "--back", "--dry-run"))
	launches(g.newer, "-")
	g.stdin = "y\n"
	g.golden("rollout_back", g.expect(exitOK, "rollout", "forth", "--back"))
	launches(g.older, "lastgood rollout --to "+g.older)
	if _, errs, code := g.run("rollout", "forth", "--back", "--yes"); code != exitFailed || !strings.Contains(errs, "no good image older than "+g.older) {
		t.Errorf("exit code %d: %s", code, errs)
	}
	g.golden("rollout_release", g.expect(exitOK, "rollout", "forth"))
	launches(g.newer, "-")
	g.stdin = "" // there is nothing to ask
	g.golden("rollout_again", g.expect(exitOK, "rollout", "forth"))

	got := decode[rolloutResult](g.world, g.expect(exitOK, "rollout", "forth", "--to", g.older, "--yes", "-o", "json"))
	want := operator.GroupRollout{
		Region: mainRegion, Group: "forth", Follows: g.web, From: g.newer, To: g.older, Pointer: g.newer, Verdict: rollout.Point, Hold: operator.HoldSet,
	}
	if diff := cmp.Diff(want, *got.GroupRollout, cmpopts.IgnoreUnexported(operator.GroupRollout{})); diff != "" || got.DryRun {
		t.Error(diff)
	}
	g.expect(exitOK, "rollout", "forth", "--to", g.newer, "--yes")
	launches(g.newer, "-")
}

func TestRollout_refreshes_and_tries_again_what_failed(t *testing.T) {
	g := newGroups(newWorld(t))
	g.make(mainRegion, "rolling", g.base, g.follows(rollout.MethodRolling))
	g.golden("rollout_rolling", g.expect(exitOK, "rollout", "rolling", "--yes"))
	if out, _, code := g.run("rollout", "rolling"); code != exitOK || !strings.Contains(out, "has "+g.newer+" already") {
		t.Errorf("exit code %d: %s", code, out)
	}
	if _, errs, code := g.run("rollout", "rolling", "--to", g.older, "--yes"); code != exitFailed || !strings.Contains(errs, "waiting: the refresh") {
		t.Errorf("exit code %d: %s", code, errs)
	}
	g.refreshed("rolling", "failed", "successful")
	g.tagGroup("rolling", rollout.TagFailed, g.newer) // as the function does
	if _, errs, code := g.run("rollout", "rolling"); code != exitFailed || !strings.Contains(errs, "has failed before. [y/N]") {
		t.Errorf("exit code %d: %s", code, errs)
	}
	g.expect(exitOK, "rollout", "rolling", "--yes")
	if tag := g.tagOf("rolling", rollout.TagFailed); tag != "-" || len(g.refreshes("rolling")) != 2 {
		t.Errorf("the tag says %s; refreshes %v", tag, g.refreshes("rolling"))
	}
	g.refreshed("rolling", "successful")
	if got := g.launches("rolling"); got != g.newer || *g.instanceImage(*g.group("rolling").Instances[0].InstanceId) != g.newer {
		t.Errorf("it launches %s", g.called[got])
	}
}

func TestRollout_is_refused(t *testing.T) {
	g := newGroups(newWorld(t))
	g.make(mainRegion, "refused", g.base, g.follows(rollout.MethodNone))
	g.make(mainRegion, "unfollowing", g.base, nil)
	other := g.instance("other")
	foreign := g.image(other, "foreign")
	bad := g.image(g.web, "bad")
	g.tag(mainRegion, bad, map[string]string{"lastgood:quarantine": "ransomware"})
	for what, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"not answered":   {[]string{"refused"}, exitFailed, "not confirmed"},
		"no group":       {[]string{"nowhere", "--yes"}, exitFailed, "the Auto Scaling group nowhere is in none of lastgood's Regions"},
		"follows nobody": {[]string{"unfollowing", "--yes"}, exitFailed, "follows no instance"},
		"foreign":        {[]string{"refused", "--to", foreign, "--yes"}, exitFailed, "is no image of " + g.web},
		"quarantined":    {[]string{"refused", "--to", bad, "--yes"}, exitFailed, bad + " is quarantined"},
		"nothing before": {[]string{"refused", "--back", "--yes"}, exitFailed, "name one with --to"},
		"no image":       {[]string{"refused", "--to", "web"}, exitUsage, "no image's id"},
		"both":           {[]string{"refused", "--to", bad, "--back"}, exitUsage, "exclude each other"},
		"no argument":    {nil, exitUsage, "lastgood rollout <group>"},
		"no Region":      {[]string{"refused", "--region", "mars"}, exitUsage, "mars"},
		"another Region": {[]string{"refused", "--region", drRegion}, exitFailed, "in none"},
	} {
		t.Run(what, func(t *testing.T) {
			if out, errs, code := g.run(append([]string{"rollout"}, c.args...)...); code != c.code || !strings.Contains(errs, c.says) || out != "" {
				t.Errorf("exit code %d: %s%s", code, out, errs)
			}
		})
	}
	if got := g.launches("refused"); got != g.base || g.tagOf("refused", rollout.TagHold) != "-" {
		t.Errorf("it launches %s", g.called[got])
	}
}

func TestRollout_where_the_group_is(t *testing.T) {
	g := newGroups(newWorld(t))
	g.make(mainRegion, "twice", g.base, g.follows(rollout.MethodNone))
	g.down(drRegion)
	g.expect(exitOK, "rollout", "twice", "--dry-run")
	g.check(g.aws.SetRegion(t.Context(), drRegion, true))

	copied := g.signedCopy(g.newer, g.web, "newer-dr", 0)
	g.make(drRegion, "twice", copied, map[string]string{rollout.TagFollow: g.web})
	g.point(drRegion, g.web, copied)
	if _, errs, code := g.run("rollout", "twice", "--yes"); code != exitFailed || !strings.Contains(errs, "name one with --region") {
		t.Errorf("exit code %d: %s", code, errs)
	}
	if out := g.expect(exitOK, "rollout", "twice", "--region", drRegion); !strings.Contains(out, "has "+copied+" already") {
		t.Error(out)
	}
	g.down(mainRegion)
	g.expect(exitFailed, "rollout", "twice", "--region", mainRegion)
}

func TestRollout_is_refused_where_another_configuration_was_deployed(t *testing.T) {
	g := newGroups(newWorld(t))
	g.make(mainRegion, "other-config", g.base, g.follows(rollout.MethodNone))
	g.makeStack(mainRegion)
	g.config.Rollout.Retain = 7
	if _, errs, code := g.run("rollout", "other-config", "--yes"); code != exitUsage || !strings.Contains(errs, "was deployed with the configuration") {
		t.Errorf("exit code %d: %s", code, errs)
	}
	g.expect(exitOK, "rollout", "other-config", "--dry-run")
	g.expect(exitOK, "rollout", "other-config", "--yes", "--ignore-deployed-configuration")
}

func TestRollout_says_what_failed(t *testing.T) {
	g := newGroups(newWorld(t))
	g.make(mainRegion, "failing", g.base, g.follows(rollout.MethodNone))
	for _, action := range []string{"CreateOrUpdateTags", "UpdateAutoScalingGroup"} {
		g.fault(local.Fault{Service: "autoscaling", Action: action, Error: "AccessDenied"})
		if _, errs, code := g.run("rollout", "failing", "--to", g.older, "--yes"); code != exitFailed || !strings.Contains(errs, "failing") {
			t.Errorf("%s: exit code %d: %s", action, code, errs)
		}
	}
	g.expect(exitOK, "rollout", "failing", "--to", g.older, "--yes") // what is left
	if got := g.launches("failing"); got != g.older {
		t.Errorf("it launches %s", g.called[got])
	}
}

func TestStatus_shows_groups(t *testing.T) {
	g := newGroups(newWorld(t))
	g.make(mainRegion, "status-behind", g.base, g.follows(rollout.MethodNone))
	g.make(mainRegion, "status-current", g.newer, g.follows(rollout.MethodNone))
	failed := g.follows(rollout.MethodRolling)
	failed[rollout.TagFailed] = g.newer
	g.make(mainRegion, "status-failed", g.base, failed)
	held := g.follows(rollout.MethodNone)
	held[rollout.TagHold] = "its cache is cold"
	g.make(mainRegion, "status-held", g.base, held)
	g.make(mainRegion, "status-refreshing", g.base, g.follows(rollout.MethodRolling))
	g.expect(exitOK, "rollout", "status-refreshing", "--yes")
	for g.refreshes("status-refreshing")[0] == autoscalingtypes.InstanceRefreshStatusPending {
	}
	wrong := g.follows("slowly")
	g.make(mainRegion, "status-refused", g.base, wrong)
	out := g.expect(exitFindings, "status", g.web)
	_, out, _ = strings.Cut(out, "\n\n")
	g.golden("status_groups", out)

	status := decode[operator.Status](g.world, g.expect(exitFindings, "status", g.web, "-o", "json"))
	var states []operator.GroupState
	for _, s := range status.Groups {
		states = append(states, s.State)
	}
	want := []operator.GroupState{operator.GroupBehind, operator.GroupCurrent, operator.GroupFailed, operator.GroupHeld, operator.GroupRefreshing, operator.GroupRefused}
	if diff := cmp.Diff(want, states); diff != "" {
		t.Error(diff)
	}
	if other := decode[operator.Status](g.world, g.expect(exitFindings, "status", g.instance("other"), "-o", "json")); len(other.Groups) != 0 {
		t.Errorf("%+v", other.Groups)
	}
}

func TestStatus_shows_the_pointers_to_who_may_not_look_at_groups(t *testing.T) {
	g := newGroups(newWorld(t))
	g.fault(local.Fault{Service: "autoscaling", Action: "DescribeAutoScalingGroups", Error: "AccessDenied", Region: mainRegion})
	out := g.expect(exitFindings, "status", g.web)
	if !strings.Contains(out, "newer") || !strings.Contains(out, "! the Auto Scaling groups of "+mainRegion+" could not be looked at: AccessDenied") {
		t.Error(out)
	}
}
