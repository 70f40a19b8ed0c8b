package permission

import (
	"slices"

	"lastgood/shared/config"
	"lastgood/shared/recovery"
)

// keep lets a function copy what policies made, and delete what is to go, marking the snapshots of
// an image that goes. It deletes nothing that
// carries no policy's name: people's own images and snapshots are out of reach.
func keep(c config.Config, at Place) []Statement {
	if len(c.Policies) == 0 {
		return nil
	}
	images, snapshots := at.ownerless("image/*"), at.ownerless("snapshot/*")
	statements := []Statement{
		describe("ec2:DescribeSnapshots", "ec2:DescribeInstances", "ec2:DescribeLaunchTemplateVersions", "ec2:DescribeLockedSnapshots",
			"autoscaling:DescribeLaunchConfigurations", "autoscaling:DescribeAutoScalingGroups"),
		{Actions: []string{"ec2:DeregisterImage"}, Resources: []string{images}, Conditions: present("ec2:ResourceTag/" + recovery.TagPolicy)},
		{Actions: []string{"ec2:DeleteSnapshot"}, Resources: []string{snapshots}, Conditions: present("ec2:ResourceTag/" + recovery.TagPolicy)},
		{
			Actions: []string{"ec2:CreateTags"}, Resources: []string{snapshots},
			Conditions: map[string]map[string]any{
				"ForAllValues:StringEquals": {"aws:TagKeys": []any{recovery.TagLeftover}},
				"Null":                      {"aws:TagKeys": "false", "ec2:ResourceTag/" + recovery.TagPolicy: "false"},
			},
		},
	}
	return append(statements, copies(c, at)...)
}

// copies lets a function copy what carries a policy's name, and nothing else, to the Regions of
// policies, with a policy's name on it. What is copied is authorized where it is, what that makes
// where it is made.
// https://docs.aws.amazon.com/ebs/latest/userguide/ebs-copy-snapshot.html
func copies(c config.Config, at Place) []Statement {
	call := []string{"ec2:CopyImage", "ec2:CopySnapshot"}
	var made []string
	for _, region := range c.Regions.All() {
		to := at
		to.Region = region
		if slices.ContainsFunc(c.Policies, func(p config.Policy) bool {
			return slices.ContainsFunc(p.CopyTo, func(to config.CopyTo) bool { return to.Region == region })
		}) {
			made = append(made, to.ownerless("image/*"), to.ownerless("snapshot/*"))
		}
	}
	if len(made) == 0 {
		return nil
	}
	return []Statement{
		{Actions: call, Resources: []string{at.ownerless("image/*"), at.ownerless("snapshot/*")}, Conditions: present("ec2:ResourceTag/" + recovery.TagPolicy)},
		{Actions: call, Resources: made, Conditions: present("aws:RequestTag/" + recovery.TagPolicy)},
		{
			Actions: []string{"ec2:CreateTags"}, Resources: made,
			Conditions: map[string]map[string]any{"StringEquals": {"ec2:CreateAction": []any{"CopyImage", "CopySnapshot"}}},
		},
	}
}

// lookUpCopies lets a function ask CloudTrail's event history what a snapshot was copied from.
func lookUpCopies(c config.Config) []Statement {
	if len(c.Policies) == 0 {
		return nil
	}
	return []Statement{{
		Actions: []string{"cloudtrail:LookupEvents"}, Resources: []string{"*"},
		Reason: "looking up events supports no resource-level permissions: " +
			"https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudtrail.html",
	}}
}
