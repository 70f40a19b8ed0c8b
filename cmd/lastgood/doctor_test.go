package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	schedulertypes "github.com/aws/aws-sdk-go-v2/service/scheduler/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"lastgood/cmd/lastgood/operator"
	"lastgood/infra/local"
	"lastgood/shared/telemetry"
)

// stack is as much of lastgood's stack as doctor looks at.
const stack = `{
  "Resources": {
    "DeadLetters": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "lastgood-dead-letters"}},
    "CreateImage": {"Type": "AWS::Events::Rule", "Properties": {"Name": "lastgood-createimage", "EventPattern": {"source": ["aws.ec2"]}, "State": "ENABLED"}}
  },
  "Outputs": {"ParameterPrefix": {"Value": "%s"}, "Configuration": {"Value": "%s"}}
}`

// deployed makes in both Regions what doctor looks for, for as long as the test runs.
func (w *world) deployed(prefix string) {
	w.Helper()
	w.config.Parameter.Prefix = prefix
	w.config.Signers = []string{"arn:aws:iam::123456789012:role/admin"}
	for _, region := range []string{mainRegion, drRegion} {
		w.makeStack(region)
		w.makeWakers(region)
		w.makeTrail(region)
		w.allowSigning(region, "arn:aws:iam::123456789012:role/admin", "arn:aws:iam::123456789012:role/Lastgood-"+region+"-CopyImageRole")
		w.reconciled(region)
	}
}

// cleanup undoes something after the test.
func (w *world) cleanup(undo func() error) {
	w.Cleanup(func() {
		if err := undo(); err != nil {
			w.Error(err)
		}
	})
}

// after is for calls after the test, whose own context is over then.
func (w *world) after() context.Context { return context.WithoutCancel(w.Context()) }

// makeStack deploys the test's configuration.
func (w *world) makeStack(region string) {
	w.Helper()
	client, name := cloudformation.NewFromConfig(operatorConfig(region)), aws.String(telemetry.StackName(region))
	body := fmt.Sprintf(stack, w.config.Parameter.Prefix, w.config.Fingerprint())
	_, err := client.CreateStack(w.Context(), &cloudformation.CreateStackInput{StackName: name, TemplateBody: aws.String(body)})
	w.check(err)
	w.cleanup(func() error {
		_, err := client.DeleteStack(w.after(), &cloudformation.DeleteStackInput{StackName: name})
		return err
	})
}

func (w *world) makeWakers(region string) {
	w.Helper()
	rules := eventbridge.NewFromConfig(operatorConfig(region))
	for _, f := range telemetry.Functions {
		if f == telemetry.Reconcile || f == telemetry.CreateImage {
			continue
		}
		_, err := rules.PutRule(w.Context(), &eventbridge.PutRuleInput{Name: aws.String(f.Name()), EventPattern: aws.String(`{"source": ["aws.ec2"]}`)})
		w.check(err)
		w.cleanup(func() error {
			_, err := rules.DeleteRule(w.after(), &eventbridge.DeleteRuleInput{Name: aws.String(f.Name())})
			return err
		})
	}
	schedules := scheduler.NewFromConfig(operatorConfig(region))
	_, err := schedules.CreateSchedule(w.Context(), &scheduler.CreateScheduleInput{
		Name: aws.String("lastgood-reconcile"), ScheduleExpression: aws.String("rate(15 minutes)"),
		FlexibleTimeWindow: &schedulertypes.FlexibleTimeWindow{Mode: schedulertypes.FlexibleTimeWindowModeOff},
		Target:             &schedulertypes.Target{Arn: aws.String("arn:aws:sqs:" + region + ":123456789012:lastgood-reconcile"), RoleArn: aws.String("arn:aws:iam::123456789012:role/r")},
	})
	w.check(err)
	w.cleanup(func() error {
		_, err := schedules.DeleteSchedule(w.after(), &scheduler.DeleteScheduleInput{Name: aws.String("lastgood-reconcile")})
		return err
	})
}

func (w *world) makeTrail(region string) {
	w.Helper()
	bucket := aws.String("trail-" + region)
	_, err := s3.NewFromConfig(operatorConfig(region), func(o *s3.Options) { o.UsePathStyle = true }).CreateBucket(w.Context(), &s3.CreateBucketInput{
		Bucket:                    bucket,
		CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: s3types.BucketLocationConstraint(region)},
	})
	if _, exists := errors.AsType[*s3types.BucketAlreadyOwnedByYou](err); !exists {
		w.check(err)
	}
	trails, name := cloudtrail.NewFromConfig(operatorConfig(region)), aws.String("audit")
	_, err = trails.CreateTrail(w.Context(), &cloudtrail.CreateTrailInput{Name: name, S3BucketName: bucket})
	w.check(err)
	_, err = trails.StartLogging(w.Context(), &cloudtrail.StartLoggingInput{Name: name})
	w.check(err)
	w.cleanup(func() error {
		_, err := trails.DeleteTrail(w.after(), &cloudtrail.DeleteTrailInput{Name: name})
		return err
	})
}

