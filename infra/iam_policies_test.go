package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lastgood/shared/config"
	"lastgood/shared/telemetry"
)

// may lists, as text, on what and under which conditions each function may do the action.
func may(t *testing.T, tpl template, action string) map[telemetry.Function][]string {
	t.Helper()
	all := map[telemetry.Function][]string{}
	for f, id := range functionIDs(t, tpl) {
		for _, g := range granted(t, tpl, id) {
			if !slices.Contains(g.Actions, action) {
				continue
			}
			for _, r := range g.Resources {
				all[f] = append(all[f], strings.TrimSpace(fmt.Sprint(r, " ", conditionText(g.Conditions))))
			}
		}
		slices.Sort(all[f])
	}
	return all
}

func conditionText(conditions map[string]any) string {
	if conditions == nil {
		return ""
	}
	return fmt.Sprint(conditions) // maps are printed in the order of their keys
}

func TestOnly_capture_makes_points_and_none_without_a_policys_name(t *testing.T) {
	eachTemplate(t, func(t *testing.T, _ synthesis, tpl template) {
		region := regionOf(t, tpl)
		own, made := "arn:aws:ec2:"+region+":"+testAccount+":", "arn:aws:ec2:"+region+"::"
		named := " map[Null:map[aws:RequestTag/lastgood:policy:false]]"
		want := map[telemetry.Function][]string{telemetry.Capture: {
			own + "instance/*", own + "volume/*", made + "image/*" + named, made + "snapshot/*" + named,
		}}
		for _, action := range []string{"ec2:CreateSnapshots", "ec2:CreateSnapshot", "ec2:CreateImage"} {
			if diff := cmp.Diff(want, may(t, tpl, action)); diff != "" {
				t.Errorf("%s:\n%s", action, diff)
			}
		}
	})
}

func TestCapture_tags_what_it_makes_and_what_a_run_made(t *testing.T) {
	eachTemplate(t, func(t *testing.T, _ synthesis, tpl template) {
		made := "arn:aws:ec2:" + regionOf(t, tpl) + "::"
		creating := " map[StringEquals:map[ec2:CreateAction:[CreateSnapshots CreateSnapshot CreateImage]]]"
		after := " map[Null:map[ec2:ResourceTag/lastgood:run:false]]"
		want := []string{made + "image/*" + after, made + "image/*" + creating, made + "snapshot/*" + after, made + "snapshot/*" + creating}
		if diff := cmp.Diff(want, may(t, tpl, "ec2:CreateTags")[telemetry.Capture]); diff != "" {
			t.Error(diff)
		}
	})
}

func TestOnly_capture_runs_commands_and_only_those_of_policies_on_their_targets(t *testing.T) {
	eachTemplate(t, func(t *testing.T, s synthesis, tpl template) {
		want := map[telemetry.Function][]string{}
		if slices.ContainsFunc(s.config.Policies, func(p config.Policy) bool { return p.Scripts != nil }) {
			instance := "arn:aws:ec2:" + regionOf(t, tpl) + ":" + testAccount + ":instance/"
			document := "arn:aws:ssm:" + regionOf(t, tpl) + ":" + testAccount + ":document/"
			want[telemetry.Capture] = []string{
				instance + "* map[StringEquals:map[ssm:resourceTag/Backup:daily ssm:resourceTag/Cost:5${$}]]",
				instance + "i-0123456789abcdef0", instance + "i-0123456789abcdef1",
				document + "freeze-db", document + "lastgood-daily-web",
			}
		}
		if diff := cmp.Diff(want, may(t, tpl, "ssm:SendCommand")); diff != "" {
			t.Error(diff)
		}
	})
}

func TestOnly_snapshot_queues_captures(t *testing.T) {
	eachTemplate(t, func(t *testing.T, _ synthesis, tpl template) {
		want := map[telemetry.Function][]string{telemetry.Snapshot: {queueARN(t, tpl, telemetry.CaptureQueue)}}
		if diff := cmp.Diff(want, may(t, tpl, "sqs:SendMessage")); diff != "" {
			t.Error(diff)
		}
	})
}

// A role passes itself on by no function: CloudFormation passes the schedules' role, once.
func TestNo_function_passes_roles_or_uses_keys_for_EC2(t *testing.T) {
	eachTemplate(t, func(t *testing.T, _ synthesis, tpl template) {
		for _, action := range []string{"iam:PassRole", "kms:CreateGrant", "kms:Decrypt"} {
			if got := may(t, tpl, action); len(got) > 0 {
				t.Errorf("%s: %v", action, got)
			}
		}
	})
}

