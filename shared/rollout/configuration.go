package rollout

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

// copied is how the launch configurations that lastgood makes are named: the group, the image, and a digest of all that
// it says, so that one of the same name says the same.
var copied = regexp.MustCompile(`^lastgood-(.*)-(ami-[0-9a-f]+)-[0-9a-f]{12}$`)

// maxGroupInName keeps a launch configuration's name within 255 characters.
const maxGroupInName = 200

// successorConfiguration is what a launch configuration says with another image, as it is asked for.
func successorConfiguration(group string, c types.LaunchConfiguration, before, now Image) (*autoscaling.CreateLaunchConfigurationInput, error) {
	in := &autoscaling.CreateLaunchConfigurationInput{
		ImageId: &now.ID, InstanceType: c.InstanceType, AssociatePublicIpAddress: c.AssociatePublicIpAddress, BlockDeviceMappings: list(c.BlockDeviceMappings),
		ClassicLinkVPCId: said(c.ClassicLinkVPCId), ClassicLinkVPCSecurityGroups: list(c.ClassicLinkVPCSecurityGroups), EbsOptimized: c.EbsOptimized,
		IamInstanceProfile: said(c.IamInstanceProfile), InstanceMonitoring: c.InstanceMonitoring, KernelId: said(c.KernelId), KeyName: said(c.KeyName),
		MetadataOptions: c.MetadataOptions, PlacementTenancy: said(c.PlacementTenancy), RamdiskId: said(c.RamdiskId), SecurityGroups: list(c.SecurityGroups),
		SpotPrice: said(c.SpotPrice), UserData: said(c.UserData),
	}
	for i, m := range configurationMappings(in.BlockDeviceMappings) {
		if m.snapshot != "" && !m.keeps(before, now) {
			ebs := *in.BlockDeviceMappings[i].Ebs
			ebs.SnapshotId = nil
			in.BlockDeviceMappings[i].Ebs = &ebs
		}
	}
	text, err := json.Marshal(in)
	if err != nil {
		return nil, fmt.Errorf("writing down a launch configuration of the group %s: %w", group, err)
	}
	digest := sha256.Sum256(text)
	in.LaunchConfigurationName = aws.String(fmt.Sprintf("lastgood-%s-%s-%x", shortened(group), now.ID, digest[:6]))
	return in, nil
}

// said is a text, or nil where it is empty: so Auto Scaling shows what was never said, and refuses to be told.
// https://docs.aws.amazon.com/code-library/latest/ug/auto-scaling_example_auto-scaling_DescribeLaunchConfigurations_section.html
func said(text *string) *string {
	if aws.ToString(text) == "" {
		return nil
	}
	return text
}

// list is a copy of a list, or nil where it is empty, for the same reason.
func list[T any](all []T) []T {
	if len(all) == 0 {
		return nil
	}
	return slices.Clone(all)
}

// shortened is a group's name as it stands in those of its launch configurations.
func shortened(group string) string {
	if len(group) <= maxGroupInName {
		return group
	}
	return fmt.Sprintf("%x", sha256.Sum256([]byte(group)))
}

// provideConfiguration makes the launch configuration that is like the group's but for its image, unless there is one.
// It returns its name, or "" where somebody else has just made one of that name: what it says is still to be seen.
func (r *Rollout) provideConfiguration(ctx context.Context, v *view, g Group, before, now Image) (string, error) {
	in, err := successorConfiguration(g.Name, v.configurations[g.Configuration], before, now)
	if err != nil {
		return "", err
	}
	name := *in.LaunchConfigurationName
	if there, exists := v.configurations[name]; exists {
		same, err := successorConfiguration(g.Name, there, now, now)
		if err == nil && *same.LaunchConfigurationName != name {
			err = fmt.Errorf("the launch configuration %s says something else than its name; delete it", name)
		}
		return name, err
	}
	_, err = r.Groups.CreateLaunchConfiguration(ctx, in)
	if _, exists := errors.AsType[*types.AlreadyExistsFault](err); exists {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("making a launch configuration of the group %s with %s: %w", g.Name, now.ID, denied(err, "name the role of its instance profile in rollout.passRoles"))
	}
	return name, nil
}

func configurationMappings(mappings []types.BlockDeviceMapping) []mapping {
	all := make([]mapping, len(mappings))
	for i, m := range mappings {
		all[i] = mapping{device: aws.ToString(m.DeviceName), none: aws.ToBool(m.NoDevice)}
		if m.Ebs != nil {
			all[i].snapshot, all[i].size = aws.ToString(m.Ebs.SnapshotId), aws.ToInt32(m.Ebs.VolumeSize)
		}
	}
	return all
}
