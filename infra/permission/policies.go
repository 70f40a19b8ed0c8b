package permission

import (
	"slices"
	"strings"

	"lastgood/shared/config"
	"lastgood/shared/consistency"
	"lastgood/shared/recovery"
)

// queueCaptures lets a function find the targets of a policy and queue a capture of each.
func queueCaptures(at Place) []Statement {
	return []Statement{
		describe("ec2:DescribeInstances", "ec2:DescribeVolumes"),
		{Actions: []string{"sqs:SendMessage"}, Resources: []string{at.CaptureQueue}},
	}
}

// capture lets a function take snapshots and images of anything, but make none without a
// policy's name on it, and tag afterwards only what it has made: what these calls make is
// authorized by its own ARN and by the tags in the request, what they take it of by the ARN of that.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
//
// Nothing of KMS is among it. A snapshot of an encrypted volume is encrypted with the
// volume's key, under the grant that EBS has for the volume already; the policies of Data
// Lifecycle Manager's roles have none either.
// https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSDataLifecycleManagerServiceRole.html
func capture(at Place) []Statement {
	take := []string{"ec2:CreateSnapshots", "ec2:CreateSnapshot", "ec2:CreateImage"}
	made := []string{at.ownerless("snapshot/*"), at.ownerless("image/*")}
	var by []any // ec2:CreateAction has the call's name without its service
	for _, action := range take {
		by = append(by, strings.TrimPrefix(action, "ec2:"))
	}
	return []Statement{
		describe("ec2:DescribeInstances", "ec2:DescribeVolumes", "ec2:DescribeSnapshots", "ec2:DescribeImages"),
		{Actions: take, Resources: []string{at.ec2("instance/*"), at.ec2("volume/*")}},
		{Actions: take, Resources: made, Conditions: present("aws:RequestTag/" + recovery.TagPolicy)},
		{
			Actions: []string{"ec2:CreateTags"}, Resources: made,
			Conditions: map[string]map[string]any{"StringEquals": {"ec2:CreateAction": by}},
		},
		{Actions: []string{"ec2:CreateTags"}, Resources: made, Conditions: present("ec2:ResourceTag/" + recovery.TagRun)},
	}
}

// idsPerStatement keeps a statement with 80 characters for each below what a managed policy
// takes, 6,144: the CDK starts another one between two statements, not within one.
const idsPerStatement = 50

// runScripts lets a function run the documents of the policies, and those only, on what
// the policies target, by tags or by ids. IAM asks for the document and for each instance.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/run-command-setting-up.html
func runScripts(c config.Config, at Place) []Statement {
	var documents []string
	var targets []Statement
	for _, p := range c.Policies {
		if p.Scripts == nil {
			continue
		}
		documents = append(documents, at.document(p))
		if len(p.Target.Tags) > 0 {
			targets = append(targets, Statement{
				Actions: []string{sendCommand}, Resources: []string{at.ec2("instance/*")},
				Conditions: map[string]map[string]any{"StringEquals": carry(p.Target.Tags)},
			})
		}
		for some := range slices.Chunk(p.Target.IDs, idsPerStatement) {
			s := Statement{Actions: []string{sendCommand}}
			for _, id := range some {
				s.Resources = append(s.Resources, at.ec2("instance/"+id))
			}
			targets = append(targets, s)
		}
	}
	if len(documents) == 0 {
		return nil
	}
	slices.Sort(documents)
	return append(targets,
		Statement{Actions: []string{sendCommand}, Resources: slices.Compact(documents)},
		Statement{
			Actions: []string{"ssm:GetCommandInvocation", "ssm:ListCommands"}, Resources: []string{"*"},
			Reason: "looking at commands supports no resource-level permissions: " +
				"https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html",
		})
}

const sendCommand = "ssm:SendCommand"

// carry are the conditions under which an instance carries all of the tags. A dollar sign
// in a value would begin a policy variable:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
func carry(tags map[string]string) map[string]any {
	all := map[string]any{}
	for key, value := range tags {
		all["ssm:resourceTag/"+key] = strings.ReplaceAll(value, "$", "${$}")
	}
	return all
}

// present is the condition that there is such a key in the request, whatever its value.
func present(key string) map[string]map[string]any {
	return map[string]map[string]any{"Null": {key: "false"}}
}

// document is the ARN of what freezes and thaws the policy's targets.
func (at Place) document(p config.Policy) string {
	name := p.Scripts.Document
	if name == "" {
		name = consistency.DocumentName(p.Name)
	}
	return "arn:" + at.Partition + ":ssm:" + at.Region + ":" + at.Account + ":document/" + name
}

// ec2 is the ARN of something in EC2 that has an owner in it.
func (at Place) ec2(name string) string {
	return at.owned("ec2", name)
}

// owned is the ARN of something of a service that has an owner in it.
func (at Place) owned(service, name string) string {
	return "arn:" + at.Partition + ":" + service + ":" + at.Region + ":" + at.Account + ":" + name
}

// ownerless is the ARN of an image or a snapshot, which have no account in theirs.
func (at Place) ownerless(name string) string {
	return "arn:" + at.Partition + ":ec2:" + at.Region + "::" + name
}
