package pointer

import (
	"context"
	"maps"
	"slices"
	"time"

	"lastgood/shared/recovery"
)

// Sweep settles all pointers of a Region at once: the same steps as Settle, with one
// listing for everything in place of three calls for each source. Any number of sweeps
// and settlers may run beside each other.
type Sweep struct {
	*Settler
	Parameters ListSSM
	// Pace waits until Parameter Store can take the next write. An error means that there is
	// no time left for it.
	Pace func(ctx context.Context) error
	// Reserve is kept of the context's time: no write is begun with less.
	Reserve time.Duration
	// Grace is how long events get to move what is wrong, and Parameter Store to validate
	// what it is given; 0 for no time at all. It is waited with Settler.Pause.
	Grace time.Duration
}

// Over reports whether the time is over for beginning anything more.
func (s *Sweep) Over(ctx context.Context) bool {
	deadline, limited := ctx.Deadline()
	return ctx.Err() != nil || limited && time.Until(deadline) < s.Reserve
}

// SweepResult is what a sweep found and did.
type SweepResult struct {
	Results    []Result // one for each pointer, and each source without one
	Errors     []error  // each of one pointer, that the next sweep looks at again
	Unfinished int      // pointers there was no time left for
}

// PutsPerSecond is how fast a sweep should write: Parameter Store takes three puts a second
// by default, and the event functions want to write beside it.
// https://docs.aws.amazon.com/general/latest/gr/ssm.html
const PutsPerSecond = 2

// Sweep settles every source that has an image in images, every pointer there is, and
// every alias. images are all of the Region, as listed when the sweep began.
//
// What an event should have moved it moves only after the grace, if no event has by then:
// such a result is Repaired. Everything else it moves at once.
//
// It costs a call for ten pointers, and for each pointer that moves its write, a
// verification if it is a copy, and a share in the looks before and after. An error means
// that nothing could be looked at.
func (s *Sweep) Sweep(ctx context.Context, images []recovery.Point) (SweepResult, error) {
	prefix, aliases := Names(s.Store.Parameter.Prefix), slices.Sorted(maps.Keys(s.Aliases))
	if prefix == "/" { // there they would be read with the others, and fail with them
		aliases = nil
	}
	pointers, err := Read(ctx, s.Parameters, prefix, aliases...)
	if err != nil {
		return SweepResult{}, err
	}
	w := &sweeping{
		Sweep: s, found: newFound(images), signatures: newSignatures(s.Verifier),
		results: map[string]*Result{}, overdue: map[string]bool{},
	}
	wrong := slices.DeleteFunc(w.aims(ctx, pointers), w.stands)
	w.settleAll(ctx, slices.DeleteFunc(slices.Clone(wrong), w.patient))
	w.settleAll(ctx, w.await(ctx, slices.DeleteFunc(wrong, func(a aim) bool { return !w.patient(a) })))
	w.confirm(ctx)
	result := SweepResult{Errors: w.errs, Unfinished: w.unfinished}
	for _, id := range slices.Sorted(maps.Keys(w.results)) {
		result.Results = append(result.Results, *w.results[id])
	}
	return result, nil
}
