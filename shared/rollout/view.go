package rollout

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"lastgood/shared/recovery"
)

// view is what a look found.
type view struct {
	groups         []Group // all of the Region: others may use the same templates
	following      []Group // those that were asked for
	pointers       map[string]string
	templates      map[string]*template // by id
	configurations map[string]autoscalingtypes.LaunchConfiguration
	refreshes      map[string][]autoscalingtypes.InstanceRefresh // of each following group
	images         map[string]Image
	points         map[string]recovery.Point // what the pointers name
	lost           map[string]error          // template or group -> why it could not be looked at
}

// look finds the groups that follow the sources, or any source, and all there is to know of them. It
// costs a call for 100 groups, ten pointers, 200 images and 200 versions of a launch template, and one
// for each group that follows.
func (r *Rollout) look(ctx context.Context, sources []string) (*view, error) {
	v := newView()
	if err := r.listGroups(ctx, v, sources); err != nil || len(v.following) == 0 {
		return v, err
	}
	return v, r.gather(ctx, v)
}

func newView() *view {
	return &view{
		pointers: map[string]string{}, templates: map[string]*template{}, lost: map[string]error{},
		configurations: map[string]autoscalingtypes.LaunchConfiguration{}, refreshes: map[string][]autoscalingtypes.InstanceRefresh{},
		images: map[string]Image{}, points: map[string]recovery.Point{},
	}
}

// gather finds all there is to know of the groups that were asked for.
func (r *Rollout) gather(ctx context.Context, v *view) error {
	if err := errors.Join(r.readPointers(ctx, v), r.listConfigurations(ctx, v)); err != nil {
		return err
	}
	for _, g := range v.following {
		if g.Template != (Spec{}) {
			r.listVersions(ctx, v, g.Template)
		}
		refreshes, err := r.refreshesOf(ctx, g.Name)
		if err != nil {
			v.lost[g.Name] = err
		}
		v.refreshes[g.Name] = refreshes
	}
	return r.describeImages(ctx, v)
}

func (r *Rollout) listGroups(ctx context.Context, v *view, sources []string) error {
	pages := autoscaling.NewDescribeAutoScalingGroupsPaginator(r.Groups, &autoscaling.DescribeAutoScalingGroupsInput{MaxRecords: aws.Int32(rowsPerPage)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("listing the Auto Scaling groups: %w", err)
		}
		for _, described := range page.AutoScalingGroups {
			g := groupOf(described) // with a status, one that is being deleted
			v.groups = append(v.groups, g)
			if g.Tagged && described.Status == nil && (len(sources) == 0 || slices.Contains(sources, g.Follows)) {
				v.following = append(v.following, g)
			}
		}
	}
	return nil
}

func (r *Rollout) readPointers(ctx context.Context, v *view) error {
	sources := map[string]bool{}
	for _, g := range v.following {
		if recovery.IsInstanceID(g.Follows) {
			sources[g.Follows] = true
		}
	}
	held, err := r.Store.Read(ctx, r.SSM, slices.Sorted(maps.Keys(sources))...)
	for source, p := range held {
		if r.Store.Ours(source, p) {
			v.pointers[source] = aws.ToString(p.Value)
		}
	}
	return err
}

// listConfigurations lists all launch configurations, if a following group uses one: whose are to be pruned is among them.
func (r *Rollout) listConfigurations(ctx context.Context, v *view) error {
	if !slices.ContainsFunc(v.following, func(g Group) bool { return g.Configuration != "" }) {
		return nil
	}
	pages := autoscaling.NewDescribeLaunchConfigurationsPaginator(r.Groups, &autoscaling.DescribeLaunchConfigurationsInput{MaxRecords: aws.Int32(rowsPerPage)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("listing the launch configurations: %w", err)
		}
		for _, c := range page.LaunchConfigurations {
			v.configurations[aws.ToString(c.LaunchConfigurationName)] = c
		}
	}
	return nil
}

func (r *Rollout) refreshesOf(ctx context.Context, group string) ([]autoscalingtypes.InstanceRefresh, error) {
	pages := autoscaling.NewDescribeInstanceRefreshesPaginator(r.Groups, &autoscaling.DescribeInstanceRefreshesInput{AutoScalingGroupName: &group, MaxRecords: aws.Int32(rowsPerPage)})
	var all []autoscalingtypes.InstanceRefresh
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("listing the instance refreshes of the group %s: %w", group, err)
		}
		all = append(all, page.InstanceRefreshes...)
	}
	return all, nil
}

// describeImages describes what the pointers name, and what the groups run. What they run need not be ours.
func (r *Rollout) describeImages(ctx context.Context, v *view) error {
	var err error
	if v.points, err = r.Images.ByID(ctx, slices.Collect(maps.Values(v.pointers))...); err != nil {
		return err
	}
	ids := map[string]bool{}
	for _, g := range v.following {
		ids[v.pointers[g.Follows]], ids[v.runs(g)] = true, true
	}
	maps.DeleteFunc(ids, func(id string, _ bool) bool { return !recovery.IsImageID(id) })
	for some := range slices.Chunk(slices.Sorted(maps.Keys(ids)), valuesPerFilter) {
		pages := ec2.NewDescribeImagesPaginator(r.EC2, &ec2.DescribeImagesInput{
			Filters: []types.Filter{{Name: aws.String("image-id"), Values: some}}, IncludeDisabled: aws.Bool(true), MaxResults: aws.Int32(versionsPerPage),
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return fmt.Errorf("describing %d images from %s on: %w", len(some), some[0], err)
			}
			for _, i := range page.Images {
				v.images[aws.ToString(i.ImageId)] = imageOf(i)
			}
		}
	}
	return nil
}

// runs is the image that a group launches, or resolve:ssm:…, or "".
func (v *view) runs(g Group) string {
	if g.Configuration != "" {
		return aws.ToString(v.configurations[g.Configuration].ImageId)
	}
	version, _ := v.version(g.Template)
	return imageIn(version)
}

// profile is the name of the instance profile that a group launches with, which says its name or its ARN; "" where there is none.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_LaunchTemplateIamInstanceProfileSpecification.html
func (v *view) profile(g Group) string {
	profile := aws.ToString(v.configurations[g.Configuration].IamInstanceProfile)
	if version, _ := v.version(g.Template); version.LaunchTemplateData != nil && version.LaunchTemplateData.IamInstanceProfile != nil {
		said := version.LaunchTemplateData.IamInstanceProfile
		profile = cmp.Or(aws.ToString(said.Name), aws.ToString(said.Arn))
	}
	return profile[strings.LastIndex(profile, "/")+1:]
}

// mappings are the block devices that a group's launch template or launch configuration names.
func (v *view) mappings(g Group) []mapping {
	if g.Configuration != "" {
		return configurationMappings(v.configurations[g.Configuration].BlockDeviceMappings)
	}
	if version, exists := v.version(g.Template); exists && version.LaunchTemplateData != nil {
		return templateMappings(version.LaunchTemplateData.BlockDeviceMappings)
	}
	return nil
}
