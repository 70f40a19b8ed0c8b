package lifecycle

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"lastgood/shared/pointer"
)

// byTemplates looks at the default and the latest version of each launch template, and at the
// versions that groups use.
func (k *Keeper) byTemplates(ctx context.Context, found references) error {
	if err := k.versions(ctx, &ec2.DescribeLaunchTemplateVersionsInput{Versions: []string{"$Default", "$Latest"}}, found); err != nil {
		return err
	}
	used, err := k.used(ctx)
	if err != nil {
		return err
	}
	for _, t := range slices.SortedFunc(maps.Keys(used), func(a, b template) int { return strings.Compare(a.id+a.name, b.id+b.name) }) {
		in := &ec2.DescribeLaunchTemplateVersionsInput{Versions: slices.Sorted(maps.Keys(used[t]))}
		if t.id != "" {
			in.LaunchTemplateId = &t.id
		} else {
			in.LaunchTemplateName = &t.name
		}
		if err := k.versions(ctx, in, found); err != nil {
			return err
		}
	}
	return nil
}

func (k *Keeper) versions(ctx context.Context, in *ec2.DescribeLaunchTemplateVersionsInput, found references) error {
	in.MaxResults = aws.Int32(versionsPerPage)
	pages := ec2.NewDescribeLaunchTemplateVersionsPaginator(k.EC2, in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if isCode(err, "InvalidLaunchTemplateId.VersionNotFound") && len(in.Versions) > 1 {
			return k.oneByOne(ctx, in, found) // it says so of all where one does not exist
		}
		if isCode(err, "InvalidLaunchTemplateId.NotFound", "InvalidLaunchTemplateName.NotFoundException", "InvalidLaunchTemplateId.VersionNotFound") {
			return nil // a group may outlive its template
		}
		if err != nil {
			return fmt.Errorf("listing versions %v of launch template %s%s: %w", in.Versions, aws.ToString(in.LaunchTemplateId), aws.ToString(in.LaunchTemplateName), err)
		}
		for _, v := range page.LaunchTemplateVersions {
			if v.LaunchTemplateData == nil {
				continue
			}
			by := fmt.Sprintf("version %d of the launch template %s", aws.ToInt64(v.VersionNumber), aws.ToString(v.LaunchTemplateName))
			if err := k.pinned(ctx, aws.ToString(v.LaunchTemplateData.ImageId), by, found); err != nil {
				return err
			}
			found.add(v.LaunchTemplateData.ImageId, "%s", by)
			for _, m := range v.LaunchTemplateData.BlockDeviceMappings {
				if m.Ebs != nil {
					found.add(m.Ebs.SnapshotId, "%s", by)
				}
			}
		}
	}
	return nil
}

// oneByOne asks for each of the versions by itself.
func (k *Keeper) oneByOne(ctx context.Context, in *ec2.DescribeLaunchTemplateVersionsInput, found references) error {
	for _, version := range in.Versions {
		one := *in
		one.Versions = []string{version}
		if err := k.versions(ctx, &one, found); err != nil {
			return err
		}
	}
	return nil
}

// pinned resolves an image that a template takes from a version, or by a label, of a pointer:
// resolve:ssm:<name or ARN>:<version or label>. Without either it is what the pointer names, which
// is asked anyway. A version that Parameter Store does not have any more can launch nothing.
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/using-systems-manager-parameters.html
func (k *Keeper) pinned(ctx context.Context, image, by string, found references) error {
	reference, resolved := strings.CutPrefix(image, "resolve:ssm:")
	if !resolved || found[image] != "" { // asked already
		return nil
	}
	if _, name, isARN := strings.Cut(reference, ":parameter/"); isARN {
		reference = "/" + name
	}
	name, selector, _ := strings.Cut(reference, ":")
	aliases := slices.Collect(maps.Keys(k.Config.Aliases))
	if selector == "" || pointer.Names(k.Config.Parameter.Prefix).PointsFor(name, aliases...) == "" {
		return nil
	}
	out, err := k.SSM.GetParameters(ctx, &ssm.GetParametersInput{Names: []string{reference}})
	if err != nil {
		return fmt.Errorf("reading %s, which is the image of %s: %w", reference, by, err)
	}
	for _, p := range out.Parameters {
		found.add(p.Value, "%s, by %s,", by, reference)
	}
	return nil
}

// template is a launch template, by its id or its name.
type template struct{ id, name string }

// used lists the numbered versions that groups use: the others are looked at anyway.
func (k *Keeper) used(ctx context.Context) (map[template]map[string]bool, error) {
	used := map[template]map[string]bool{}
	add := func(s *autoscalingtypes.LaunchTemplateSpecification) {
		if s == nil || aws.ToString(s.Version) == "" || strings.HasPrefix(*s.Version, "$") {
			return
		}
		t := template{id: aws.ToString(s.LaunchTemplateId)}
		if t.id == "" {
			t.name = aws.ToString(s.LaunchTemplateName)
		}
		if used[t] == nil {
			used[t] = map[string]bool{}
		}
		used[t][*s.Version] = true
	}
	pages := autoscaling.NewDescribeAutoScalingGroupsPaginator(k.Groups, &autoscaling.DescribeAutoScalingGroupsInput{MaxRecords: aws.Int32(groupsPerPage)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("listing the Auto Scaling groups: %w", err)
		}
		for _, g := range page.AutoScalingGroups {
			add(g.LaunchTemplate)
			if g.MixedInstancesPolicy == nil || g.MixedInstancesPolicy.LaunchTemplate == nil {
				continue
			}
			add(g.MixedInstancesPolicy.LaunchTemplate.LaunchTemplateSpecification)
			for _, o := range g.MixedInstancesPolicy.LaunchTemplate.Overrides {
				add(o.LaunchTemplateSpecification)
			}
		}
	}
	return used, nil
}
