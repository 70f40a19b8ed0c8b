package operator

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go/middleware"
)

// callDeadline is how long a call that only looks may take, its retries included. A page
// of 1,000 images takes a second or two.
const callDeadline = 6 * time.Second

// Such a call is tried again soon, for Parameter Store throttles long listings.
const (
	maxAttempts = 5
	maxBackoff  = time.Second / 2
)

// impatient is the account with clients that soon give up: a Region that is down is to be
// seen as such while somebody watches.
func (a *Account) impatient() *Account {
	looking := &Account{Config: a.Config, Now: a.Now, File: a.File}
	for _, r := range a.Regions {
		cfg := r.AWS.Copy()
		cfg.APIOptions = append(slices.Clone(cfg.APIOptions), deadline(callDeadline))
		cfg.Retryer = func() aws.Retryer {
			return retry.AddWithMaxBackoffDelay(retry.AddWithMaxAttempts(retry.NewStandard(), maxAttempts), maxBackoff)
		}
		looking.Regions = append(looking.Regions, open(cfg, r.Name, a.Config))
	}
	return looking
}

// deadline ends each call after d.
func deadline(d time.Duration) func(*middleware.Stack) error {
	return func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("Deadline",
			func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
				ctx, cancel := context.WithTimeout(ctx, d)
				defer cancel()
				out, metadata, err := next.HandleInitialize(ctx, in)
				if err != nil && ctx.Err() != nil {
					err = fmt.Errorf("%w: %w", ctx.Err(), err)
				}
				return out, metadata, err
			}), middleware.Before)
	}
}

// Silent is a Region that did not answer.
type Silent struct {
	Region string `json:"region"`
	Error  string `json:"error"`
}

// ask asks all Regions at once. Answers are in the order of the Regions, without those that
// failed. It is an error only if all did.
func ask[T any](a *Account, question func(*Region) (T, error)) (answers []T, silent []Silent, err error) {
	all, errs := make([]T, len(a.Regions)), make([]error, len(a.Regions))
	var asking sync.WaitGroup
	for i, r := range a.Regions {
		asking.Go(func() { all[i], errs[i] = question(r) })
	}
	asking.Wait()
	silent = []Silent{}
	for i, r := range a.Regions {
		if errs[i] != nil {
			silent = append(silent, Silent{r.Name, brief(errs[i])})
			continue
		}
		answers = append(answers, all[i])
	}
	if len(answers) == 0 {
		return nil, silent, fmt.Errorf("no Region answers; %s: %s", silent[0].Region, silent[0].Error)
	}
	return answers, silent, nil
}