// What IAM takes: 10,240 characters in all inline policies of a role, 6,144 in a managed
// one. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
func TestPolicies_by_many_ids_fit_into_what_IAM_takes(t *testing.T) {
	shipped, context, err := shippedConfiguration()
	if err != nil {
		t.Fatal(err)
	}
	for n := range 3 {
		p := config.Policy{Name: fmt.Sprintf("p%d", n), Schedule: "cron(0 2 * * ? *)", Timezone: "UTC", Scripts: &config.Scripts{Document: "freeze-db"}}
		p.Target = config.Target{Type: config.Instance}
		for i := range 200 {
			p.Target.IDs = append(p.Target.IDs, fmt.Sprintf("i-%016x%d", i, n))
		}
		shipped.Policies = append(shipped.Policies, p)
	}
	s, err := synthesize(shipped, context)
	if err != nil {
		t.Fatal(err)
	}
	reached := 0
	for kind, limit := range map[string]int{"AWS::IAM::Policy": 10_240, "AWS::IAM::ManagedPolicy": 6_144} {
		for id, policy := range s.templates[mainRegion].of(t, kind) {
			length := 0
			for _, g := range statements(policy.Properties["PolicyDocument"]) {
				length += len(fmt.Sprint(g.Effect, g.Actions, g.Resources, g.Conditions)) + len(g.Actions)*3 + len(g.Resources)*3 + 60
				for _, r := range g.Resources {
					if strings.Contains(r, ":instance/i-") {
						reached++
					}
				}
			}
			if length > limit {
				t.Errorf("%s %s has about %d characters, and IAM takes %d", kind, id, length, limit)
			}
		}
	}
	if reached != 600 {
		t.Errorf("%d of 600 instances can be frozen", reached)
	}
}

// What carries no policy's name cannot be deleted, whatever a function may be made to try.
func TestOnly_what_policies_made_can_be_deleted(t *testing.T) {
	eachTemplate(t, func(t *testing.T, s synthesis, tpl template) {
		made := "arn:aws:ec2:" + regionOf(t, tpl) + "::"
		named := " map[Null:map[ec2:ResourceTag/lastgood:policy:false]]"
		for action, resource := range map[string]string{"ec2:DeregisterImage": "image/*", "ec2:DeleteSnapshot": "snapshot/*"} {
			want := map[telemetry.Function][]string{}
			if len(s.config.Policies) > 0 {
				for _, f := range []telemetry.Function{telemetry.SnapshotState, telemetry.ImageState, telemetry.Reconcile} {
					want[f] = []string{made + resource + named}
				}
			}
			if diff := cmp.Diff(want, may(t, tpl, action)); diff != "" {
				t.Errorf("%s:\n%s", action, diff)
			}
		}
	})
}

// What retention deregisters is marked first, with this one tag.
func TestOnly_what_policies_made_is_marked_as_leftover(t *testing.T) {
	eachTemplate(t, func(t *testing.T, s synthesis, tpl template) {
		marking := "arn:aws:ec2:" + regionOf(t, tpl) + "::snapshot/*" +
			" map[ForAllValues:StringEquals:map[aws:TagKeys:[lastgood:leftover]] Null:map[aws:TagKeys:false ec2:ResourceTag/lastgood:policy:false]]"
		got := may(t, tpl, "ec2:CreateTags")
		for _, f := range telemetry.Functions {
			keeps := f == telemetry.SnapshotState || f == telemetry.ImageState || f == telemetry.Reconcile
			if want := keeps && len(s.config.Policies) > 0; slices.Contains(got[f], marking) != want {
				t.Errorf("%s: %v, want %v among %q", f, !want, want, got[f])
			}
		}
	})
}

func TestOnly_what_policies_made_is_copied_and_only_to_their_Regions(t *testing.T) {
	eachTemplate(t, func(t *testing.T, s synthesis, tpl template) {
		here, there := "arn:aws:ec2:"+regionOf(t, tpl)+"::", "arn:aws:ec2:ap-southeast-1::"
		from, to := " map[Null:map[ec2:ResourceTag/lastgood:policy:false]]", " map[Null:map[aws:RequestTag/lastgood:policy:false]]"
		want := map[telemetry.Function][]string{}
		if len(s.config.Policies) > 0 {
			for _, f := range []telemetry.Function{telemetry.SnapshotState, telemetry.ImageState, telemetry.Reconcile} {
				want[f] = []string{here + "image/*" + from, here + "snapshot/*" + from, there + "image/*" + to, there + "snapshot/*" + to}
				slices.Sort(want[f])
			}
		}
		for _, action := range []string{"ec2:CopyImage", "ec2:CopySnapshot"} {
			if diff := cmp.Diff(want, may(t, tpl, action)); diff != "" {
				t.Errorf("%s:\n%s", action, diff)
			}
		}
	})
}
