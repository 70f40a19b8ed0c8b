package lifecycle

import (
	"context"
	"errors"
	"fmt"

	"lastgood/shared/recovery"
	"lastgood/shared/retention"
)

// Swept is what became of the snapshots that deregistered images left behind.
type Swept struct {
	Deleted []string
	Failed  []error
}

// Sweep deletes the snapshots of images that are gone: DeregisterImage does not always delete
// them all. It leaves alone what is younger than a day, what any image of the same run exists
// for, what anybody refers to, and what no policy in the configuration made.
func (k *Keeper) Sweep(ctx context.Context) (Swept, error) {
	backing, err := k.Points.Snapshots.Backing(ctx)
	if err != nil {
		return Swept{}, err
	}
	var left []recovery.Point
	var runs []string
	for _, p := range backing {
		run, ok := recovery.ParseRun(p.Tags[recovery.TagBacks])
		_, known := k.Config.Policy(run.Policy)
		_, point := p.Tags[recovery.TagRun]
		if ok && known && !point && p.Tags[recovery.TagPolicy] == run.Policy && p.State != recovery.Pending && p.Held == "" &&
			!p.Quarantined() && k.Now().Sub(p.Created) >= retention.Patience {
			left, runs = append(left, p), append(runs, run.String())
		}
	}
	if len(left) == 0 {
		return Swept{}, nil
	}
	images, err := k.Points.Images.OfRuns(ctx, runs...)
	if err != nil {
		return Swept{}, err
	}
	referred, err := k.referred(ctx, left)
	if err != nil {
		return Swept{}, fmt.Errorf("finding out who refers to %d snapshots of images that are gone: %w", len(left), err)
	}
	for _, i := range images {
		for _, p := range left {
			if p.Tags[recovery.TagBacks] == i.Tags[recovery.TagRun] {
				referred.add(&p.ID, "the image %s", i.ID)
			}
		}
	}
	var s Swept
	for _, p := range left {
		if referred[p.ID] != "" {
			continue
		}
		_, err := k.delete(ctx, p)
		switch {
		case err == nil:
			s.Deleted = append(s.Deleted, p.ID)
		case !errors.Is(err, errHeld):
			s.Failed = append(s.Failed, err)
		}
	}
	return s, nil
}
