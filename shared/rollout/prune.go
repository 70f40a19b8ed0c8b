package rollout

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// prune deletes the versions of launch templates and the launch configurations that lastgood made and nothing uses, but for the
// newest ones: they would otherwise stay for good.
func (r *Rollout) prune(ctx context.Context, v *view) error {
	var errs []error
	for _, id := range slices.Sorted(maps.Keys(v.templates)) {
		errs = append(errs, r.pruneVersions(ctx, v, v.templates[id]))
	}
	pruned := map[string]bool{}
	for _, g := range v.following {
		if name := shortened(g.Name); g.Configuration != "" && !pruned[name] {
			pruned[name] = true
			errs = append(errs, r.pruneConfigurations(ctx, v, name))
		}
	}
	return errors.Join(errs...)
}

// pruneVersions never deletes the default version, the latest one, and what a group or the newest of its refreshes uses.
func (r *Rollout) pruneVersions(ctx context.Context, v *view, t *template) error {
	var own []string // the newest first
	for i, version := range slices.Backward(t.versions) {
		if ours(version) && !aws.ToBool(version.DefaultVersion) && i < len(t.versions)-1 {
			own = append(own, numberOf(version))
		}
	}
	if len(own) <= r.Config.Retain {
		return nil
	}
	doomed, err := r.unused(ctx, v, t, own[r.Config.Retain:])
	if err != nil || len(doomed) == 0 {
		return err
	}
	now := newView() // since the look, which may have taken minutes, a group may have come to use one
	now.templates = v.templates
	if err := r.listGroups(ctx, now, nil); err != nil {
		return err
	}
	if doomed, err = r.unused(ctx, now, t, doomed); err != nil {
		return err
	}
	for some := range slices.Chunk(doomed, versionsPerPage) {
		out, err := r.EC2.DeleteLaunchTemplateVersions(ctx, &ec2.DeleteLaunchTemplateVersionsInput{LaunchTemplateId: &t.id, Versions: some})
		if err != nil {
			return fmt.Errorf("deleting versions %v of the launch template %s, which nothing uses: %w", some, t.name, err)
		}
		for _, u := range out.UnsuccessfullyDeletedLaunchTemplateVersions {
			if e := u.ResponseError; e != nil && e.Code != types.LaunchTemplateErrorCodeLaunchTemplateVersionDoesNotExist {
				return fmt.Errorf("deleting version %d of the launch template %s, which nothing uses: %s: %s", aws.ToInt64(u.VersionNumber), t.name, e.Code, aws.ToString(e.Message))
			}
		}
	}
	return nil
}

// unused are those of a template's versions that no group uses, or is being refreshed to. What a group that follows was refreshed to
// last stays too: what became of it may still be told by its image.
func (r *Rollout) unused(ctx context.Context, v *view, t *template, numbers []string) ([]string, error) {
	used := map[string]bool{}
	for _, g := range v.groups {
		uses := false
		for _, s := range specs(g.described) {
			if version, exists := v.version(s); exists && v.find(s) == t {
				used[numberOf(version)], uses = true, true
			}
		}
		refreshes, looked := v.refreshes[g.Name]
		if v.lost[g.Name] != nil {
			return nil, v.lost[g.Name]
		}
		if uses && !looked {
			var err error
			if refreshes, err = r.refreshesOf(ctx, g.Name); err != nil {
				return nil, err
			}
		}
		for _, refresh := range newestFirst(refreshes)[:min(1, len(refreshes))] {
			if s := desiredBy(refresh); v.find(s) == t {
				used[s.Version] = true
			}
		}
	}
	return slices.DeleteFunc(numbers, func(number string) bool { return used[number] }), nil
}

// pruneConfigurations prunes those of a group. Auto Scaling itself deletes none that a group uses.
func (r *Rollout) pruneConfigurations(ctx context.Context, v *view, group string) error {
	used := map[string]bool{}
	for _, g := range v.groups {
		used[g.Configuration] = true
	}
	var own []autoscalingtypes.LaunchConfiguration
	for name, c := range v.configurations {
		if m := copied.FindStringSubmatch(name); m != nil && m[1] == group && m[2] == aws.ToString(c.ImageId) && !used[name] {
			own = append(own, c)
		}
	}
	slices.SortFunc(own, func(a, b autoscalingtypes.LaunchConfiguration) int {
		return cmp.Or(aws.ToTime(b.CreatedTime).Compare(aws.ToTime(a.CreatedTime)), cmp.Compare(*a.LaunchConfigurationName, *b.LaunchConfigurationName))
	})
	for _, c := range own[min(r.Config.Retain, len(own)):] {
		_, err := r.Groups.DeleteLaunchConfiguration(ctx, &autoscaling.DeleteLaunchConfigurationInput{LaunchConfigurationName: c.LaunchConfigurationName})
		if _, used := errors.AsType[*autoscalingtypes.ResourceInUseFault](err); err != nil && !used && !isCode(err, "ValidationError") {
			return fmt.Errorf("deleting the launch configuration %s, which nothing uses: %w", *c.LaunchConfigurationName, err)
		}
	}
	return nil
}
