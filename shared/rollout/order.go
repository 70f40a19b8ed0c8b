package rollout

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"lastgood/shared/recovery"
)

// Order is what a person asks for one group. That its tags hold it, or that a refresh to the image failed before, does
// not keep it from that; all else does.
type Order struct {
	Group string
	Image string // of the followed instance; "" for what the pointer names
}

// Ordered is what an order comes to. Want is the image that was ordered.
type Ordered struct {
	Result
	Pointer string // what the pointer names; "" without one
}

// ErrNoGroup says that a Region has no Auto Scaling group of the name.
var ErrNoGroup = errors.New("there is no Auto Scaling group of that name")

// Consider says what Follow would do, and does nothing. An error says that there is no such group, that it
// follows no instance, or that the image is not the followed instance's.
func (r *Rollout) Consider(ctx context.Context, o Order) (Ordered, error) {
	_, ordered, _, err := r.consider(ctx, o)
	return ordered, err
}

// Follow does what a person asks for one group, and looks again whether that is what it came to. Where the decision is not to act,
// nothing is changed.
func (r *Rollout) Follow(ctx context.Context, o Order) (Ordered, error) {
	var did *Ordered
	for range passes {
		v, ordered, f, err := r.consider(ctx, o)
		if err == nil {
			err = ordered.Err
		}
		if err != nil {
			return ordered, err
		}
		if !ordered.Decision.Acts() {
			if did != nil && ordered.Decision.Verdict == Unchanged {
				ordered = *did
			}
			return ordered, nil
		}
		if err := r.act(ctx, v, f); err != nil {
			return ordered, fmt.Errorf("the group %s, which follows %s: %w", o.Group, ordered.Group.Follows, err)
		}
		did = &ordered
	}
	return Ordered{}, errUnsettled
}

func (r *Rollout) consider(ctx context.Context, o Order) (*view, Ordered, Facts, error) {
	v := newView()
	if err := r.listGroups(ctx, v, nil); err != nil {
		return nil, Ordered{}, Facts{}, err
	}
	i := slices.IndexFunc(v.groups, func(g Group) bool { return g.Name == o.Group })
	if i < 0 {
		return nil, Ordered{}, Facts{}, ErrNoGroup
	}
	g := v.groups[i]
	if !g.Tagged {
		return nil, Ordered{}, Facts{}, fmt.Errorf("the group %s follows no instance: it has no tag %s", g.Name, TagFollow)
	}
	v.following = []Group{g}
	if err := r.gather(ctx, v); err != nil {
		return nil, Ordered{}, Facts{}, err
	}
	ordered := Ordered{Pointer: v.pointers[g.Follows]}
	if o.Image != "" {
		if err := r.aim(ctx, v, g, o.Image); err != nil {
			return nil, ordered, Facts{}, err
		}
	}
	free := g // of what a person overrules
	free.Held, free.Failed = false, ""
	v.refreshes[g.Name] = slices.DeleteFunc(v.refreshes[g.Name], func(i types.InstanceRefresh) bool {
		return !slices.Contains(underWay, i.Status) && v.brings(i, v.runs(g)) == v.pointers[g.Follows]
	})
	result, f := r.decide(ctx, v, free)
	ordered.Result = result
	ordered.Group = g
	return v, ordered, f, nil
}

// aim has a group want an image in the place of what its pointer names.
func (r *Rollout) aim(ctx context.Context, v *view, g Group, image string) error {
	v.pointers[g.Follows] = image
	if err := r.describeImages(ctx, v); err != nil {
		return err
	}
	p, shown := v.points[image]
	if !shown {
		return fmt.Errorf("%s does not exist in this Region, or is not this account's", image)
	}
	of, _ := recovery.Attest(recovery.Facts{Image: p})
	if of == "" {
		of, _ = recovery.Claimed(p)
	}
	if of != g.Follows {
		return fmt.Errorf("%s is no image of %s, which the group %s follows", image, g.Follows, g.Name)
	}
	return nil
}
