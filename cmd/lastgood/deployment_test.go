package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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

	"lastgood/infra/pattern"
	"lastgood/shared/telemetry"
)

// stack is as much of lastgood's stack as doctor looks at.
const stack = `{
  "Resources": {
    "DeadLetters": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "lastgood-dead-letters"}},
    "Captures": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "lastgood-capture.fifo", "FifoQueue": true}},
    "Thaws": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "lastgood-thaw.fifo", "FifoQueue": true}},
    "ThawDeadLetters": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "lastgood-thaw-dead-letters.fifo", "FifoQueue": true}},
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
		if _, onEvents := pattern.For(f, w.config); !onEvents || f == telemetry.CreateImage {
			continue
		}
		_, err := rules.PutRule(w.Context(), &eventbridge.PutRuleInput{Name: aws.String(f.Name()), EventPattern: aws.String(`{"source": ["aws.ec2"]}`)})
		w.check(err)
		w.cleanup(func() error {
			_, err := rules.DeleteRule(w.after(), &eventbridge.DeleteRuleInput{Name: aws.String(f.Name())})
			return err
		})
	}
	w.schedule(region, "lastgood-reconcile", "rate(15 minutes)")
	w.schedule(region, "lastgood-rollout", "rate(15 minutes)")
	for _, p := range w.config.Policies {
		w.schedule(region, telemetry.PolicySchedule(p.Name), p.Schedule)
	}
}

func (w *world) schedule(region, name, expression string) {
	w.Helper()
	schedules := scheduler.NewFromConfig(operatorConfig(region))
	_, err := schedules.CreateSchedule(w.Context(), &scheduler.CreateScheduleInput{
		Name: &name, ScheduleExpression: &expression, ScheduleExpressionTimezone: aws.String("UTC"),
		FlexibleTimeWindow: &schedulertypes.FlexibleTimeWindow{Mode: schedulertypes.FlexibleTimeWindowModeOff},
		Target:             &schedulertypes.Target{Arn: aws.String("arn:aws:sqs:" + region + ":123456789012:lastgood-reconcile"), RoleArn: aws.String("arn:aws:iam::123456789012:role/r")},
	})
	w.check(err)
	w.cleanup(func() error {
		_, err := schedules.DeleteSchedule(w.after(), &scheduler.DeleteScheduleInput{Name: &name})
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
