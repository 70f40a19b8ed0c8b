package drill

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"lastgood/shared/config"
)

// restore is the worst day: the main Region answers nothing any more.
func (s *stage) restore(ctx context.Context) error {
	s.reader.stop()
	missed, reads := s.reader.result()
	if s.config.Parameter.Versioning == config.Latest {
		s.list.check(missed == 0 && reads > 0, fmt.Sprintf("in %d reads by a bystander the parameter was never missing", reads), "%d of %d reads missed it", missed, reads)
	}
	if err := s.aws.SetRegion(ctx, MainRegion, false); err != nil {
		return err
	}
	name, key, value := "cloudformation-parameter", "Image", s.parameter()
	if s.config.Parameter.Versioning == config.Pinned {
		name, key, value = "cloudformation-pinned", "Source", s.web
	}
	file := filepath.Join("examples", name, "template.yaml")
	s.out.event("%s is down. CloudFormation restores web-1 in %s from %s.", MainRegion, DRRegion, file)
	template, err := os.ReadFile(filepath.Join(s.root, file))
	if err != nil {
		return fmt.Errorf("reading the example: %w", err)
	}
	_, err = s.main.value(ctx, s.parameter())
	s.list.check(err != nil, "the main Region answers nothing", "it answered")
	stack := aws.String("web-1-restored")
	_, err = s.dr.templates.CreateStack(ctx, &cloudformation.CreateStackInput{
		StackName: stack, TemplateBody: aws.String(string(template)),
		Parameters: []cfntypes.Parameter{{ParameterKey: &key, ParameterValue: &value}},
	})
	if err != nil {
		return fmt.Errorf("creating the stack: %w", err)
	}
	server, status, err := s.dr.made(ctx, stack, "Server")
	if err != nil {
		return err
	}
	s.list.check(status == cfntypes.StackStatusCreateComplete, "the stack is created", "its status is %s", status)
	image, err := s.dr.imageOf(ctx, server)
	if err != nil {
		return err
	}
	s.out.detail("%s runs from %s", server, s.out.called(image))
	s.list.check(image == s.copies[1], "web-1 is restored in the DR Region from the newest good copy", "it runs from %s", s.out.called(image))
	return nil
}

// made waits for a stack and returns what an output of it names.
func (p place) made(ctx context.Context, stack *string, output string) (id string, status cfntypes.StackStatus, err error) {
	in := &cloudformation.DescribeStacksInput{StackName: stack}
	const longest = time.Minute
	if err := cloudformation.NewStackCreateCompleteWaiter(p.templates, func(o *cloudformation.StackCreateCompleteWaiterOptions) {
		o.MinDelay = time.Second
	}).Wait(ctx, in, longest); err != nil {
		return "", "", fmt.Errorf("waiting for the stack %s: %w", *stack, err)
	}
	out, err := p.templates.DescribeStacks(ctx, in)
	if err != nil {
		return "", "", fmt.Errorf("describing the stack %s: %w", *stack, err)
	}
	for _, o := range out.Stacks[0].Outputs {
		if *o.OutputKey == output {
			return *o.OutputValue, out.Stacks[0].StackStatus, nil
		}
	}
	return "", "", fmt.Errorf("the stack %s has no output %s", *stack, output)
}
