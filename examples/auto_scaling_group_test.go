package examples_test

import (
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"

	"lastgood/infra/local"
	"lastgood/shared/config"
	"lastgood/shared/inventory"
	"lastgood/shared/pointer"
	"lastgood/shared/rollout"
	"lastgood/shared/signature"
)

func groupFollows(p place, _, _ string) {
	const stack, example = "group", "auto-scaling-group"
	p.check(p.aws.SetRefreshTime(p.Context(), 50*time.Millisecond))
	base := *p.instance(p.source).ImageId
	p.is(created, p.create(stack, example, "Image="+base, "Subnets="+p.subnets()))
	p.source = p.output(stack, "UpdateInstance")
	p.groupRuns(stack, base)
	p.captured()

	unpatched := p.image("unpatched")
	p.point(latest, unpatched)
	p.rollOut(rollout.Start)
	p.groupRuns(stack, unpatched)

	patched := p.image("patched")
	p.point(latest, patched)
	p.rollOut(rollout.Start)
	p.groupRuns(stack, patched)
	p.rollOut(rollout.Unchanged)

	p.point(latest, unpatched) // as after a quarantine
	p.rollOut(rollout.Start)
	p.groupRuns(stack, unpatched)
}

// rollOut looks as the function does, and waits for the refresh.
func (p place) rollOut(want rollout.Verdict) {
	p.Helper()
	cfg := p.aws.Config(region, local.AccessKey(local.Operator))
	c := p.groupConfig()
	results, err := (&rollout.Rollout{
		Groups: autoscaling.NewFromConfig(cfg), EC2: p.ec2, SSM: p.ssm, Images: inventory.Images{EC2: p.ec2, Region: region},
		Verifier: signature.Key{KMS: kms.NewFromConfig(cfg), ID: "alias/lastgood"}, Store: pointer.Store{SSM: p.ssm, Parameter: c.Parameter}, Config: c.Rollout,
	}).Run(p.Context(), p.source)
	p.check(err)
	if len(results) != 1 || results[0].Err != nil || results[0].Decision.Verdict != want {
		p.Fatalf("%+v, want it %s", results, want)
	}
	p.settled()
}

// subnets are those of the default VPC.
func (p place) subnets() string {
	p.Helper()
	out, err := p.ec2.DescribeSubnets(p.Context(), &ec2.DescribeSubnetsInput{})
	p.check(err)
	var ids []string
	for _, s := range out.Subnets {
		ids = append(ids, *s.SubnetId)
	}
	return strings.Join(ids, ",")
}

func (p place) groupInstances(stack string) (ids []string) {
	p.Helper()
	name := p.output(stack, "Group")
	groups := autoscaling.NewFromConfig(p.aws.Config(region, local.AccessKey(local.Operator)))
	out, err := groups.DescribeAutoScalingGroups(p.Context(), &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{name}})
	p.check(err)
	for _, i := range out.AutoScalingGroups[0].Instances {
		ids = append(ids, *i.InstanceId)
	}
	return ids
}

// groupRuns checks what the stack's group runs.
func (p place) groupRuns(stack, image string) {
	p.Helper()
	ids := p.groupInstances(stack)
	if len(ids) != 2 {
		p.Errorf("it has %v", ids)
	}
	for _, id := range ids {
		p.runs(id, image)
	}
}

// captured checks that the policy captures the update instance, and nothing of the group.
func (p place) captured() {
	p.Helper()
	in := &ec2.DescribeInstancesInput{}
	for key, value := range p.groupConfig().Policies[0].Target.Tags {
		in.Filters = append(in.Filters, ec2types.Filter{Name: aws.String("tag:" + key), Values: []string{value}})
	}
	out, err := p.ec2.DescribeInstances(p.Context(), in)
	p.check(err)
	var found []string
	for _, r := range out.Reservations {
		for _, i := range r.Instances {
			found = append(found, *i.InstanceId)
		}
	}
	if want := []string{p.source}; !slices.Equal(found, want) {
		p.Errorf("the policy finds %v, want %v", found, want)
	}
}

func (p place) groupConfig() config.Config {
	p.Helper()
	c, err := config.Load("auto-scaling-group/lastgood.json")
	p.check(err)
	return c
}
