package drill

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"lastgood/shared/rollout"
)

// The groups that others than the list of all name. Scaling is also the launch template of all that have one, and golden a parameter
// of somebody's own that the launch template of resolving names.
const (
	scaling      = "web"
	mixedNone    = "web-mixed"
	mixedRolling = "web-mixed-rolling"
	configured   = "web-configured"
	resolving    = "web-resolving"
	golden       = "/golden/web"
)

// preferred is the instance type that the mixed groups launch first. It is not that of the launch template.
const preferred = "t3.small"

// follower is a group that follows the update instance.
type follower struct {
	name       string
	rolling    bool // its instances are replaced; else what it launches from now on has the new image
	mixed      bool // it has a mixed instances policy
	configured bool // it has a launch configuration, and no launch template
}

var followers = []follower{
	{name: scaling},
	{name: "web-rolling", rolling: true},
	{name: mixedNone, mixed: true},
	{name: mixedRolling, mixed: true, rolling: true},
	{name: configured, configured: true},
}

func named(all []follower) string {
	var names []string
	for _, f := range all {
		names = append(names, f.name)
	}
	return strings.Join(names, ", ")
}

// makeGroups makes the groups, of one instance each: with version 1 of the same launch template, or with a launch configuration.
func (s *stage) makeGroups(ctx context.Context) (err error) {
	if err := s.aws.SetRefreshTime(ctx, -1); err != nil {
		return err
	}
	if s.updates.first, err = s.main.imageOf(ctx, s.updates.instance); err != nil {
		return err
	}
	allowed, err := s.makeSurroundings(ctx)
	if err != nil {
		return err
	}
	if err := s.makeTemplate(ctx, scaling, template(s.updates.first, allowed)); err != nil {
		return err
	}
	if err := s.makeConfiguration(ctx, allowed); err != nil {
		return err
	}
	for _, f := range followers {
		in := &autoscaling.CreateAutoScalingGroupInput{}
		switch spec := versionOne(scaling); {
		case f.configured:
			in.LaunchConfigurationName = &f.name
		case f.mixed:
			in.MixedInstancesPolicy = mixed(spec)
		default:
			in.LaunchTemplate = spec
		}
		method := rollout.MethodNone
		if f.rolling {
			method = rollout.MethodRolling
		}
		if err := s.makeGroup(ctx, f.name, method, in); err != nil {
			return err
		}
	}
	made, err := s.main.groupOf(ctx, mixedNone)
	if err != nil {
		return err
	}
	s.updates.policy = *made.MixedInstancesPolicy
	return s.makeResolving(ctx)
}

func versionOne(template string) *types.LaunchTemplateSpecification {
	return &types.LaunchTemplateSpecification{LaunchTemplateName: &template, Version: aws.String("1")}
}

// mixed is a policy of two instance types, one of which is preferred, and of Spot Instances beyond the first instance.
func mixed(spec *types.LaunchTemplateSpecification) *types.MixedInstancesPolicy {
	return &types.MixedInstancesPolicy{
		LaunchTemplate: &types.LaunchTemplate{LaunchTemplateSpecification: spec, Overrides: []types.LaunchTemplateOverrides{
			{InstanceType: aws.String(preferred), WeightedCapacity: aws.String("1")},
			{InstanceType: aws.String("t3a.medium"), WeightedCapacity: aws.String("2")},
		}},
		InstancesDistribution: &types.InstancesDistribution{
			OnDemandBaseCapacity: aws.Int32(1), OnDemandPercentageAboveBaseCapacity: aws.Int32(50), SpotAllocationStrategy: aws.String("price-capacity-optimized"),
		},
	}
}

// makeGroup makes a group that follows the update instance.
func (s *stage) makeGroup(ctx context.Context, name string, method rollout.Method, in *autoscaling.CreateAutoScalingGroupInput) error {
	tag := func(key, value string) types.Tag {
		return types.Tag{Key: &key, Value: &value, PropagateAtLaunch: aws.Bool(false)}
	}
	in.AutoScalingGroupName, in.AvailabilityZones = &name, []string{MainRegion + "a"}
	in.MinSize, in.DesiredCapacity, in.MaxSize = aws.Int32(0), aws.Int32(1), aws.Int32(2)
	in.Tags = []types.Tag{tag(rollout.TagFollow, s.updates.instance), tag(rollout.TagRefresh, string(method))}
	if _, err := s.main.groups.CreateAutoScalingGroup(ctx, in); err != nil {
		return fmt.Errorf("making the group %s: %w", name, err)
	}
	return nil
}

// makeTemplate makes a launch template that lastgood may make versions of.
func (s *stage) makeTemplate(ctx context.Context, name string, data *ec2types.RequestLaunchTemplateData) error {
	_, err := s.main.ec2.CreateLaunchTemplate(ctx, &ec2.CreateLaunchTemplateInput{
		LaunchTemplateName: &name, LaunchTemplateData: data,
		TagSpecifications: []ec2types.TagSpecification{{
			ResourceType: ec2types.ResourceTypeLaunchTemplate, Tags: []ec2types.Tag{{Key: aws.String(rollout.TagFollow), Value: &s.updates.instance}},
		}},
	})
	if err != nil {
		return fmt.Errorf("making the launch template %s: %w", name, err)
	}
	return nil
}

