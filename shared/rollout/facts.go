package rollout

import (
	"context"
	"fmt"
	"strings"

	"lastgood/shared/recovery"
)

// resolves reports whether what stands in the place of an image is resolved at each launch.
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/using-systems-manager-parameters.html
func resolves(image string) bool { return strings.HasPrefix(image, "resolve:") }

// facts gathers what the decision about a group goes by. It costs no call but for a copy that the group does not use:
// its signature is verified.
func (r *Rollout) facts(ctx context.Context, v *view, g Group) (Facts, error) {
	f := Facts{Group: g, Want: v.pointers[g.Follows], Runs: v.runs(g)}
	v.history(&f)
	if f.Want == "" || f.Want == f.Runs && f.Left == nil {
		return f, nil
	}
	f.Unusable, f.Shared, f.Misfit = v.unusable(f.Want), v.shared(g), v.misfit(g, f)
	if f.Unusable != "" || f.Under != nil || g.Held {
		return f, nil
	}
	var err error
	f.Untrusted, err = r.untrusted(ctx, v.points[f.Want], g.Follows)
	return f, err
}

// unusable says why nothing can be launched from an image. A pointer that names it alarms by itself.
func (v *view) unusable(image string) string {
	switch p, shown := v.points[image]; {
	case !shown:
		return image + " does not exist in this account"
	case p.Quarantined():
		return image + " is quarantined"
	case p.State != recovery.Available:
		return fmt.Sprintf("%s is %s", image, p.State)
	}
	return ""
}

// untrusted says why an image is not rolled out as the source's, or nothing.
func (r *Rollout) untrusted(ctx context.Context, p recovery.Point, source string) (string, error) {
	f := recovery.Facts{Image: p}
	attested, _ := recovery.Attest(f)
	if attested == "" {
		var err error
		if f.Signed, err = recovery.Verify(ctx, r.Verifier, p); err != nil {
			return "", err
		}
		attested, _ = recovery.Attest(f)
	}
	switch {
	case attested == source, attested == "" && r.Config.AllowClaimed:
		return "", nil
	case attested != "":
		return fmt.Sprintf("%s is an image of %s, and the pointer of %s names it; delete the parameter, and reconcile makes it anew", p.ID, attested, source), nil
	}
	return fmt.Sprintf("nobody attests that %s is an image of %s; accept it with lastgood accept %s, or say rollout.allowClaimed in the configuration", p.ID, source, p.ID), nil
}

// shared says who else would launch a new version of the group's template as soon as it is made, or nothing.
func (v *view) shared(g Group) string {
	if g.Configuration != "" {
		return ""
	}
	for _, other := range v.groups {
		for i, s := range specs(other.described) {
			own := other.Name == g.Name && i < 2 // the two places that the group's own version stands in
			if !own && v.same(s, g.Template) && !s.numbered() {
				return fmt.Sprintf("the group %s uses %s of the launch template %s, so that a new version would reach it at once; have it use a number, or give the groups templates of their own", other.Name, s.Version, s.Name)
			}
		}
	}
	return ""
}

func (v *view) misfit(g Group, f Facts) string {
	want, runs := v.images[f.Want], v.images[f.Runs]
	if why := want.misfit(runs); why != "" {
		return why
	}
	return want.misfitDevices(runs, v.mappings(g))
}
