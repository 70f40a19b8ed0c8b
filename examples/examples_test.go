// Package examples_test deploys the examples to the local AWS and holds their READMEs to
// what happens there.
package examples_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"lastgood/shared/config"
)

const (
	created    = cfntypes.StackStatusCreateComplete
	rolledBack = cfntypes.StackStatusRollbackComplete
	unchanged  = "No updates are to be performed"
)

var (
	latest = config.Default().Parameter
	pinned = config.Parameter{Prefix: "/", Versioning: config.Pinned, DataType: config.Text}
	typed  = config.Parameter{Prefix: "/lastgood/", Versioning: config.Latest, DataType: config.EC2Image}
)

// One local AWS for all: it takes longer to start than the rest together.
func TestExamples_on_the_local_AWS(t *testing.T) {
	p := start(t)
	first, second := p.image("first"), p.image("second")
	for name, test := range map[string]func(p place, first, second string){
		"a_parameter_is_read_again_at_every_update":           parameterFollows,
		"an_update_that_replaces_ends_the_old_server":         parameterReplaces,
		"a_dynamic_reference_does_not_follow":                 resolveStays,
		"a_pinned_reference_is_version_1_before_and_after":    pinnedStays,
		"a_launch_template_follows_at_every_launch":           launchTemplateFollows,
		"a_launch_template_refuses_a_pointer_of_type_text":    launchTemplateRefusesText,
		"an_image_of_another_region_fails_and_is_rolled_back": wrongRegionFails,
		"a_group_follows_there_and_back":                      groupFollows,
	} {
		t.Run(name, func(t *testing.T) { test(p.with(t).another(), first, second) })
	}
}

// another is a source of its own for a subtest: any instance's id will do, since it is
// the pointer that is read.
func (p place) another() place {
	ran, err := p.ec2.RunInstances(p.Context(), &ec2.RunInstancesInput{ImageId: p.instance(p.source).ImageId, MinCount: aws.Int32(1), MaxCount: aws.Int32(1)})
	p.check(err)
	p.source = *ran.Instances[0].InstanceId
	return p
}

func parameterFollows(p place, first, second string) {
	const stack, example = "parameter", "cloudformation-parameter"
	p.point(latest, first)
	p.is(created, p.create(stack, example, "Image=/lastgood/"+p.source))
	p.runs(p.output(stack, "Server"), first)
	p.refused(p.update(stack, "Image"), unchanged)

	p.point(latest, second)
	p.runs(p.output(stack, "Server"), first) // a pointer that moves touches nothing by itself
	p.check(p.update(stack, "Image"))
	p.runs(p.output(stack, "Server"), second)
	if got := p.output(stack, "Image"); got != second {
		p.Errorf("the output Image is %s, want %s", got, second)
	}
}

func parameterReplaces(p place, first, second string) {
	const stack, example = "replaces", "cloudformation-parameter"
	p.point(latest, first)
	p.is(created, p.create(stack, example, "Image=/lastgood/"+p.source))
	old := p.output(stack, "Server")
	p.point(latest, second)
	p.check(p.update(stack, "Image"))
	if now := p.output(stack, "Server"); now == old {
		p.Errorf("the server is still %s", old)
	}
	if state := p.instance(old).State.Name; state != ec2types.InstanceStateNameTerminated {
		p.Errorf("the old server is %s", state)
	}
}

func resolveStays(p place, first, second string) {
	const stack, example = "resolve", "cloudformation-resolve"
	p.point(latest, first)
	p.is(created, p.create(stack, example, "Source="+p.source))
	p.point(latest, second)
	p.refused(p.update(stack, "Source"), unchanged)
	p.runs(p.output(stack, "Server"), first)

	p.is(created, p.create(stack+"-again", example, "Source="+p.source))
	p.runs(p.output(stack+"-again", "Server"), second)
}

func pinnedStays(p place, first, second string) {
	const stack, example = "pinned", "cloudformation-pinned"
	p.point(pinned, first)
	p.is(created, p.create(stack, example, "Source="+p.source))
	p.point(pinned, second)
	p.refused(p.update(stack, "Source"), unchanged)
	p.runs(p.output(stack, "Server"), first)

	p.is(created, p.create(stack+"-again", example, "Source="+p.source))
	p.runs(p.output(stack+"-again", "Server"), second)
}

func launchTemplateFollows(p place, first, second string) {
	const stack, example = "launch-template", "launch-template"
	p.point(typed, first)
	p.is(created, p.create(stack, example, "Source="+p.source))
	before, err := p.launch(stack)
	p.check(err)
	p.runs(before, first)

	p.point(typed, second)
	after, err := p.launch(stack)
	p.check(err)
	p.runs(after, second)
	p.runs(before, first)
}

func launchTemplateRefusesText(p place, first, _ string) {
	const stack, example = "launch-template-text", "launch-template"
	p.point(latest, first)
	p.is(created, p.create(stack, example, "Source="+p.source))
	_, err := p.launch(stack)
	p.refused(err, "aws:ec2:image")
}

// launch is the README's run-instances.
func (p place) launch(stack string) (string, error) {
	ran, err := p.ec2.RunInstances(context.Background(), &ec2.RunInstancesInput{
		LaunchTemplate: &ec2types.LaunchTemplateSpecification{LaunchTemplateId: aws.String(p.output(stack, "LaunchTemplateId")), Version: aws.String("$Latest")},
		MinCount:       aws.Int32(1), MaxCount: aws.Int32(1),
	})
	if err != nil {
		return "", err
	}
	return *ran.Instances[0].InstanceId, nil
}

func wrongRegionFails(p place, first, _ string) {
	there := p.in(dr)
	there.point(latest, first)
	there.point(pinned, first)
	there.is(rolledBack, there.create("parameter", "cloudformation-parameter", "Image=/lastgood/"+p.source))
	there.is(rolledBack, there.create("resolve", "cloudformation-resolve", "Source="+p.source))
	there.is(rolledBack, there.create("pinned", "cloudformation-pinned", "Source="+p.source))
}

func (p place) is(want, got cfntypes.StackStatus) {
	p.Helper()
	if want != got {
		p.Errorf("the stack's status is %s, want %s", got, want)
	}
}