// template is what a launch template says, an image being a part of it.
func template(image, allowed string) *ec2types.RequestLaunchTemplateData {
	return &ec2types.RequestLaunchTemplateData{
		ImageId: &image, InstanceType: ec2types.InstanceTypeT3Micro, UserData: &userData, KeyName: aws.String(scaling), SecurityGroupIds: []string{allowed},
		IamInstanceProfile: &ec2types.LaunchTemplateIamInstanceProfileSpecificationRequest{Name: aws.String(scaling)},
		MetadataOptions:    &ec2types.LaunchTemplateInstanceMetadataOptionsRequest{HttpTokens: ec2types.LaunchTemplateHttpTokensStateRequired},
		BlockDeviceMappings: []ec2types.LaunchTemplateBlockDeviceMappingRequest{{
			DeviceName: aws.String("/dev/sdf"), Ebs: &ec2types.LaunchTemplateEbsBlockDeviceRequest{VolumeSize: aws.Int32(100), VolumeType: ec2types.VolumeTypeGp3},
		}},
		TagSpecifications: []ec2types.LaunchTemplateTagSpecificationRequest{{
			ResourceType: ec2types.ResourceTypeInstance, Tags: []ec2types.Tag{{Key: aws.String("Team"), Value: aws.String("web")}},
		}},
	}
}

var userData = base64.StdEncoding.EncodeToString([]byte("#!/bin/sh\nsystemctl start httpd\n"))

// surroundings are what the launch template and the launch configuration name.
const surroundings = `
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: web
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "sts:AssumeRole", Principal: {Service: ec2.amazonaws.com}}]}
  Profile:
    Type: AWS::IAM::InstanceProfile
    Properties: {InstanceProfileName: web, Roles: [!Ref Role]}
  Group:
    Type: AWS::EC2::SecurityGroup
    Properties: {GroupDescription: web}
Outputs:
  Group: {Value: !GetAtt Group.GroupId}
`

// makeSurroundings returns the security group.
func (s *stage) makeSurroundings(ctx context.Context) (allowed string, err error) {
	if _, err := s.main.ec2.CreateKeyPair(ctx, &ec2.CreateKeyPairInput{KeyName: aws.String(scaling), KeyType: ec2types.KeyTypeEd25519}); err != nil {
		return "", fmt.Errorf("making a key pair: %w", err)
	}
	allowed, _, err = s.main.create(ctx, &cloudformation.CreateStackInput{
		StackName: aws.String(scaling), TemplateBody: aws.String(surroundings), Capabilities: []cfntypes.Capability{cfntypes.CapabilityCapabilityNamedIam},
	}, "Group")
	return allowed, err
}

// makeConfiguration makes a launch configuration that says about all that one can say.
func (s *stage) makeConfiguration(ctx context.Context, allowed string) error {
	_, err := s.main.groups.CreateLaunchConfiguration(ctx, &autoscaling.CreateLaunchConfigurationInput{
		LaunchConfigurationName: aws.String(configured), ImageId: &s.updates.first, InstanceType: aws.String("t3.micro"),
		UserData: &userData, KeyName: aws.String(scaling), SecurityGroups: []string{allowed}, IamInstanceProfile: aws.String(scaling),
		EbsOptimized: aws.Bool(true), AssociatePublicIpAddress: aws.Bool(false), InstanceMonitoring: &types.InstanceMonitoring{Enabled: aws.Bool(false)},
		MetadataOptions: &types.InstanceMetadataOptions{
			HttpTokens: types.InstanceMetadataHttpTokensStateRequired, HttpPutResponseHopLimit: aws.Int32(2), HttpEndpoint: types.InstanceMetadataEndpointStateEnabled,
		},
		PlacementTenancy: aws.String("default"), SpotPrice: aws.String("0.02"),
		BlockDeviceMappings: []types.BlockDeviceMapping{
			{DeviceName: aws.String("/dev/sdf"), Ebs: &types.Ebs{
				VolumeSize: aws.Int32(100), VolumeType: aws.String("gp3"), Iops: aws.Int32(4000), Throughput: aws.Int32(250),
				Encrypted: aws.Bool(true), DeleteOnTermination: aws.Bool(false),
			}},
			{DeviceName: aws.String("/dev/sdg"), NoDevice: aws.Bool(true)},
			{DeviceName: aws.String("/dev/sdh"), VirtualName: aws.String("ephemeral0")},
		},
	})
	if err != nil {
		return fmt.Errorf("making the launch configuration %s: %w", configured, err)
	}
	return nil
}

// makeResolving makes the group whose image EC2 resolves at each launch.
func (s *stage) makeResolving(ctx context.Context) error {
	_, err := s.main.ssm.PutParameter(ctx, &ssm.PutParameterInput{
		Name: aws.String(golden), Value: &s.updates.first, Type: ssmtypes.ParameterTypeString, DataType: aws.String("aws:ec2:image"),
	})
	if err != nil {
		return fmt.Errorf("making the parameter %s: %w", golden, err)
	}
	if err := s.delivery.Quiet(ctx); err != nil { // Parameter Store validates it after it has answered
		return fmt.Errorf("waiting for the parameter %s: %w", golden, err)
	}
	if err := s.makeTemplate(ctx, resolving, &ec2types.RequestLaunchTemplateData{ImageId: aws.String("resolve:ssm:" + golden), InstanceType: ec2types.InstanceTypeT3Micro}); err != nil {
		return err
	}
	return s.makeGroup(ctx, resolving, rollout.MethodNone, &autoscaling.CreateAutoScalingGroupInput{LaunchTemplate: versionOne(resolving)})
}
