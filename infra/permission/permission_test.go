package permission

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lastgood/shared/config"
	"lastgood/shared/telemetry"
)

var place = Place{
	Partition: "aws-us-gov", Region: "us-gov-west-1", Account: "111122223333",
	Queues: []string{"arn:queue", "arn:second-queue"}, CaptureQueue: "arn:capture-queue", LogGroup: "arn:log-group", SigningKey: "arn:key",
}

// prefixes are one of our own and the root, which everybody shares.
var prefixes = []string{"/lastgood/", "/backup/images/", "/"}

// configurations are as different as permissions can be.
func configurations() []config.Config {
	var all []config.Config
	for _, prefix := range prefixes {
		c := config.Default()
		c.Parameter.Prefix = prefix
		c.Regions = config.Regions{Main: "us-gov-west-1", DR: []string{"us-gov-east-1"}}
		c.Aliases = map[string][]string{"web": {"i-0123456789abcdef0"}, "db": {"i-0123456789abcdef1"}}
		all = append(all, c)
		c.Rollout.PassRoles = []string{"arn:aws-us-gov:iam::111122223333:role/web"}
		c.Policies = policies
		all = append(all, c)
	}
	return all
}

// policies are all kinds that there are, with and without scripts.
var policies = []config.Policy{
	{Name: "plain", Target: config.Target{Type: config.Instance, Tags: map[string]string{"Plain": "yes"}}},
	{Name: "volumes", Target: config.Target{Type: config.Volume, IDs: []string{"vol-0123456789abcdef0"}}, CopyTo: []config.CopyTo{{Region: "us-gov-east-1"}}},
	{Name: "inline", Target: config.Target{Type: config.Instance, Tags: map[string]string{"Backup": "daily", "Price": "5$ ${aws:username}"}}, Scripts: &config.Scripts{Pre: "a", Post: "b"}},
	{Name: "by-id", Target: config.Target{Type: config.Instance, IDs: ids(120)}, Scripts: &config.Scripts{Document: "freeze-db"}},
}

func ids(n int) []string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf("i-%017x", i))
	}
	return all
}

// each runs the check on every statement of every function in every configuration.
func each(check func(f telemetry.Function, c config.Config, s Statement)) {
	for _, c := range configurations() {
		for _, f := range telemetry.Functions {
			for _, s := range For(f, c, place) {
				check(f, c, s)
			}
		}
	}
}

func TestFor_gives_a_reason_where_it_gives_everything_and_nowhere_else(t *testing.T) {
	each(func(f telemetry.Function, c config.Config, s Statement) {
		everything := cmp.Equal(s.Resources, []string{"*"})
		if everything != strings.Contains(s.Reason, "https://docs.aws.amazon.com/") {
			t.Errorf("%s, prefix %s: %v on %v for the reason %q", f, c.Parameter.Prefix, s.Actions, s.Resources, s.Reason)
		}
		if len(s.Resources) == 0 || len(s.Actions) == 0 {
			t.Errorf("%s, prefix %s: an empty statement %+v", f, c.Parameter.Prefix, s)
		}
	})
}

func TestFor_stays_in_its_place(t *testing.T) {
	own := append(slices.Clone(place.Queues), "*", "arn:aws-us-gov:iam::111122223333:role/web", place.CaptureQueue, place.LogGroup, place.SigningKey,
		"arn:aws-us-gov:ec2:us-gov-west-1::image/*", "arn:aws-us-gov:ec2:us-gov-west-1::snapshot/*",
		"arn:aws-us-gov:ec2:us-gov-east-1::image/*", "arn:aws-us-gov:ec2:us-gov-east-1::snapshot/*") // where copies are made
	each(func(f telemetry.Function, c config.Config, s Statement) {
		for _, r := range s.Resources {
			if slices.Contains(own, r) || strings.HasPrefix(r, "arn:aws-us-gov:ec2:us-gov-west-1:111122223333:") ||
				strings.HasPrefix(r, "arn:aws-us-gov:autoscaling:us-gov-west-1:111122223333:") || strings.HasPrefix(r, "arn:aws-us-gov:ssm:us-gov-west-1:111122223333:document/") {
				continue
			}
			name, ok := strings.CutPrefix(r, "arn:aws-us-gov:ssm:us-gov-west-1:111122223333:parameter")
			if !ok || !strings.HasPrefix(name+"/", c.Parameter.Prefix) {
				t.Errorf("%s, prefix %s: %v on %s", f, c.Parameter.Prefix, s.Actions, r)
			}
		}
	})
}

