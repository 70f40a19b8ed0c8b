package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"lastgood/cmd/lastgood/operator"
	"lastgood/infra/local"
	"lastgood/shared/config"
)

var parameterCount = regexp.MustCompile(`\d+ of the 10000`)

// doctor runs doctor and returns what it says of a Region's check.
func (w *world) doctor(code int, region, check string) operator.Finding {
	w.Helper()
	findings := decode[operator.Findings](w, w.expect(code, "doctor", "-o", "json"))
	i := slices.IndexFunc(findings, func(f operator.Finding) bool { return f.Region == region && f.Check == check })
	if i < 0 {
		w.Fatalf("no finding of %s in %s: %+v", check, region, findings)
	}
	return findings[i]
}

func TestDoctor_all_is_well(t *testing.T) {
	w := newWorld(t)
	w.deployed("/doctor-well/")
	web := w.instance("web")
	w.point(mainRegion, web, w.image(web, "nightly"))
	w.image(web, "another")
	out := w.expect(exitOK, "doctor")
	w.golden("doctor_well", parameterCount.ReplaceAllString(out, "n of the 10000"))
	if f := w.doctor(exitOK, mainRegion, "trail"); f.Level != operator.OK {
		t.Errorf("%+v", f)
	}
}

func TestDoctor_nothing_is_there(t *testing.T) {
	w := newWorld(t)
	w.config.Parameter.Prefix = "/doctor-nothing/"
	w.config.Policies = []config.Policy{{
		Name: "daily", Schedule: "cron(0 2 * * ? *)", Timezone: "UTC", Produce: config.Snapshot,
		Target: config.Target{Type: config.Volume, IDs: []string{"vol-0123456789abcdef0"}}, Retain: config.Retain{Count: 1},
	}}
	w.later = 24 * time.Hour // nobody has reconciled then
	out := w.expect(exitFindings, "doctor")
	out, _, _ = strings.Cut(out, "\n"+drRegion)
	lines := slices.DeleteFunc(strings.Split(out, "\n"), func(line string) bool { return strings.Contains(line, " tags ") }) // depends on which images there are
	w.golden("doctor_nothing", parameterCount.ReplaceAllString(strings.Join(lines, "\n")+"\n", "n of the 10000"))
}

func TestDoctor_finds_what_does_not_work(t *testing.T) {
	w := newWorld(t)
	w.deployed("/doctor-finds/")
	ctx, cfg := t.Context(), operatorConfig(mainRegion)

	t.Run("dead_letters", func(t *testing.T) {
		queues := sqs.NewFromConfig(cfg)
		url := aws.String(w.aws.Endpoint + "/123456789012/lastgood-dead-letters")
		_, err := queues.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("{}")})
		w.check(err)
		f := w.doctor(exitFindings, mainRegion, "dead-letters")
		want := "aws sqs start-message-move-task --region ap-northeast-1 --source-arn arn:aws:sqs:ap-northeast-1:123456789012:lastgood-dead-letters"
		if f.Level != operator.Fail || f.Command != want {
			t.Errorf("%+v", f)
		}
		_, err = queues.PurgeQueue(ctx, &sqs.PurgeQueueInput{QueueUrl: url})
		w.check(err)
	})
	t.Run("a_disabled_rule", func(t *testing.T) {
		rules, name := eventbridge.NewFromConfig(cfg), aws.String("lastgood-copyimage")
		_, err := rules.DisableRule(ctx, &eventbridge.DisableRuleInput{Name: name})
		w.check(err)
		if f := w.doctor(exitFindings, mainRegion, "rules"); f.Level != operator.Fail || !strings.Contains(f.Command, "enable-rule --region ap-northeast-1 --name lastgood-copyimage") {
			t.Errorf("%+v", f)
		}
		_, err = rules.EnableRule(ctx, &eventbridge.EnableRuleInput{Name: name})
		w.check(err)
	})
	t.Run("a_trail_that_does_not_log", func(t *testing.T) {
		_, err := cloudtrail.NewFromConfig(cfg).StopLogging(ctx, &cloudtrail.StopLoggingInput{Name: aws.String("audit")})
		w.check(err)
		if f := w.doctor(exitFindings, mainRegion, "trail"); f.Level != operator.Fail {
			t.Errorf("%+v", f)
		}
		_, err = cloudtrail.NewFromConfig(cfg).StartLogging(ctx, &cloudtrail.StartLoggingInput{Name: aws.String("audit")})
		w.check(err)
	})
	t.Run("and_goes_on_where_a_check_fails", func(t *testing.T) {
		w.fault(local.Fault{Service: "kms", Action: "GetKeyPolicy", Error: "AccessDeniedException", Message: "not for you", Region: mainRegion, Times: 5})
		if f := w.doctor(exitOK, mainRegion, "signers"); f.Level != operator.Unknown || f.Text != "AccessDeniedException: not for you" {
			t.Errorf("%+v", f)
		}
	})
	t.Run("a_reconcile_that_does_not_complete", func(t *testing.T) {
		w.later = 2 * time.Hour
		if f := w.doctor(exitFindings, mainRegion, "reconcile"); f.Level != operator.Fail {
			t.Errorf("%+v", f)
		}
		w.later = 0
	})
	t.Run("a_region_that_is_down", func(t *testing.T) {
		w.down(drRegion)
		if f := w.doctor(exitFindings, drRegion, "region"); f.Level != operator.Fail {
			t.Errorf("%+v", f)
		}
		if f := w.doctor(exitFindings, mainRegion, "stack"); f.Level != operator.OK {
			t.Errorf("%+v", f)
		}
		w.check(w.aws.SetRegion(ctx, drRegion, true))
	})
}

