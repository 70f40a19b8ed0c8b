package permission

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lastgood/shared/config"
	"lastgood/shared/telemetry"
)

// What changes a group, a launch template or what is launched is held by a tag that a person wrote, or by a name.
func TestFor_rollout_changes_only_what_follows(t *testing.T) {
	template := "arn:aws-us-gov:ec2:us-gov-west-1:111122223333:launch-template/*"
	follows := map[string]any{"autoscaling:ResourceTag/lastgood:follow": "false"}
	want := map[string]map[string]map[string]any{
		"autoscaling:UpdateAutoScalingGroup":    {"Null": follows},
		"autoscaling:StartInstanceRefresh":      {"Null": follows},
		"autoscaling:CreateOrUpdateTags":        {"Null": follows, "ForAllValues:StringEquals": {"aws:TagKeys": []any{"lastgood:failed-image"}}},
		"autoscaling:DeleteTags":                {"Null": follows, "ForAllValues:StringEquals": {"aws:TagKeys": []any{"lastgood:failed-image"}}},
		"autoscaling:CreateLaunchConfiguration": nil,
		"autoscaling:DeleteLaunchConfiguration": nil,
		"ec2:CreateLaunchTemplateVersion":       {"Null": {"ec2:ResourceTag/lastgood:follow": "false"}},
		"ec2:DeleteLaunchTemplateVersions":      {"Null": {"ec2:ResourceTag/lastgood:follow": "false"}},
		"ec2:RunInstances template":             {"Null": {"ec2:ResourceTag/lastgood:follow": "false"}},
		"ec2:RunInstances image":                {"ArnLike": {"ec2:LaunchTemplate": template}, "Bool": {"ec2:IsLaunchTemplateResource": "true"}},
		"ec2:RunInstances":                      {"ArnLike": {"ec2:LaunchTemplate": template}}, // of the group's own: its subnets
		"ec2:CreateTags":                        {"StringEquals": {"ec2:CreateAction": []any{"RunInstances"}}},
		"iam:PassRole":                          {"StringEquals": {"iam:PassedToService": []any{"ec2.amazonaws.com", "ec2.amazonaws.com.cn"}}},
	}
	c := config.Default()
	c.Rollout.PassRoles = []string{"arn:aws-us-gov:iam::111122223333:role/web"}
	got := map[string]map[string]map[string]any{}
	for _, s := range For(telemetry.Rollout, c, place) {
		for _, action := range s.Actions {
			if strings.Contains(action, ":Describe") || !strings.HasPrefix(action, "ec2:") && !strings.HasPrefix(action, "autoscaling:") && !strings.HasPrefix(action, "iam:") {
				continue
			}
			switch {
			case action != "ec2:RunInstances":
			case slices.Contains(s.Resources, template):
				action += " template"
			case slices.ContainsFunc(s.Resources, func(arn string) bool { return strings.HasSuffix(arn, ":image/*") }):
				action += " image"
			}
			got[action] = s.Conditions
			if strings.HasSuffix(action, "LaunchConfiguration") && !strings.HasSuffix(s.Resources[0], "launchConfigurationName/lastgood-*") {
				t.Errorf("%s on %v", action, s.Resources)
			}
			if action == "iam:PassRole" && !cmp.Equal(s.Resources, c.Rollout.PassRoles) {
				t.Errorf("%s of %v", action, s.Resources)
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
