package permission

import (
	"maps"

	"lastgood/shared/config"
	"lastgood/shared/rollout"
)

// rollOut lets a function change what groups launch: only groups that follow an instance, only versions of launch templates that
// are tagged for it, and launch configurations whose names begin with lastgood-.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2autoscaling.html
func rollOut(c config.Config, at Place) []Statement {
	follows := present("autoscaling:ResourceTag/" + rollout.TagFollow)
	tagging := maps.Clone(follows)
	tagging["ForAllValues:StringEquals"] = map[string]any{"aws:TagKeys": []any{rollout.TagFailed}}
	groups := []string{at.owned("autoscaling", "autoScalingGroup:*:autoScalingGroupName/*")}
	statements := []Statement{
		describe("ec2:DescribeImages", "ec2:DescribeLaunchTemplateVersions", "autoscaling:DescribeAutoScalingGroups",
			"autoscaling:DescribeLaunchConfigurations", "autoscaling:DescribeInstanceRefreshes"),
		describe(copying...),
		readPointers(c, at),
		{Actions: []string{"kms:VerifyMac"}, Resources: []string{at.SigningKey}},
		{Actions: []string{"autoscaling:UpdateAutoScalingGroup", "autoscaling:StartInstanceRefresh"}, Resources: groups, Conditions: follows},
		{Actions: []string{"autoscaling:CreateOrUpdateTags", "autoscaling:DeleteTags"}, Resources: groups, Conditions: tagging},
		{
			Actions:   []string{"autoscaling:CreateLaunchConfiguration", "autoscaling:DeleteLaunchConfiguration"},
			Resources: []string{at.owned("autoscaling", "launchConfiguration:*:launchConfigurationName/lastgood-*")},
		},
		{
			Actions:   []string{"ec2:CreateLaunchTemplateVersion", "ec2:DeleteLaunchTemplateVersions"},
			Resources: []string{at.ec2("launch-template/*")}, Conditions: present("ec2:ResourceTag/" + rollout.TagFollow),
		},
	}
	return append(append(statements, launch(at)...), passRoles(c)...)
}

// copying is what Auto Scaling asks of whoever makes a launch configuration, besides describing images: it looks at all that one may name.
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-api-permissions.html
var copying = []string{
	"ec2:DescribeInstances", "ec2:DescribeInstanceAttribute", "ec2:DescribeKeyPairs", "ec2:DescribeSecurityGroups",
	"ec2:DescribeSpotInstanceRequests", "ec2:DescribeVpcClassicLink",
}

// launched are the kinds of things that a launch uses or makes, besides images and snapshots. Subnets, placement groups and
// capacity reservations come from the group and not from its launch template: a condition that they be the template's
// would have every group refused.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
var launched = []string{
	"capacity-reservation/*", "instance/*", "key-pair/*", "network-interface/*", "placement-group/*", "security-group/*",
	"spot-instances-request/*", "subnet/*", "volume/*",
}

// launch is what Auto Scaling asks of whoever gives a group a version of a launch template: to be allowed to launch from it. The
// template has to be tagged for it, and the image has to be the one that it says.
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-launch-template-permissions.html
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ExamplePolicies_EC2.html#iam-example-runinstances-launch-templates
func launch(at Place) []Statement {
	run := []string{"ec2:RunInstances"}
	templates, uses := at.ec2("launch-template/*"), []string{at.ownerless("snapshot/*")}
	for _, kind := range launched {
		uses = append(uses, at.ec2(kind))
	}
	byTemplate := map[string]any{"ec2:LaunchTemplate": templates}
	return []Statement{
		{Actions: run, Resources: []string{templates}, Conditions: present("ec2:ResourceTag/" + rollout.TagFollow)},
		{
			Actions: run, Resources: []string{at.ownerless("image/*")},
			Conditions: map[string]map[string]any{"ArnLike": byTemplate, "Bool": {"ec2:IsLaunchTemplateResource": "true"}},
		},
		{Actions: run, Resources: uses, Conditions: map[string]map[string]any{"ArnLike": byTemplate}},
		{ // a template may tag what it launches
			Actions:    []string{"ec2:CreateTags"},
			Resources:  []string{at.ec2("instance/*"), at.ec2("network-interface/*"), at.ec2("spot-instances-request/*"), at.ec2("volume/*")},
			Conditions: map[string]map[string]any{"StringEquals": {"ec2:CreateAction": []any{"RunInstances"}}},
		},
	}
}

// passRoles lets groups launch with the instance profiles of these roles.
func passRoles(c config.Config) []Statement {
	if len(c.Rollout.PassRoles) == 0 {
		return nil
	}
	return []Statement{{
		Actions: []string{"iam:PassRole"}, Resources: c.Rollout.PassRoles,
		Conditions: map[string]map[string]any{"StringEquals": {"iam:PassedToService": []any{"ec2.amazonaws.com", "ec2.amazonaws.com.cn"}}},
	}}
}
