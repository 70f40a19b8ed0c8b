package rollout

import (
	"cmp"
	"context"
	"errors"
	"fmt"
)

// Result is what became of a group.
type Result struct {
	Group    Group
	Want     string // the image that its pointer names; "" without a pointer
	Runs     string // the image that it launched before
	Profile  string // the name of the instance profile that it launches with; "" without one
	Under    *Refresh
	Decision Decision
	Err      error // what kept it from being looked at or changed; the decision is what it was to be
}

// Resolves reports whether EC2 resolves the image at each launch, so that there is nothing to be rolled out.
func (r Result) Resolves() bool { return resolves(r.Runs) }

// passes bounds how often Run looks. Whoever changed something looks again: the pointer may have moved meanwhile.
const passes = 4

// errUnsettled says that the groups changed at every look.
var errUnsettled = errors.New("the groups or their pointers change at every look; the next one goes on")

// Run brings the groups that follow the sources, or any source, to the images that their pointers name, and prunes what lastgood
// made before and nothing uses. A group that fails leaves the others alone. With an error, the results are what was
// done before it.
func (r *Rollout) Run(ctx context.Context, sources ...string) ([]Result, error) {
	results := map[string]Result{}
	var order []Result
	for range passes {
		v, err := r.look(ctx, sources)
		if err != nil {
			return order, err
		}
		order = nil
		acted := false
		for _, g := range v.following {
			result := r.bring(ctx, v, g)
			acted = acted || result.Decision.Acts() && result.Err == nil
			if before, known := results[g.Name]; known && before.Decision.Acts() && before.Err == nil && !result.Decision.Acts() && result.Err == nil {
				result = before // what it was changed to stands
			}
			results[g.Name] = result
			order = append(order, result)
		}
		if !acted {
			return order, r.prune(ctx, v)
		}
	}
	return order, errUnsettled
}

// Plan says what Run would do, and does nothing.
func (r *Rollout) Plan(ctx context.Context, sources ...string) ([]Result, error) {
	v, err := r.look(ctx, sources)
	if err != nil {
		return nil, err
	}
	results := make([]Result, len(v.following))
	for i, g := range v.following {
		results[i], _ = r.decide(ctx, v, g)
	}
	return results, nil
}

func (r *Rollout) decide(ctx context.Context, v *view, g Group) (Result, Facts) {
	result := Result{Group: g, Want: v.pointers[g.Follows], Runs: v.runs(g), Profile: v.profile(g)}
	if err := cmp.Or(v.lost[g.Name], v.lost[g.Template.ID+g.Template.Name]); err != nil {
		result.Err = err
		return result, Facts{}
	}
	f, err := r.facts(ctx, v, g)
	if err != nil {
		result.Err = err
		return result, f
	}
	result.Under, result.Decision = f.Under, Decide(f)
	return result, f
}

// bring does what is to be done about a group.
func (r *Rollout) bring(ctx context.Context, v *view, g Group) Result {
	result, f := r.decide(ctx, v, g)
	switch {
	case result.Err != nil:
	case result.Decision.Verdict == Failed && g.Failed != f.Want:
		result.Err = r.remember(ctx, g.Name, f.Want)
	case result.Decision.Verdict == Unchanged && f.Runs == f.Want && g.Failed == f.Want:
		result.Err = r.forget(ctx, g)
	case result.Decision.Acts():
		result.Err = r.act(ctx, v, f)
	}
	if result.Err != nil {
		result.Err = fmt.Errorf("the group %s, which follows %s: %w", g.Name, g.Follows, result.Err)
	}
	return result
}

// act gives a group its new image.
func (r *Rollout) act(ctx context.Context, v *view, f Facts) error {
	before, now := v.images[f.Runs], v.images[f.Want]
	if now.ID == "" {
		return fmt.Errorf("EC2 does not show %s any more", f.Want)
	}
	if f.Group.Configuration != "" {
		name, err := r.provideConfiguration(ctx, v, f.Group, before, now)
		if err != nil || name == "" {
			return err
		}
		return r.useConfiguration(ctx, f.Group, name)
	}
	source, _ := v.version(f.Group.Template)
	if !f.Group.Template.numbered() { // or a version would reach the group before it is to, and no refresh could be rolled back
		if err := r.use(ctx, f.Group, numberOf(source)); err != nil {
			return err
		}
	}
	if f.Runs == f.Want { // to what it launches already, for the sake of what was left behind
		return r.start(ctx, f.Group, numberOf(source))
	}
	version, err := r.provide(ctx, v, source, before, now, f.Group.Follows)
	if err != nil {
		return err
	}
	if f.Group.Method == MethodRolling {
		return r.start(ctx, f.Group, version)
	}
	return r.use(ctx, f.Group, version)
}
