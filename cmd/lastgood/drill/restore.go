package drill

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"lastgood/shared/config"
	"lastgood/shared/recovery"
)

// restore is the worst day: the main Region answers nothing any more.
func (s *stage) restore(ctx context.Context) error {
	s.reader.stop()
	missed, reads := s.reader.result()
	if s.config.Parameter.Versioning == config.Latest {
		s.list.check(missed == 0 && reads > 0, fmt.Sprintf("in %d reads by a bystander web-1's pointer was never missing", reads), "%d of %d reads missed it", missed, reads)
	}
	if err := s.aws.SetRegion(ctx, MainRegion, false); err != nil {
		return err
	}
	example, key, value := "cloudformation-parameter", "Image", s.parameter(s.web)
	if s.config.Parameter.Versioning == config.Pinned {
		example, key, value = "cloudformation-pinned", "Source", s.web
	}
	s.out.event("%s is down. CloudFormation restores web-1 in %s from examples/%s.", MainRegion, DRRegion, example)
	_, err := s.main.value(ctx, s.parameter(s.web))
	s.list.check(err != nil, "the main Region, being down, answers nothing", "it answered")
	server, status, err := s.create(ctx, "web-1-restored", example, "Server", map[string]string{key: value})
	if err != nil {
		return err
	}
	s.list.check(status == types.StackStatusCreateComplete, "CloudFormation creates the stack of web-1 in the DR Region", "its status is %s", status)
	image, err := s.dr.imageOf(ctx, server)
	if err != nil {
		return err
	}
	s.out.detail("%s runs from %s", server, s.out.called(image))
	s.list.check(image == s.copies[1], "web-1 is restored in the DR Region from the newest good copy", "it runs from %s", s.out.called(image))
	return nil
}

// restoreVolume restores db-1's data volume in the DR Region while the main one is down.
func (s *stage) restoreVolume(ctx context.Context) error {
	const example = "cloudformation-volume"
	byName := ""
	if s.config.Parameter.Versioning == config.Pinned { // the pointer's bare name works as well
		byName = ", by the pointer's bare name"
	}
	s.out.event("CloudFormation restores the data volume of db-1 in %s from examples/%s%s.", DRRegion, example, byName)
	volume, status, err := s.create(ctx, "db-1-data", example, "Volume", map[string]string{"Snapshot": s.parameter(s.db.data), "AvailabilityZone": DRRegion + "a"})
	if err != nil {
		return err
	}
	out, err := s.dr.ec2.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{VolumeIds: []string{volume}})
	if err != nil {
		return fmt.Errorf("describing %s: %w", volume, err)
	}
	snapshot := aws.ToString(out.Volumes[0].SnapshotId)
	s.out.detail("%s is made of %s", volume, s.out.called(snapshot))
	tags, err := s.dr.snapshotTags(ctx, snapshot)
	s.list.check(err == nil && status == types.StackStatusCreateComplete && tags[recovery.TagRun] == s.run(4).String() && tags[recovery.TagSourceID] == s.db.data,
		"db-1's data volume is restored in the DR Region from the copy of the fourth night", "it is of %s (%v), the stack is %s", tags, err, status)
	return nil
}

// create makes a stack of an example in the DR Region, and returns what an output of it names.
func (s *stage) create(ctx context.Context, stack, example, output string, parameters map[string]string) (string, types.StackStatus, error) {
	template, err := os.ReadFile(filepath.Join(s.root, "examples", example, "template.yaml"))
	if err != nil {
		return "", "", fmt.Errorf("reading the example: %w", err)
	}
	in := &cloudformation.CreateStackInput{StackName: &stack, TemplateBody: aws.String(string(template))}
	for key, value := range parameters {
		in.Parameters = append(in.Parameters, types.Parameter{ParameterKey: &key, ParameterValue: &value})
	}
	return s.dr.create(ctx, in, output)
}

// create makes a stack, waits for it and returns what an output of it names.
func (p place) create(ctx context.Context, in *cloudformation.CreateStackInput, output string) (id string, status types.StackStatus, err error) {
	if _, err := p.templates.CreateStack(ctx, in); err != nil {
		return "", "", fmt.Errorf("creating the stack %s: %w", *in.StackName, err)
	}
	made := &cloudformation.DescribeStacksInput{StackName: in.StackName}
	const longest = time.Minute
	if err := cloudformation.NewStackCreateCompleteWaiter(p.templates, func(o *cloudformation.StackCreateCompleteWaiterOptions) {
		o.MinDelay = time.Second
	}).Wait(ctx, made, longest); err != nil {
		return "", "", fmt.Errorf("waiting for the stack %s: %w", *in.StackName, err)
	}
	out, err := p.templates.DescribeStacks(ctx, made)
	if err != nil {
		return "", "", fmt.Errorf("describing the stack %s: %w", *in.StackName, err)
	}
	for _, o := range out.Stacks[0].Outputs {
		if *o.OutputKey == output {
			return *o.OutputValue, out.Stacks[0].StackStatus, nil
		}
	}
	return "", "", fmt.Errorf("the stack %s has no output %s", *in.StackName, output)
}
