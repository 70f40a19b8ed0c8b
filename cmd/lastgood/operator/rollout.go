package operator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"lastgood/shared/recovery"
	"lastgood/shared/rollout"
)

// RolloutRequest says which group to bring to which image.
type RolloutRequest struct {
	Group  string
	To     string // an image of the followed instance; "" for what its pointer names
	Back   bool   // its newest good image that is older than what the group launches
	Region string // "" for whichever has the group
}

// GroupRollout is what a request comes to in the one Region that has the group.
type GroupRollout struct {
	Region  string          `json:"region"`
	Group   string          `json:"group"`
	Follows string          `json:"follows"`
	From    string          `json:"from,omitempty"`    // the image that it launched
	To      string          `json:"to"`                // the image that was asked for
	Pointer string          `json:"pointer,omitempty"` // what the pointer names
	Verdict rollout.Verdict `json:"verdict"`           // in the words of the function's log
	Reason  string          `json:"reason,omitempty"`
	Hold    Hold            `json:"hold"`
	Again   bool            `json:"again"` // a refresh to the image failed before
	region  *Region
	rollout *rollout.Rollout
	order   rollout.Order
}

// Hold says what becomes of the tag that keeps the function from a group.
type Hold string

// What becomes of the tag.
const (
	HoldStays Hold = "stays" // or there is none, and none is needed
	HoldSet   Hold = "set"   // the function would otherwise bring the group back to its pointer
	HoldTaken Hold = "taken" // the group follows its pointer again
)

// Changes reports whether there is anything to do.
func (g *GroupRollout) Changes() bool {
	return g.acts() || g.Hold != HoldStays
}

func (g *GroupRollout) acts() bool { return rollout.Decision{Verdict: g.Verdict}.Acts() }

// Rollout finds the group, and what the request comes to. It changes nothing yet. An error says that
// no Region or more than one has the group, or why it is refused.
func (a *Account) Rollout(ctx context.Context, q RolloutRequest) (*GroupRollout, error) {
	x, err := a.reach(q.Region)
	if err != nil {
		return nil, err
	}
	refused := make([]error, len(x.regions))
	found := each(ctx, x, func(ctx context.Context, r *Region) (*GroupRollout, error) {
		g, err := a.rolloutIn(ctx, r, q)
		if unanswered(err) {
			return nil, err
		}
		if !errors.Is(err, rollout.ErrNoGroup) {
			refused[slices.Index(x.regions, r)] = err
		}
		return g, nil
	})
	found = slices.DeleteFunc(found, func(g *GroupRollout) bool { return g == nil })
	switch {
	case len(found) > 1:
		return nil, fmt.Errorf("%s and %s both have a group %s: name one with --region", found[0].Region, found[1].Region, q.Group)
	case len(found) == 0:
		return nil, cmp.Or(errors.Join(refused...), x.missing("the Auto Scaling group "+q.Group))
	}
	g := found[0]
	if !g.acts() && g.Verdict != rollout.Unchanged {
		return nil, fmt.Errorf("the group %s in %s does not get %s: %s: %s", g.Group, g.Region, cmp.Or(g.To, "an image"), g.Verdict, g.Reason)
	}
	return g, nil
}

func (a *Account) rolloutIn(ctx context.Context, r *Region, q RolloutRequest) (*GroupRollout, error) {
	g := &GroupRollout{Region: r.Name, Group: q.Group, region: r, rollout: r.rollout(a.Config), order: rollout.Order{Group: q.Group, Image: q.To}}
	ordered, err := g.rollout.Consider(ctx, g.order)
	if err == nil && q.Back {
		if g.order.Image, err = a.before(ctx, r, ordered); err == nil {
			ordered, err = g.rollout.Consider(ctx, g.order)
		}
	}
	if err == nil {
		err = ordered.Err
	}
	if err != nil {
		return nil, err
	}
	g.take(ordered)
	return g, nil
}

