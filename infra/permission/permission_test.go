package permission

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lastgood/shared/config"
	"lastgood/shared/telemetry"
)

var place = Place{
	Partition: "aws-us-gov", Region: "us-gov-west-1", Account: "111122223333",
	Queue: "arn:queue", LogGroup: "arn:log-group", SigningKey: "arn:key",
}

// prefixes are one of our own and the root, which everybody shares.
var prefixes = []string{"/lastgood/", "/backup/images/", "/"}

var aliases = map[string][]string{"web": {"i-0123456789abcdef0"}, "db": {"i-0123456789abcdef1"}}

func TestFor_gives_a_reason_where_it_gives_everything_and_nowhere_else(t *testing.T) {
	for _, prefix := range prefixes {
		c := config.Default()
		c.Parameter.Prefix, c.Aliases = prefix, aliases
		for _, f := range telemetry.Functions {
			for _, s := range For(f, c, place) {
				everything := cmp.Equal(s.Resources, []string{"*"})
				if everything != strings.Contains(s.Reason, "https://docs.aws.amazon.com/") {
					t.Errorf("%s, prefix %s: %v on %v for the reason %q", f, prefix, s.Actions, s.Resources, s.Reason)
				}
				if len(s.Resources) == 0 || len(s.Actions) == 0 {
					t.Errorf("%s, prefix %s: an empty statement %+v", f, prefix, s)
				}
			}
		}
	}
}

func TestFor_stays_in_its_place(t *testing.T) {
	for _, prefix := range prefixes {
		c := config.Default()
		c.Parameter.Prefix, c.Aliases = prefix, aliases
		for _, f := range telemetry.Functions {
			for _, s := range For(f, c, place) {
				for _, r := range s.Resources {
					if r == "*" || r == place.Queue || r == place.LogGroup || r == place.SigningKey ||
						r == "arn:aws-us-gov:ec2:us-gov-west-1::image/*" {
						continue
					}
					name, ok := strings.CutPrefix(r, "arn:aws-us-gov:ssm:us-gov-west-1:111122223333:parameter")
					if !ok || !strings.HasPrefix(name+"/", prefix) {
						t.Errorf("%s, prefix %s: %v on %s", f, prefix, s.Actions, r)
					}
				}
			}
		}
	}
}

func TestActions_differ_by_function_and_prefix(t *testing.T) {
	common := []string{
		"ec2:DescribeImages", "kms:VerifyMac", "logs:CreateLogStream", "logs:PutLogEvents",
		"sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage",
		"ssm:DeleteParameter", "ssm:GetParameter", "ssm:PutParameter",
	}
	for _, tc := range []struct {
		f      telemetry.Function
		prefix string
		more   []string
	}{
		{telemetry.CreateImage, "/lastgood/", nil},
		{telemetry.CreateImage, "/", nil},
		{telemetry.CopyImage, "/lastgood/", []string{"ec2:CreateTags", "kms:GenerateMac"}},
		{telemetry.ImageState, "/lastgood/", []string{"ssm:GetParametersByPath"}},
		{telemetry.ImageState, "/", []string{"ssm:DescribeParameters", "ssm:GetParameters"}},
		{telemetry.Reconcile, "/lastgood/", []string{"ec2:CreateTags", "kms:GenerateMac", "ssm:GetParameters", "ssm:GetParametersByPath"}},
		{telemetry.Reconcile, "/", []string{"ec2:CreateTags", "kms:GenerateMac", "ssm:DescribeParameters", "ssm:GetParameters"}},
	} {
		c := config.Default()
		c.Parameter.Prefix = tc.prefix
		got := map[string]bool{}
		for _, action := range Actions(tc.f, c) {
			got[action] = true
		}
		want := map[string]bool{}
		for _, action := range append(tc.more, common...) {
			want[action] = true
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s, prefix %s:\n%s", tc.f, tc.prefix, diff)
		}
	}
}
