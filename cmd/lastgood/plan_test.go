package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"lastgood/cmd/lastgood/operator"
	"lastgood/shared/config"
)

// planned is an instance that a policy of that name captures, keeps one set of, and copies.
func planned(t *testing.T, policy string) volumes {
	t.Helper()
	v := newVolumes(t)
	v.world.policy(policy, policy)
	v.policy = policy
	p := &v.config.Policies[0]
	p.Retain.Count = 1
	p.Exclude.VolumeTags = map[string]string{"Backup": "no"}
	p.CopyTo = []config.CopyTo{{Region: drRegion, Retain: config.Retain{Count: 1}}}
	v.tag(mainRegion, v.app, map[string]string{"Backup": policy})
	v.tag(mainRegion, v.boot, map[string]string{"Backup": "no"})
	v.called[v.boot] = "boot"
	return v
}

// plan is what plan says of a policy.
func (v volumes) plan(code int, args ...string) operator.PolicyPlan {
	v.Helper()
	plan := decode[operator.Plan](v.world, v.expect(code, append([]string{"plan", "-o", "json"}, args...)...))
	i := slices.IndexFunc(plan.Policies, func(p operator.PolicyPlan) bool { return p.Policy == v.policy })
	if i < 0 {
		v.Fatalf("nothing of %s: %+v", v.policy, plan)
	}
	return plan.Policies[i]
}

func TestPlan_says_what_is_captured_kept_deleted_and_copied(t *testing.T) {
	v := planned(t, "plan-well")
	older, newer := v.finished("older", 24*time.Hour), v.finished("newer", time.Hour)
	before := v.calls()
	v.golden("plan", v.expect(exitOK, "plan", "plan-well"))
	for _, call := range v.calls()[len(before):] {
		if !strings.HasPrefix(call, "Describe") && !strings.HasPrefix(call, "Get") {
			t.Errorf("it called %s", call)
		}
	}

	p := v.plan(exitOK, "plan-well", "--region", mainRegion)
	in := p.Regions[0]
	if len(p.Regions) != 1 || len(in.Targets) != 1 || !slices.Equal(in.Targets[0].LeftOut, []string{v.boot}) || len(in.Targets[0].Volumes) != 2 {
		t.Errorf("%+v", in.Targets)
	}
	if next := p.Next; next.Hour() != 2 || next.Minute() != 0 || time.Until(next) > 24*time.Hour {
		t.Errorf("next is %s", next)
	}
	if len(in.Sets) != 2 || in.Sets[0].Run != newer.run.String() || in.Sets[0].Delete || in.Sets[1].Run != older.run.String() || !in.Sets[1].Delete || len(in.Sets[1].Points) != 2 {
		t.Errorf("%+v", in.Sets)
	}
	if len(in.Copies) != 2 || in.Copies[0].To != drRegion || !slices.Contains(newer.ids(), in.Copies[0].Point) {
		t.Errorf("%+v", in.Copies)
	}

	v.pointTo(older) // whatever a pointer names is kept
	if in := v.plan(exitOK, "plan-well").Regions[0]; in.Sets[1].Delete || !strings.Contains(in.Sets[1].Reason, "the pointer ") {
		t.Errorf("%+v", in.Sets)
	}
	v.copied(newer, "dr")
	if in := v.plan(exitOK, "plan-well").Regions; len(in[0].Copies) != 0 || len(in[1].Sets) != 1 || !in[1].Sets[0].Copied {
		t.Errorf("%+v", in)
	}
}

// calls are the actions that were called so far.
func (w *world) calls() (actions []string) {
	w.Helper()
	calls, err := w.aws.Calls(w.Context(), 0)
	w.check(err)
	for _, call := range calls {
		actions = append(actions, call.Action)
	}
	return actions
}

func TestPlan_tells_what_a_policy_lacks(t *testing.T) {
	v := planned(t, "plan-lacks")
	p := &v.config.Policies[0]
	p.Schedule, p.Scripts = "at(2020-01-01T00:00:00)", &config.Scripts{Document: "mine", Timeout: config.Duration(time.Minute), OnFailure: config.Skip}
	_, err := v.ec2(mainRegion).TerminateInstances(t.Context(), &ec2.TerminateInstancesInput{InstanceIds: []string{v.app}})
	v.check(err)
	notes := strings.Join(v.plan(exitOK, "plan-lacks").Notes, "\n")
	for _, want := range []string{"has no next run", "the document mine is your own and has no fence", "has no targets"} {
		if !strings.Contains(notes, want) {
			t.Errorf("nothing of %q in %s", want, notes)
		}
	}
}

func TestPlan_of_volumes_by_themselves(t *testing.T) {
	v := planned(t, "plan-volumes")
	v.config.Policies[0].Exclude = config.Exclude{}
	v.config.Policies[0].Target = config.Target{Type: config.Volume, IDs: []string{v.data}}
	in := v.plan(exitOK, "plan-volumes").Regions[0]
	if len(in.Targets) != 1 || in.Targets[0].ID != v.data || !slices.Equal(in.Targets[0].Volumes, []string{v.data}) {
		t.Errorf("%+v", in)
	}
}

func TestPlan_keeps_what_is_of_no_policy_any_more(t *testing.T) {
	v := planned(t, "plan-gone")
	v.finished("older", 24*time.Hour)
	v.finished("newer", time.Hour)
	v.config.Policies = nil
	p := v.plan(exitOK)
	if len(p.Notes) != 1 || !strings.Contains(p.Notes[0], "everything that it made is kept") || len(p.Regions[0].Sets) != 2 {
		t.Errorf("%+v", p)
	}
	for _, s := range p.Regions[0].Sets {
		if s.Delete {
			t.Errorf("%+v", s)
		}
	}
	if out := v.expect(exitOK, "plan"); !strings.Contains(out, "plan-gone\n  ! it is not in the configuration") && !strings.Contains(out, "plan-gone") {
		t.Error(out)
	}
}

func TestPlan_with_a_Region_down(t *testing.T) {
	v := planned(t, "plan-down")
	v.finished("newer", time.Hour)
	v.down(drRegion)
	out := v.expect(exitFindings, "plan", "plan-down")
	if !strings.Contains(out, drRegion+", which does not answer: nobody can tell what is due") || !strings.Contains(out, "2 snapshots") {
		t.Error(out)
	}
	v.down(mainRegion)
	v.expect(exitFailed, "plan")
}

func TestPlan_usage(t *testing.T) {
	w := newWorld(t)
	for name, args := range map[string][]string{
		"unknown_policy": {"plan", "nightly"}, "two": {"plan", "a", "b"}, "unknown_region": {"plan", "--region", "mars"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, errs, code := w.run(args...); code != exitUsage {
				t.Errorf("exit code %d, want %d: %s", code, exitUsage, errs)
			}
		})
	}
}