func (g *GroupRollout) take(o rollout.Ordered) {
	g.Follows, g.From, g.To, g.Pointer, g.Verdict, g.Reason = o.Group.Follows, o.Runs, o.Want, o.Pointer, o.Decision.Verdict, o.Decision.Reason
	g.Again = o.Group.Failed != "" && o.Group.Failed == o.Want
	g.Hold = HoldStays
	switch {
	case o.Group.Held && o.Want == o.Pointer:
		g.Hold = HoldTaken
	case !o.Group.Held && o.Want != o.Pointer:
		g.Hold = HoldSet
	}
}

// before is the newest good image of the followed instance that is older than what a group launches.
func (a *Account) before(ctx context.Context, r *Region, o rollout.Ordered) (string, error) {
	follows := o.Group.Follows
	runs, err := r.Points.Images.ByID(ctx, o.Runs)
	if err != nil {
		return "", err
	}
	now, shown := runs[o.Runs]
	if !shown || now.Source() != follows {
		return "", fmt.Errorf("the group %s launches %s, which is no image of %s, so that none comes before it: name one with --to", o.Group.Name, o.Runs, follows)
	}
	points, err := r.Points.Images.OfSource(ctx, follows)
	if err != nil {
		return "", err
	}
	v := view{sources: []string{follows}, points: slices.DeleteFunc(points, func(p recovery.Point) bool { return !p.TakenAt().Before(now.TakenAt()) })}
	if r.findNewest(ctx, &v, a.Config.Included); v.want.ID == "" {
		return "", fmt.Errorf("%s has no good image older than %s, which the group %s launches", follows, o.Runs, o.Group.Name)
	}
	return v.want.ID, nil
}

// Do brings the group to the image. Its tags come first: the function must neither undo it nor refuse to go on with it.
func (g *GroupRollout) Do(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, actPatience)
	defer cancel()
	if err := g.tag(ctx); err != nil {
		return err
	}
	if !g.acts() {
		return nil
	}
	ordered, err := g.rollout.Follow(ctx, g.order)
	if err != nil {
		return fmt.Errorf("in %s: %w", g.Region, err)
	}
	hold, again := g.Hold, g.Again
	g.take(ordered)
	g.Hold, g.Again = hold, again
	if !g.acts() && g.Verdict != rollout.Unchanged {
		return fmt.Errorf("the group %s in %s does not get %s any more: %s: %s", g.Group, g.Region, g.To, g.Verdict, g.Reason)
	}
	return nil
}

// tag sets the hold or takes it off, and has nobody remember that the image failed.
func (g *GroupRollout) tag(ctx context.Context) error {
	groups := autoscaling.NewFromConfig(g.region.AWS)
	tag := func(key, value string) types.Tag {
		return types.Tag{ResourceId: &g.Group, ResourceType: aws.String("auto-scaling-group"), Key: &key, Value: &value, PropagateAtLaunch: aws.Bool(false)}
	}
	if g.Hold == HoldSet {
		_, err := groups.CreateOrUpdateTags(ctx, &autoscaling.CreateOrUpdateTagsInput{Tags: []types.Tag{tag(rollout.TagHold, "lastgood rollout --to "+g.To)}})
		if err != nil {
			return fmt.Errorf("tagging the group %s in %s with %s: %w", g.Group, g.Region, rollout.TagHold, err)
		}
	}
	var off []types.Tag
	if g.Hold == HoldTaken {
		off = append(off, tag(rollout.TagHold, ""))
	}
	if g.Again {
		off = append(off, tag(rollout.TagFailed, g.To))
	}
	for i := range off {
		off[i].Value = nil // whatever it says
	}
	if len(off) == 0 {
		return nil
	}
	if _, err := groups.DeleteTags(ctx, &autoscaling.DeleteTagsInput{Tags: off}); err != nil {
		return fmt.Errorf("taking tags off the group %s in %s: %w", g.Group, g.Region, err)
	}
	return nil
}
