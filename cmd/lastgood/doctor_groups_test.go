package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"lastgood/cmd/lastgood/operator"
	"lastgood/infra/local"
	"lastgood/shared/rollout"
)

// profile makes an instance profile with a role of another name.
func (w *world) profile(name, role string) {
	w.Helper()
	client := iam.NewFromConfig(operatorConfig(mainRegion))
	_, err := client.CreateInstanceProfile(w.Context(), &iam.CreateInstanceProfileInput{InstanceProfileName: &name, Path: aws.String("/web/")})
	w.check(err)
	w.cleanup(func() error {
		_, err := client.DeleteInstanceProfile(w.after(), &iam.DeleteInstanceProfileInput{InstanceProfileName: &name})
		return err
	})
	_, err = client.CreateRole(w.Context(), &iam.CreateRoleInput{RoleName: &role, AssumeRolePolicyDocument: aws.String(`{"Version": "2012-10-17", "Statement": []}`)})
	w.check(err)
	w.cleanup(func() error {
		_, err := client.DeleteRole(w.after(), &iam.DeleteRoleInput{RoleName: &role})
		return err
	})
	_, err = client.AddRoleToInstanceProfile(w.Context(), &iam.AddRoleToInstanceProfileInput{InstanceProfileName: &name, RoleName: &role})
	w.check(err)
	w.cleanup(func() error {
		_, err := client.RemoveRoleFromInstanceProfile(w.after(), &iam.RemoveRoleFromInstanceProfileInput{InstanceProfileName: &name, RoleName: &role})
		return err
	})
}

// launching is what a launch template says that launches an image with an instance profile.
func launching(image string, profile ec2types.LaunchTemplateIamInstanceProfileSpecificationRequest) *ec2types.RequestLaunchTemplateData {
	return &ec2types.RequestLaunchTemplateData{ImageId: &image, InstanceType: ec2types.InstanceTypeT3Micro, IamInstanceProfile: &profile}
}

// resolved makes a parameter that a launch template may resolve at each launch, and returns its name.
func (g *groups) resolved(name string) string {
	g.Helper()
	_, err := g.ssm(mainRegion).PutParameter(g.Context(), &ssm.PutParameterInput{Name: &name, Value: &g.newer, Type: ssmtypes.ParameterTypeString, DataType: aws.String("aws:ec2:image")})
	g.check(err)
	g.cleanup(func() error {
		_, err := g.ssm(mainRegion).DeleteParameter(g.after(), &ssm.DeleteParameterInput{Name: &name})
		return err
	})
	for { // until Parameter Store has validated it
		if _, err := g.ssm(mainRegion).GetParameter(g.Context(), &ssm.GetParameterInput{Name: &name}); err == nil {
			return name
		}
		g.check(g.Context().Err())
	}
}

// passing is a deployment whose functions may pass the role of the instance profile that a group launches with.
func passing(t *testing.T, name string) *groups {
	t.Helper()
	w := newWorld(t)
	w.config.Rollout.PassRoles = []string{"arn:aws:iam::123456789012:role/" + name + "-role"}
	w.deployed("/" + name + "/")
	w.profile(name, name+"-role")
	g := newGroups(w)
	arn := "arn:aws:iam::123456789012:instance-profile/web/" + name
	g.makeWith(mainRegion, name, launching(g.newer, ec2types.LaunchTemplateIamInstanceProfileSpecificationRequest{Arn: &arn}), g.follows(rollout.MethodNone), rollout.TagFollow)
	return g
}