// What writes or runs something on whatever there is of a kind is held by a condition; what
// a snapshot is taken of is the one exception, as policies may come to target anything.
func TestFor_holds_every_wildcard_that_writes_by_a_condition(t *testing.T) {
	each(func(f telemetry.Function, _ config.Config, s Statement) {
		for _, r := range s.Resources {
			source := f == telemetry.Capture && strings.HasPrefix(s.Actions[0], "ec2:CreateSnap") && len(s.Conditions) == 0 &&
				(strings.HasSuffix(r, ":instance/*") || strings.HasSuffix(r, ":volume/*"))
			if strings.Contains(r, ":ec2:") && strings.HasSuffix(r, "*") && len(s.Conditions) == 0 && !source {
				t.Errorf("%s: %v on %s", f, s.Actions, r)
			}
		}
	})
}

func TestFor_runs_each_policys_scripts_on_its_own_targets_only(t *testing.T) {
	c := config.Default()
	c.Policies = policies
	ec2, document := "arn:aws-us-gov:ec2:us-gov-west-1:111122223333:instance/", "arn:aws-us-gov:ssm:us-gov-west-1:111122223333:document/"
	var instances []string
	var got []Statement
	for _, s := range For(telemetry.Capture, c, place) {
		if !slices.Equal(s.Actions, []string{"ssm:SendCommand"}) {
			continue
		}
		if strings.HasPrefix(s.Resources[0], ec2+"i-") {
			if len(strings.Join(s.Resources, "")) > 4_500 {
				t.Errorf("a statement with %d instances", len(s.Resources))
			}
			instances = append(instances, s.Resources...)
			continue
		}
		got = append(got, s)
	}
	want := []Statement{
		{
			Actions: []string{"ssm:SendCommand"}, Resources: []string{ec2 + "*"},
			Conditions: map[string]map[string]any{"StringEquals": {"ssm:resourceTag/Backup": "daily", "ssm:resourceTag/Price": "5${$} ${$}{aws:username}"}},
		},
		{Actions: []string{"ssm:SendCommand"}, Resources: []string{document + "freeze-db", document + "lastgood-inline"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for i, id := range ids(120) {
		if len(instances) != 120 || instances[i] != ec2+id {
			t.Fatalf("%d instances: %v", len(instances), instances)
		}
	}
}

func TestActions_differ_by_function_and_prefix(t *testing.T) {
	common := []string{
		"logs:CreateLogStream", "logs:PutLogEvents",
		"sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage",
	}
	settle := []string{"ec2:DescribeImages", "kms:VerifyMac", "ssm:DeleteParameter", "ssm:GetParameter", "ssm:PutParameter"}
	capture := []string{
		"ec2:DescribeInstances", "ec2:DescribeVolumes", "ec2:DescribeSnapshots", "ec2:DescribeImages",
		"ec2:CreateSnapshots", "ec2:CreateSnapshot", "ec2:CreateImage", "ec2:CreateTags",
	}
	keep := []string{
		"ec2:DescribeSnapshots", "ec2:DescribeInstances", "ec2:DescribeLaunchTemplateVersions", "ec2:DescribeLockedSnapshots",
		"autoscaling:DescribeLaunchConfigurations", "autoscaling:DescribeAutoScalingGroups",
		"ec2:DeregisterImage", "ec2:DeleteSnapshot", "ec2:CopyImage", "ec2:CopySnapshot", "ec2:CreateTags", "ssm:GetParameters",
	}
	rollOut := []string{
		"ec2:DescribeImages", "ec2:DescribeLaunchTemplateVersions", "autoscaling:DescribeAutoScalingGroups", "autoscaling:DescribeLaunchConfigurations",
		"autoscaling:DescribeInstanceRefreshes", "ssm:GetParameters", "kms:VerifyMac", "autoscaling:UpdateAutoScalingGroup", "autoscaling:StartInstanceRefresh",
		"autoscaling:CreateOrUpdateTags", "autoscaling:DeleteTags", "autoscaling:CreateLaunchConfiguration", "autoscaling:DeleteLaunchConfiguration",
		"ec2:CreateLaunchTemplateVersion", "ec2:DeleteLaunchTemplateVersions", "ec2:RunInstances", "ec2:CreateTags",
		"ec2:DescribeInstances", "ec2:DescribeInstanceAttribute", "ec2:DescribeKeyPairs", "ec2:DescribeSecurityGroups",
		"ec2:DescribeSpotInstanceRequests", "ec2:DescribeVpcClassicLink", // asked for by CreateLaunchConfiguration
	}
	for _, tc := range []struct {
		f        telemetry.Function
		prefix   string
		policies []config.Policy
		base     []string
		more     []string
	}{
		{telemetry.CreateImage, "/lastgood/", nil, settle, nil},
		{telemetry.CreateImage, "/", policies, settle, nil},
		{telemetry.CopyImage, "/lastgood/", nil, settle, []string{"ec2:CreateTags", "kms:GenerateMac"}},
		{telemetry.ImageState, "/lastgood/", nil, settle, []string{"ssm:GetParametersByPath"}},
		{telemetry.ImageState, "/", nil, settle, []string{"ssm:DescribeParameters", "ssm:GetParameters"}},
		{telemetry.Reconcile, "/lastgood/", nil, settle, []string{"ec2:CreateTags", "ec2:DescribeSnapshots", "kms:GenerateMac", "ssm:GetParameters", "ssm:GetParametersByPath"}},
		{telemetry.Reconcile, "/", nil, settle, []string{"ec2:CreateTags", "ec2:DescribeSnapshots", "kms:GenerateMac", "ssm:DescribeParameters", "ssm:GetParameters"}},
		{telemetry.ImageState, "/lastgood/", policies, settle, append(keep, "ssm:GetParametersByPath")},
		{telemetry.Reconcile, "/lastgood/", policies, settle, append(keep, "kms:GenerateMac", "ssm:GetParametersByPath", "cloudtrail:LookupEvents")},
		{telemetry.SnapshotState, "/", nil, settle, []string{"ec2:CreateTags", "ec2:DescribeSnapshots", "kms:GenerateMac", "ssm:GetParameters"}},
		{telemetry.SnapshotState, "/lastgood/", policies, settle, append(keep, "kms:GenerateMac")},
		{telemetry.Rollout, "/", policies, rollOut, nil},
		{telemetry.Snapshot, "/", policies, nil, []string{"ec2:DescribeInstances", "ec2:DescribeVolumes", "sqs:SendMessage"}},
		{telemetry.Capture, "/", nil, capture, nil},
		{telemetry.Capture, "/", policies[:2], capture, nil},
		{telemetry.Capture, "/", policies, capture, []string{"ssm:SendCommand", "ssm:GetCommandInvocation", "ssm:ListCommands"}},
	} {
		c := config.Default()
		c.Parameter.Prefix, c.Policies = tc.prefix, tc.policies
		c.Regions = config.Regions{Main: "us-gov-west-1", DR: []string{"us-gov-east-1"}}
		want := slices.Sorted(slices.Values(slices.Concat(common, tc.base, tc.more)))
		if diff := cmp.Diff(want, Actions(tc.f, c)); diff != "" {
			t.Errorf("%s, prefix %s, %d policies:\n%s", tc.f, tc.prefix, len(tc.policies), diff)
		}
	}
}
