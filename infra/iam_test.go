package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lastgood/infra/permission"
	"lastgood/shared/telemetry"
)

// granted lists what a function's role may do, as its policies in the template say.
func granted(t *testing.T, tpl template, functionID string) []statement {
	t.Helper()
	return policiesOf(t, tpl, strings.TrimSuffix(text(tpl.Resources[functionID].Properties["Role"]), ".Arn}")+"}")
}

// policiesOf lists what a role's policies in the template say; role is a reference, as text spells it.
func policiesOf(t *testing.T, tpl template, role string) []statement {
	t.Helper()
	var all []statement
	for _, policy := range tpl.of(t, "AWS::IAM::Policy") {
		if slices.Contains(texts(policy.Properties["Roles"]), role) {
			all = append(all, statements(policy.Properties["PolicyDocument"])...)
		}
	}
	return all
}

func TestRoles_may_do_what_the_table_says(t *testing.T) {
	eachTemplate(t, func(t *testing.T, s synthesis, tpl template) {
		for f, id := range functionIDs(t, tpl) {
			var got []string
			for _, g := range granted(t, tpl, id) {
				if g.Effect != "Allow" {
					t.Errorf("%s: unexpected effect %s", f, g.Effect)
				}
				got = append(got, g.Actions...)
			}
			slices.Sort(got)
			if diff := cmp.Diff(permission.Actions(f, s.config), slices.Compact(got)); diff != "" {
				t.Errorf("%s:\n%s", f, diff)
			}
		}
	})
}

// A resource is one exact thing, or stands here with what makes it safe.
func TestRoles_reach_exact_resources_only(t *testing.T) {
	eachTemplate(t, func(t *testing.T, s synthesis, tpl template) {
		region := regionOf(t, tpl)
		pointers := pointersOf(s, region)
		point := []string{"ssm:GetParameter", "ssm:GetParameters", "ssm:PutParameter", "ssm:DeleteParameter"}
		change := []string{"ec2:CreateTags", "ec2:DeregisterImage", "ec2:DeleteSnapshot", "ec2:CopyImage", "ec2:CopySnapshot"}
		ownerless, own := fmt.Sprintf("arn:aws:ec2:%s::", region), fmt.Sprintf("arn:aws:ec2:%s:%s:", region, testAccount)
		scaling := fmt.Sprintf("arn:aws:autoscaling:%s:%s:", region, testAccount)
		take := []string{"ec2:CreateImage", "ec2:CreateSnapshot", "ec2:CreateSnapshots"}
		allowed := map[string][]string{ // wildcard -> the actions it may come with
			"*": { // package permission gives the reasons
				"ec2:DescribeImages", "ec2:DescribeInstances", "ec2:DescribeSnapshots", "ec2:DescribeVolumes", "ssm:DescribeParameters",
				"ec2:DescribeLaunchTemplateVersions", "ec2:DescribeLockedSnapshots", "autoscaling:DescribeLaunchConfigurations",
				"autoscaling:DescribeAutoScalingGroups", "cloudtrail:LookupEvents",
				"ssm:GetCommandInvocation", "ssm:ListCommands", "autoscaling:DescribeInstanceRefreshes", "ec2:DescribeInstanceAttribute",
				"ec2:DescribeKeyPairs", "ec2:DescribeSecurityGroups", "ec2:DescribeSpotInstanceRequests", "ec2:DescribeVpcClassicLink",
			},
			pointers[0]:              point, // the pointers are these
			pointers[1]:              point,
			ownerless + "image/*":    append(append(change, take...), "ec2:RunInstances"), // held by their conditions on tags
			ownerless + "snapshot/*": append(append(change, take...), "ec2:RunInstances"),
			own + "volume/*":         append(take, "ec2:RunInstances", "ec2:CreateTags"), // whatever a policy targets, now or later
			own + "instance/*":       append(take, "ssm:SendCommand", "ec2:RunInstances", "ec2:CreateTags"),
			// Held by the tag lastgood:follow, and by their names.
			own + "launch-template/*":                                            {"ec2:CreateLaunchTemplateVersion", "ec2:DeleteLaunchTemplateVersions", "ec2:RunInstances"},
			scaling + "autoScalingGroup:*:autoScalingGroupName/*":                {"autoscaling:UpdateAutoScalingGroup", "autoscaling:StartInstanceRefresh", "autoscaling:CreateOrUpdateTags", "autoscaling:DeleteTags"},
			scaling + "launchConfiguration:*:launchConfigurationName/lastgood-*": {"autoscaling:CreateLaunchConfiguration", "autoscaling:DeleteLaunchConfiguration"},
		}
		for _, kind := range []string{"capacity-reservation", "key-pair", "network-interface", "placement-group", "security-group", "spot-instances-request", "subnet"} {
			allowed[own+kind+"/*"] = []string{"ec2:RunInstances", "ec2:CreateTags"} // what a launch template says, and as it is launched
		}
		for _, there := range s.config.Regions.DR { // where copies are made
			for _, kind := range []string{"image/*", "snapshot/*"} {
				if arn := fmt.Sprintf("arn:aws:ec2:%s::%s", there, kind); allowed[arn] == nil {
					allowed[arn] = []string{"ec2:CreateTags", "ec2:CopyImage", "ec2:CopySnapshot"}
				}
			}
		}
		for f, id := range functionIDs(t, tpl) {
			for _, g := range granted(t, tpl, id) {
				for _, action := range g.Actions {
					if strings.Contains(action, "*") {
						t.Errorf("%s may do %s", f, action)
					}
					for _, r := range g.Resources {
						if strings.Contains(r, "*") && !slices.Contains(allowed[r], action) {
							t.Errorf("%s may do %s on %s", f, action, r)
						}
						if strings.HasSuffix(action, "Parameter") && !slices.Contains(pointersOf(s, region), r) {
							t.Errorf("%s may do %s on %s, want one of %v", f, action, r, pointersOf(s, region))
						}
					}
				}
			}
		}
	})
}

