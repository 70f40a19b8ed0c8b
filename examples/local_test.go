package examples_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"lastgood/infra/local"
	"lastgood/shared/config"
	"lastgood/shared/pointer"
)

const (
	region = "ap-northeast-1"
	dr     = "ap-southeast-1"
)

// place is one Region of the local AWS, with an instance that has images.
type place struct {
	*testing.T
	aws    *local.AWS
	cfn    *cloudformation.Client
	ec2    *ec2.Client
	ssm    *ssm.Client
	source string // the instance
}

// start runs the local AWS, and an instance in it.
func start(t *testing.T) place {
	t.Helper()
	a, err := local.Start(t.Context(), local.Options{
		Root: "..", ImagePending: 10 * time.Millisecond,
		Log: func(line string) { t.Logf("emulator: %s", line) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Stop)
	p := place{T: t, aws: a}.in(region)
	base, err := p.ec2.RegisterImage(t.Context(), &ec2.RegisterImageInput{Name: aws.String("base"), RootDeviceName: aws.String("/dev/sda1"), Architecture: ec2types.ArchitectureValuesX8664, VirtualizationType: aws.String("hvm")})
	p.check(err)
	ran, err := p.ec2.RunInstances(t.Context(), &ec2.RunInstancesInput{ImageId: base.ImageId, MinCount: aws.Int32(1), MaxCount: aws.Int32(1)})
	p.check(err)
	p.source = *ran.Instances[0].InstanceId
	return p
}

// in is the same, seen from another Region.
func (p place) in(region string) place {
	cfg := p.aws.Config(region, local.AccessKey(local.Operator))
	p.cfn, p.ec2, p.ssm = cloudformation.NewFromConfig(cfg), ec2.NewFromConfig(cfg), ssm.NewFromConfig(cfg)
	return p
}

// with is the same, for a subtest.
func (p place) with(t *testing.T) place {
	p.T = t
	return p
}

func (p place) check(err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

// image makes an image of the instance and waits until it is available.
func (p place) image(name string) string {
	p.Helper()
	made, err := p.ec2.CreateImage(p.Context(), &ec2.CreateImageInput{InstanceId: &p.source, Name: &name})
	p.check(err)
	p.settled()
	return *made.ImageId
}

// settled waits until nothing is still to happen at AWS.
func (p place) settled() {
	p.Helper()
	ctx, cancel := context.WithTimeout(p.Context(), 10*time.Second)
	defer cancel()
	for {
		ahead, err := p.aws.Ahead(ctx)
		p.check(err)
		if ahead.Timers == 0 {
			return
		}
	}
}

// point makes the source's pointer name an image, the way lastgood writes it.
func (p place) point(c config.Parameter, image string) {
	p.Helper()
	name := pointer.Names(c.Prefix).Parameter(p.source)
	if c.Versioning == config.Pinned {
		_, err := p.ssm.DeleteParameter(p.Context(), &ssm.DeleteParameterInput{Name: &name})
		if _, missing := errors.AsType[*ssmtypes.ParameterNotFound](err); err != nil && !missing {
			p.Fatal(err)
		}
	}
	_, err := p.ssm.PutParameter(p.Context(), &ssm.PutParameterInput{
		Name: &name, Value: &image, Type: ssmtypes.ParameterTypeString,
		DataType: aws.String(string(c.DataType)), Overwrite: aws.Bool(c.Versioning == config.Latest),
	})
	p.check(err)
	p.settled()
}

// create makes a stack of an example's template and returns its status.
func (p place) create(name, example string, parameters ...string) cfntypes.StackStatus {
	p.Helper()
	template, err := os.ReadFile(filepath.Join(example, "template.yaml"))
	p.check(err)
	in := &cloudformation.CreateStackInput{StackName: &name, TemplateBody: aws.String(string(template))}
	for _, parameter := range parameters {
		key, value, _ := strings.Cut(parameter, "=")
		in.Parameters = append(in.Parameters, cfntypes.Parameter{ParameterKey: &key, ParameterValue: &value})
	}
	_, err = p.cfn.CreateStack(p.Context(), in)
	p.check(err)
	return p.stack(name).StackStatus
}

// update updates a stack as the READMEs do: the same template, and the parameter it was
// given as it is.
func (p place) update(name, parameter string) error {
	_, err := p.cfn.UpdateStack(p.Context(), &cloudformation.UpdateStackInput{
		StackName: &name, UsePreviousTemplate: aws.Bool(true),
		Parameters: []cfntypes.Parameter{{ParameterKey: &parameter, UsePreviousValue: aws.Bool(true)}},
	})
	return err
}

func (p place) stack(name string) cfntypes.Stack {
	p.Helper()
	found, err := p.cfn.DescribeStacks(p.Context(), &cloudformation.DescribeStacksInput{StackName: &name})
	p.check(err)
	return found.Stacks[0]
}

func (p place) output(stack, key string) string {
	p.Helper()
	for _, o := range p.stack(stack).Outputs {
		if *o.OutputKey == key {
			return *o.OutputValue
		}
	}
	p.Fatalf("stack %s has no output %s", stack, key)
	return ""
}

func (p place) instance(id string) ec2types.Instance {
	p.Helper()
	found, err := p.ec2.DescribeInstances(p.Context(), &ec2.DescribeInstancesInput{InstanceIds: []string{id}})
	p.check(err)
	return found.Reservations[0].Instances[0]
}

// runs checks that an instance is up, and of which image.
func (p place) runs(id, image string) {
	p.Helper()
	i := p.instance(id)
	if i.State.Name != ec2types.InstanceStateNameRunning || *i.ImageId != image {
		p.Errorf("%s is %s from %s, want it running from %s", id, i.State.Name, *i.ImageId, image)
	}
}

// refused checks that err is AWS's and says what it should.
func (p place) refused(err error, want string) {
	p.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		p.Errorf("got %v, want an error that says %q", err, want)
	}
}
