package operator

import (
	"context"
	"fmt"

	"golang.org/x/time/rate"

	"lastgood/shared/pointer"
)

// SettleRequest says what to settle, and where.
type SettleRequest struct {
	Target string // the id of an instance or a volume, or an alias; "" for everything
	Region string // "" for every Region
	DryRun bool   // change nothing
}

// Settle does what the functions would do, now. An error says that no Region answered, or
// that the request makes no sense.
func (a *Account) Settle(ctx context.Context, q SettleRequest) (Moves, error) {
	x, err := a.reach(q.Region)
	if err != nil {
		return nil, err
	}
	x.patience = actPatience
	if q.Target == "" {
		x.patience = sweepPatience
	}
	did := each(ctx, x, func(ctx context.Context, r *Region) (RegionMoves, error) {
		settler := r.Settler
		if q.DryRun {
			settler = r.rehearse()
		}
		if q.Target == "" {
			return r.sweep(ctx, settler, q.DryRun)
		}
		moves, err := settleTarget(ctx, settler, q.Target)
		return RegionMoves{Pointers: moves}, err
	})
	return x.moves(did), x.err()
}

// CheckTarget is an error unless target is the id of an instance or a volume, or an alias.
func (a *Account) CheckTarget(target string) error {
	if _, is := a.Config.Aliases[target]; is {
		return nil
	}
	if err := CheckSourceID(target); err != nil {
		return fmt.Errorf("%w; and no alias of the configuration either", err)
	}
	return nil
}

func settleTarget(ctx context.Context, s *pointer.Settler, target string) ([]PointerMove, error) {
	if _, alias := s.Aliases[target]; !alias {
		return settleSource(ctx, s, target)
	}
	result, err := s.SettleAlias(ctx, target)
	if err != nil {
		return nil, err
	}
	return []PointerMove{move(result)}, nil
}

// sweep settles everything in a Region. It signs nothing: that is the functions' part.
func (r *Region) sweep(ctx context.Context, s *pointer.Settler, dryRun bool) (m RegionMoves, err error) {
	points, err := r.everything(ctx)
	if err != nil {
		return m, err
	}
	pace := rate.NewLimiter(pointer.PutsPerSecond, 1).Wait
	if dryRun {
		pace = func(context.Context) error { return nil }
	}
	sweep := pointer.Sweep{Settler: s, Parameters: r.SSM, Pace: pace}
	swept, err := sweep.Sweep(ctx, points)
	if err != nil {
		return m, err
	}
	for _, result := range swept.Results {
		m.Pointers = append(m.Pointers, move(result))
	}
	for _, err := range swept.Errors {
		m.Errors = append(m.Errors, err.Error())
	}
	if swept.Unfinished > 0 {
		err = fmt.Errorf("%d pointers are left: settle again", swept.Unfinished)
	}
	return m, err
}