// pointersOf are the ARNs of the parameters that lastgood writes: instances', volumes' and each alias's.
func pointersOf(s synthesis, region string) []string {
	base := fmt.Sprintf("arn:aws:ssm:%s:%s:parameter%s", region, testAccount, s.config.Parameter.Prefix)
	arns := []string{base + "i-*", base + "vol-*"}
	for _, alias := range slices.Sorted(maps.Keys(s.config.Aliases)) {
		arns = append(arns, base+alias)
	}
	return arns
}

func TestRoles_write_every_alias_by_its_name(t *testing.T) {
	eachTemplate(t, func(t *testing.T, s synthesis, tpl template) {
		want := pointersOf(s, regionOf(t, tpl))
		slices.Sort(want)
		for f, id := range functionIDs(t, tpl) {
			want := want
			if f == telemetry.Snapshot || f == telemetry.Capture || f == telemetry.Rollout { // they settle nothing
				want = nil
			}
			for _, action := range []string{"ssm:GetParameter", "ssm:PutParameter", "ssm:DeleteParameter"} {
				var got []string
				for _, g := range granted(t, tpl, id) {
					if slices.Contains(g.Actions, action) {
						got = append(got, g.Resources...)
					}
				}
				slices.Sort(got)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s, %s:\n%s", f, action, diff)
				}
			}
		}
	})
}

// regionOf reads the Region off the one resource that has to spell it out.
func regionOf(t *testing.T, tpl template) string {
	t.Helper()
	for _, f := range tpl.of(t, kindFunction) {
		bucket := text(at(f.Properties, "Code", "S3Bucket"))
		return strings.TrimPrefix(bucket, "cdk-hnb659fds-assets-"+testAccount+"-")
	}
	return ""
}

func TestOnly_imagestate_and_reconcile_list_pointers_and_only_below_the_prefix(t *testing.T) {
	eachTemplate(t, func(t *testing.T, s synthesis, tpl template) {
		arn := func(name string) string {
			return fmt.Sprintf("arn:aws:ssm:%s:%s:parameter%s", regionOf(t, tpl), testAccount, name)
		}
		want := map[string][]string{"ssm:GetParametersByPath": {arn("/lastgood"), arn("/lastgood/")}}
		if s.config.Parameter.Prefix == "/" {
			want = map[string][]string{"ssm:DescribeParameters": {"*"}, "ssm:GetParameters": pointersOf(s, regionOf(t, tpl))}
			slices.Sort(want["ssm:GetParameters"])
		}
		for f, id := range functionIDs(t, tpl) {
			got := map[string][]string{}
			for _, g := range granted(t, tpl, id) {
				for _, action := range g.Actions {
					if action == "ssm:GetParametersByPath" || action == "ssm:DescribeParameters" || action == "ssm:GetParameters" {
						got[action] = slices.Sorted(slices.Values(append(got[action], g.Resources...)))
					}
				}
			}
			expected := map[string][]string{}
			if f == telemetry.ImageState || f == telemetry.Reconcile {
				maps.Copy(expected, want)
			}
			if f == telemetry.Reconcile || f == telemetry.SnapshotState || f == telemetry.Rollout || f == telemetry.ImageState && len(s.config.Policies) > 0 { // they read by name before they write or delete
				expected["ssm:GetParameters"] = slices.Sorted(slices.Values(pointersOf(s, regionOf(t, tpl))))
			}
			if diff := cmp.Diff(expected, got); diff != "" {
				t.Errorf("%s:\n%s", f, diff)
			}
		}
	})
}

func TestOnly_attesting_functions_tag_what_exists_and_only_with_our_tags(t *testing.T) {
	want := map[string]any{
		"ForAllValues:StringLike": map[string]any{"aws:TagKeys": []any{"lastgood:*"}},
		"Null":                    map[string]any{"aws:TagKeys": "false"},
	}
	eachTemplate(t, func(t *testing.T, _ synthesis, tpl template) {
		var taggers []telemetry.Function
		for f, id := range functionIDs(t, tpl) {
			for _, g := range granted(t, tpl, id) {
				if !slices.Contains(g.Actions, "ec2:CreateTags") || f == telemetry.Capture || at(g.Conditions, "StringEquals", "ec2:CreateAction") != nil ||
					at(g.Conditions, "ForAllValues:StringEquals") != nil {
					continue // capture has other tags to write, what is copied is tagged as it is made, and what goes is marked: see below
				}
				taggers = append(taggers, f)
				if diff := cmp.Diff(want, normalized(g.Conditions)); diff != "" {
					t.Errorf("%s:\n%s", f, diff)
				}
			}
		}
		slices.Sort(taggers)
		if diff := cmp.Diff([]telemetry.Function{telemetry.CopyImage, telemetry.Reconcile, telemetry.SnapshotState}, taggers); diff != "" {
			t.Error(diff)
		}
	})
}

// normalized writes a condition's single value as IAM also reads it: a list of one.
func normalized(conditions map[string]any) map[string]any {
	all := maps.Clone(conditions)
	if keys := at(all, "ForAllValues:StringLike", "aws:TagKeys"); keys != nil {
		if one, ok := keys.(string); ok {
			all["ForAllValues:StringLike"] = map[string]any{"aws:TagKeys": []any{one}}
		}
	}
	return all
}