func TestDoctor_finds_what_keeps_images_from_groups(t *testing.T) {
	g := passing(t, "doctor-groups")
	named := func(name string) ec2types.LaunchTemplateIamInstanceProfileSpecificationRequest {
		return ec2types.LaunchTemplateIamInstanceProfileSpecificationRequest{Name: &name}
	}
	if f := g.doctor(exitOK, mainRegion, "groups"); f.Level != operator.OK || f.Text != "1 that follow an instance, and nothing is in their way" {
		t.Errorf("%+v", f)
	}
	if f := g.doctor(exitOK, drRegion, "groups"); f.Level != operator.OK || f.Text != "no Auto Scaling group follows an instance" {
		t.Errorf("%+v", f)
	}

	with := func(key, value string) map[string]string {
		tags := g.follows(rollout.MethodNone)
		tags[key] = value
		return tags
	}
	g.profile("doctor-others", "doctor-others-role")
	g.make(mainRegion, "doctor-behind", g.base, g.follows(rollout.MethodNone))
	g.make(mainRegion, "doctor-failed", g.base, with(rollout.TagFailed, g.newer))
	g.make(mainRegion, "doctor-held", g.base, with(rollout.TagHold, "its cache is cold"))
	g.make(mainRegion, "doctor-lonely", g.base, with(rollout.TagFollow, "i-00000000000000001"))
	g.make(mainRegion, "doctor-lost", g.base, with(rollout.TagFollow, "web"))
	g.make(mainRegion, "doctor-refused", g.newer, with(rollout.TagRefresh, "slowly"))
	g.makeWith(mainRegion, "doctor-role", launching(g.newer, named("doctor-others")), g.follows(rollout.MethodNone), rollout.TagFollow)
	g.makeWith(mainRegion, "doctor-no-profile", launching(g.newer, named("doctor-nothing")), g.follows(rollout.MethodNone), rollout.TagFollow)
	g.makeWith(mainRegion, "doctor-untagged", &ec2types.RequestLaunchTemplateData{ImageId: &g.newer}, g.follows(rollout.MethodNone), "team")
	spec := func(template string) *autoscalingtypes.LaunchTemplateSpecification {
		return &autoscalingtypes.LaunchTemplateSpecification{LaunchTemplateName: &template, Version: aws.String("1")}
	}
	g.makeOf(mainRegion, &autoscaling.CreateAutoScalingGroupInput{
		AutoScalingGroupName: aws.String("doctor-mixed"), MixedInstancesPolicy: &autoscalingtypes.MixedInstancesPolicy{LaunchTemplate: &autoscalingtypes.LaunchTemplate{
			LaunchTemplateSpecification: spec("doctor-groups"),
			Overrides:                   []autoscalingtypes.LaunchTemplateOverrides{{InstanceType: aws.String("t3.small"), LaunchTemplateSpecification: spec("doctor-untagged")}},
		}},
	}, g.follows(rollout.MethodNone))
	g.makeWith(mainRegion, "doctor-resolves", launching("resolve:ssm:"+g.resolved("/doctor-resolved"), named("doctor-others")), g.follows(rollout.MethodNone))

	var lines []string
	about := false // the line before is
	for line := range strings.Lines(g.expect(exitFindings, "doctor")) {
		if about = strings.HasPrefix(line, mainRegion+"  groups ") || about && strings.HasPrefix(line, "  -> "); about {
			lines = append(lines, line)
		}
	}
	g.golden("doctor_groups", regexp.MustCompile(`lt-[0-9a-f]+`).ReplaceAllString(strings.Join(lines, ""), "lt-0"))
}

func TestDoctor_says_what_of_groups_nobody_can_tell(t *testing.T) {
	g := passing(t, "doctor-denied")
	for _, c := range []struct{ service, action, error, says string }{
		{"autoscaling", "DescribeAutoScalingGroups", "AccessDenied", "AccessDenied: not for you"},
		{"autoscaling", "DescribeInstanceRefreshes", "AccessDenied", "the group doctor-denied, unknown: AccessDenied: not for you"},
		{"ec2", "DescribeLaunchTemplates", "UnauthorizedOperation", "nobody can tell whether the launch templates carry the tag lastgood:follow: UnauthorizedOperation: not for you"},
		{"iam", "GetInstanceProfile", "AccessDenied", "the group doctor-denied: the instance profile doctor-denied: nobody can tell its role, and whether the function may pass it: AccessDenied: not for you"},
	} {
		t.Run(c.action, func(t *testing.T) {
			g.fault(local.Fault{Service: c.service, Action: c.action, Error: c.error, Message: "not for you", Times: 1, Region: region(c.service)})
			findings := decode[operator.Findings](g.world, g.expect(exitOK, "doctor", "-o", "json"))
			findings = slices.DeleteFunc(findings, func(f operator.Finding) bool { return f.Check != "groups" || f.Region != mainRegion })
			if len(findings) != 1 || findings[0].Level != operator.Unknown || findings[0].Text != c.says {
				t.Errorf("%+v", findings)
			}
		})
	}
}

// region is where a service is asked: IAM has one for all.
func region(service string) string {
	if service == "iam" {
		return ""
	}
	return mainRegion
}
