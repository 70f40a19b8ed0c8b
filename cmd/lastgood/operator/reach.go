package operator

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// How long one step in one Region may take: a Region that is down must not keep a person
// from acting in the others. Settling everything writes two pointers a second.
const (
	lookPatience  = 30 * time.Second
	actPatience   = 2 * time.Minute
	sweepPatience = 2 * time.Hour
)

// reach is the Regions a command acts in. One that fails once is left alone from then on,
// and reported.
type reach struct {
	regions  []*Region
	failed   map[string]error
	patience time.Duration
}

// reach is all Regions, or the one of that name.
func (a *Account) reach(region string) (*reach, error) {
	x := &reach{regions: a.Regions, failed: map[string]error{}, patience: lookPatience}
	if region != "" {
		r, err := a.Region(region)
		if err != nil {
			return nil, err
		}
		x.regions = []*Region{r}
	}
	return x, nil
}

// each does a step in every Region that has not failed yet, in all of them at the same
// time. What they came to, as far as they did, is in the order of the Regions.
func each[T any](ctx context.Context, x *reach, step func(context.Context, *Region) (T, error)) []T {
	did, errs := make([]T, len(x.regions)), make([]error, len(x.regions))
	var steps sync.WaitGroup
	for i, r := range x.regions {
		if x.failed[r.Name] != nil {
			continue
		}
		steps.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, x.patience)
			defer cancel()
			did[i], errs[i] = step(ctx, r)
		})
	}
	steps.Wait()
	for i, r := range x.regions {
		if errs[i] != nil {
			x.failed[r.Name] = errs[i]
		}
	}
	return did
}

// problem is what is wrong with a Region, in words; "" if nothing is.
func (x *reach) problem(region string) string {
	err := x.failed[region]
	switch {
	case err == nil:
		return ""
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer in time"
	case unanswered(err):
		return "no answer: " + brief(err)
	default:
		return err.Error()
	}
}

// err is an error if not a single Region did what it was asked for.
func (x *reach) err() error {
	if len(x.failed) < len(x.regions) {
		return nil
	}
	var errs []error
	for _, r := range x.regions {
		errs = append(errs, fmt.Errorf("%s: %w", r.Name, x.failed[r.Name]))
	}
	return errors.Join(errs...)
}

// missing is the error for what was found in no Region that answers.
func (x *reach) missing(what string) error {
	if err := x.err(); err != nil {
		return err
	}
	err := fmt.Errorf("%s is in none of lastgood's Regions, or not this account's", what)
	for _, r := range x.regions {
		if x.failed[r.Name] != nil {
			err = fmt.Errorf("%w; %s did not answer: %w", err, r.Name, x.failed[r.Name])
		}
	}
	return err
}
