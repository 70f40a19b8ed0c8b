package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"lastgood/shared/inventory"
	"lastgood/shared/recovery"
	"lastgood/shared/retention"
)

// Leftovers is what became of the snapshots that deregistered images left behind.
type Leftovers struct {
	Deleted []string
	Failed  []error
}

// DeleteLeftovers deletes the snapshots of images that retention deregistered: DeregisterImage does not
// always delete them all. It leaves alone what was not marked for that, or less than a day ago,
// what any image of the same run exists for, what anybody refers to, and what no policy in the
// configuration made. The snapshots of an image that somebody else deregistered are what it can be
// registered from again. Where an image is still there, the mark on its snapshots is taken back.
func (k *Keeper) DeleteLeftovers(ctx context.Context) (Leftovers, error) {
	backing, err := k.Points.Snapshots.Backing(ctx)
	if err != nil {
		return Leftovers{}, err
	}
	var left []recovery.Point
	var runs []string
	for _, p := range backing {
		run, ok := recovery.ParseRun(p.Tags[recovery.TagBacks])
		_, known := k.Config.Policy(run.Policy)
		_, point := p.Tags[recovery.TagRun]
		if ok && known && !point && p.Tags[recovery.TagPolicy] == run.Policy && p.State != recovery.Pending && p.Held == "" &&
			!p.Quarantined() && k.marked(p) {
			left, runs = append(left, p), append(runs, run.String())
		}
	}
	if len(left) == 0 {
		return Leftovers{}, nil
	}
	images, err := k.Points.Images.OfRuns(ctx, runs...)
	if err != nil {
		return Leftovers{}, err
	}
	referred, err := k.referred(ctx, left)
	if err != nil {
		return Leftovers{}, fmt.Errorf("finding out who refers to %d snapshots of images that are gone: %w", len(left), err)
	}
	var l Leftovers
	var standing []string // snapshots whose image is still there
	for _, p := range left {
		for _, i := range images {
			if p.Tags[recovery.TagBacks] == i.Tags[recovery.TagRun] {
				referred.add(&p.ID, "the image %s", i.ID)
			}
		}
		if slices.ContainsFunc(images, func(i recovery.Point) bool { return slices.Contains(i.Snapshots, p.ID) }) {
			standing = append(standing, p.ID)
		}
	}
	if err := k.mark(ctx, "", standing...); err != nil {
		l.Failed = append(l.Failed, err)
	}
	for _, p := range left {
		if referred[p.ID] != "" {
			continue
		}
		_, err := k.delete(ctx, p)
		switch {
		case err == nil:
			l.Deleted = append(l.Deleted, p.ID)
		case !errors.Is(err, errHeld):
			l.Failed = append(l.Failed, err)
		}
	}
	return l, nil
}

// mark notes on an image's snapshots that it is being deregistered, or, empty, that it is not.
func (k *Keeper) mark(ctx context.Context, when string, snapshots ...string) error {
	if len(snapshots) == 0 {
		return nil
	}
	_, err := k.EC2.CreateTags(ctx, &ec2.CreateTagsInput{
		Resources: snapshots, Tags: inventory.TagList(map[string]string{recovery.TagLeftover: when}),
	})
	gone := isCode(err, "InvalidSnapshot.NotFound")
	if gone && len(snapshots) > 1 { // then none of them was tagged
		for _, id := range snapshots {
			if err := k.mark(ctx, when, id); err != nil {
				return err
			}
		}
		return nil
	}
	if err != nil && !gone {
		return fmt.Errorf("tagging %s with %s: %w", strings.Join(snapshots, " "), recovery.TagLeftover, err)
	}
	return nil
}

// marked reports whether it is a day since p was marked.
func (k *Keeper) marked(p recovery.Point) bool {
	when, err := time.Parse(time.RFC3339, p.Tags[recovery.TagLeftover])
	return err == nil && k.Now().Sub(when) >= retention.Patience
}