func (w *world) allowSigning(region string, principals ...string) {
	w.Helper()
	client := kms.NewFromConfig(operatorConfig(region))
	key, err := client.DescribeKey(w.Context(), &kms.DescribeKeyInput{KeyId: aws.String("alias/lastgood")})
	w.check(err)
	policy, err := json.Marshal(map[string]any{"Statement": []any{map[string]any{
		"Effect": "Allow", "Action": "kms:GenerateMac", "Resource": "*", "Principal": map[string]any{"AWS": principals},
	}}})
	w.check(err)
	_, err = client.PutKeyPolicy(w.Context(), &kms.PutKeyPolicyInput{KeyId: key.KeyMetadata.KeyId, PolicyName: aws.String("default"), Policy: aws.String(string(policy))})
	w.check(err)
}

// reconciled writes what a complete run leaves in reconcile's log.
func (w *world) reconciled(region string) {
	w.Helper()
	client, group, stream := logs.NewFromConfig(operatorConfig(region)), aws.String("/aws/lambda/lastgood-reconcile"), aws.String("a")
	_, err := client.CreateLogGroup(w.Context(), &logs.CreateLogGroupInput{LogGroupName: group})
	w.check(err)
	w.cleanup(func() error {
		_, err := client.DeleteLogGroup(w.after(), &logs.DeleteLogGroupInput{LogGroupName: group})
		return err
	})
	_, err = client.CreateLogStream(w.Context(), &logs.CreateLogStreamInput{LogGroupName: group, LogStreamName: stream})
	w.check(err)
	_, err = client.PutLogEvents(w.Context(), &logs.PutLogEventsInput{LogGroupName: group, LogStreamName: stream, LogEvents: []logstypes.InputLogEvent{{
		Message: aws.String(`{"ReconcilesCompleted": [1]}`), Timestamp: aws.Int64(time.Now().Add(-10 * time.Minute).UnixMilli()),
	}}})
	w.check(err)
}

var parameterCount = regexp.MustCompile(`\d+ of 10000`)

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
	w.golden("doctor_well", parameterCount.ReplaceAllString(out, "n of 10000"))
	if f := w.doctor(exitOK, mainRegion, "trail"); f.Level != operator.OK {
		t.Errorf("%+v", f)
	}
}

func TestDoctor_nothing_is_there(t *testing.T) {
	w := newWorld(t)
	w.config.Parameter.Prefix = "/doctor-nothing/"
	w.allowSigning(mainRegion, "arn:aws:iam::123456789012:root")
	w.allowSigning(drRegion, "arn:aws:iam::123456789012:root")
	w.later = 24 * time.Hour // nobody has reconciled then
	out := w.expect(exitFindings, "doctor")
	out, _, _ = strings.Cut(out, "\n"+drRegion)
	lines := slices.DeleteFunc(strings.Split(out, "\n"), func(line string) bool { return strings.Contains(line, " tags ") }) // depends on which images there are
	out = regexp.MustCompile(`key-id [0-9a-f-]+`).ReplaceAllString(strings.Join(lines, "\n")+"\n", "key-id 0")
	w.golden("doctor_nothing", parameterCount.ReplaceAllString(out, "n of 10000"))
}

func TestDoctor_finds(t *testing.T) {
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
		if f := w.doctor(exitFindings, mainRegion, "parameters"); f.Level != operator.Warn || f.Command != "lastgood settle i-00000000000000001" {
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
		if f := w.doctor(exitOK, mainRegion, "throughput"); f.Level != operator.OK || f.Text != "higher throughput is on" {
			t.Errorf("%+v", f)
		}
		_, err = w.ssm(mainRegion).ResetServiceSetting(ctx, &ssm.ResetServiceSettingInput{SettingId: setting})
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

func TestDoctor_usage(t *testing.T) {
	w := newWorld(t)
	w.expect(exitUsage, "doctor", "i-00000000000000001")
	w.config.Regions.Main = "nowhere"
	w.expect(exitUsage, "doctor")
}