func TestDoctor_finds_what_is_wrong_with_parameters_and_signers(t *testing.T) {
	w := newWorld(t)
	w.deployed("/doctor-finds/")
	ctx := t.Context()

	t.Run("another_s_parameter_below_the_prefix", func(t *testing.T) {
		name := aws.String("/doctor-finds/password")
		_, err := w.ssm(mainRegion).PutParameter(ctx, &ssm.PutParameterInput{Name: name, Value: aws.String("x"), Type: ssmtypes.ParameterTypeString})
		w.check(err)
		if f := w.doctor(exitFindings, mainRegion, "prefix"); f.Level != operator.Warn || !strings.Contains(f.Text, *name) {
			t.Errorf("%+v", f)
		}
		_, err = w.ssm(mainRegion).DeleteParameter(ctx, &ssm.DeleteParameterInput{Name: name})
		w.check(err)
	})
	t.Run("a_pointer_of_another_type", func(t *testing.T) {
		name := aws.String(w.parameter("i-00000000000000001"))
		_, err := w.ssm(mainRegion).PutParameter(ctx, &ssm.PutParameterInput{Name: name, Value: aws.String("ami-1,ami-2"), Type: ssmtypes.ParameterTypeStringList})
		w.check(err)
		if f := w.doctor(exitFindings, mainRegion, "parameters"); f.Level != operator.Warn || !strings.HasPrefix(f.Command, "lastgood settle i-00000000000000001 --config ") {
			t.Errorf("%+v", f)
		}
		_, err = w.ssm(mainRegion).DeleteParameter(ctx, &ssm.DeleteParameterInput{Name: name})
		w.check(err)
	})
	t.Run("a_stranger_who_may_sign", func(t *testing.T) {
		w.allowSigning(mainRegion, "arn:aws:iam::123456789012:role/intern")
		if f := w.doctor(exitFindings, mainRegion, "signers"); f.Level != operator.Warn || !strings.Contains(f.Text, "role/intern") {
			t.Errorf("%+v", f)
		}
		w.allowSigning(mainRegion, "arn:aws:iam::123456789012:role/admin")
	})
	t.Run("another_prefix_than_deployed", func(t *testing.T) {
		w.config.Parameter.Prefix = "/other/"
		w.expect(exitFindings, "doctor")
		w.config.Parameter.Prefix = "/doctor-finds/"
	})
	t.Run("higher_throughput", func(t *testing.T) {
		setting := aws.String("/ssm/parameter-store/high-throughput-enabled")
		_, err := w.ssm(mainRegion).UpdateServiceSetting(ctx, &ssm.UpdateServiceSettingInput{SettingId: setting, SettingValue: aws.String("true")})
		w.check(err)
		if f := w.doctor(exitOK, mainRegion, "throughput"); f.Level != operator.OK || f.Text != "Parameter Store's higher throughput is on" {
			t.Errorf("%+v", f)
		}
		_, err = w.ssm(mainRegion).ResetServiceSetting(ctx, &ssm.ResetServiceSettingInput{SettingId: setting})
		w.check(err)
	})
}

func TestDoctor_usage(t *testing.T) {
	w := newWorld(t)
	w.expect(exitUsage, "doctor", "i-00000000000000001")
	w.config.Regions.Main = "nowhere"
	w.expect(exitUsage, "doctor")
}
