package main

import (
	"fmt"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"lastgood/infra/permission"
	"lastgood/infra/signal"
	"lastgood/shared/config"
	"lastgood/shared/telemetry"
)

// addStacks gives every Region the same stack. Account may be empty: then the
// stacks fit any account.
func addStacks(app constructs.Construct, c config.Config, account string, bundles map[telemetry.Function]string) error {
	for _, region := range c.Regions.All() {
		if err := newStack(app, stackProps{Account: account, Region: region, Config: c, Bundles: bundles}); err != nil {
			return fmt.Errorf("building the stack of %s: %w", region, err)
		}
	}
	return nil
}

type stackProps struct {
	Account string // empty: whichever account deploys
	Region  string
	Config  config.Config
	Bundles map[telemetry.Function]string // each function's folder, see package bundle
}

// newStack is everything that lastgood has in one Region. It refers to no other
// Region, so that any of them can be deployed, and can work, while another is down.
func newStack(app constructs.Construct, p stackProps) error {
	env := &awscdk.Environment{Region: jsii.String(p.Region)}
	if p.Account != "" {
		env.Account = jsii.String(p.Account)
	}
	stack := awscdk.NewStack(app, jsii.String(telemetry.StackName(p.Region)), &awscdk.StackProps{
		Env:                   env,
		Description:           jsii.String("lastgood: keeps an SSM parameter per EC2 instance that names its newest good image"),
		TerminationProtection: jsii.Bool(false),
	})
	awscdk.Tags_Of(stack).Add(jsii.String("Project"), jsii.String("lastgood"), nil)

	key := newSigningKey(stack)
	deadLetters := newDeadLetterQueue(stack, "DeadLetters", telemetry.DeadLetters)
	queues := newCaptureQueues(stack)
	var signers []*string // the roles of the functions that may
	for _, f := range telemetry.Functions {
		made, err := newFunction(stack, functionProps{
			Function:      f,
			Config:        p.Config,
			Bundle:        p.Bundles[f],
			SigningKeyARN: *key.KeyArn(),
			DeadLetters:   deadLetters,
			Queues:        queues,
		})
		if err != nil {
			return err
		}
		if slices.Contains(permission.Actions(f, p.Config), "kms:GenerateMac") {
			signers = append(signers, made.Role().RoleArn())
		}
	}
	allowSigning(key, "FunctionsSign", signers...)
	allowSigning(key, "OperatorsSign", *jsii.Strings(p.Config.Signers...)...)
	if err := newDocuments(stack, p.Config.Policies); err != nil {
		return err
	}
	if p.Config.Trail == config.TrailCreate {
		newTrail(stack)
	}
	topic := newTopic(stack, p.Config.AlarmEmail)
	for _, a := range signal.Alarms(p.Config, p.Region) {
		newAlarm(stack, a, topic)
	}
	if err := newDashboard(stack, p.Config); err != nil {
		return err
	}
	output(stack, "AlarmTopicARN", "What tells of alarms", *topic.TopicArn())
	output(stack, "DeadLetterQueueURL", "Messages that no function could handle", *deadLetters.QueueUrl())
	output(stack, "SigningKeyARN", "The key that signs what lastgood says about copies", *key.KeyArn())
	output(stack, telemetry.OutputConfiguration, "The fingerprint of the configuration that was deployed: the command line compares it", p.Config.Fingerprint())
	output(stack, telemetry.OutputParameterPrefix, "What the pointers' names begin with", p.Config.Parameter.Prefix)
	return nil
}

func output(stack awscdk.Stack, id, description, value string) {
	awscdk.NewCfnOutput(stack, jsii.String(id), &awscdk.CfnOutputProps{
		Description: jsii.String(description),
		Value:       jsii.String(value),
	})
}
