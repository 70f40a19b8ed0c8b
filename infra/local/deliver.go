package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// DeliverOptions say which functions to serve, and how.
type DeliverOptions struct {
	Regions []string

	// RetryAfter makes failed messages visible again so soon, in whole seconds
	// rounded up; 0 leaves them to their queue's visibility timeout, as AWS does.
	RetryAfter time.Duration
	// MaxWindow shortens the mappings' batching windows; 0 leaves them as deployed.
	MaxWindow time.Duration
	// MaxInstances limits the instances of each mapping, within its own
	// MaximumConcurrency; default 2.
	MaxInstances int

	// Invoked reports each finished invocation, Problem what keeps the delivery
	// from working, other than a Region being down. One call at a time; both may
	// be nil.
	Invoked func(Invocation)
	Problem func(error)
}

// Function is a deployed function that is fed from a queue.
type Function struct {
	Name, Region string
	Role         string // ARN
	AccessKey    string // what its calls are signed with
}

// Invocation is one invocation of a function with a batch of messages.
type Invocation struct {
	Function
	BatchSize int
	Failed    []string // ids of the messages that will come back
	Error     error    // the function's error, why it could not be run, or its malformed response
	Cold      bool
	Init      time.Duration // see runtime.Result
	Duration  time.Duration
	Logs      []LogLine
}

// Delivery feeds functions from their queues, as the Lambda service does.
// Filters and the 6 MB limit of a batch are not simulated.
type Delivery struct {
	Functions []Function // one for each mapping

	aws      *AWS
	options  DeliverOptions
	pollers  []*poller
	dir      string // the functions' code
	cancel   context.CancelFunc
	running  sync.WaitGroup
	busy     atomic.Int64 // invocations going on
	finished atomic.Int64
	report   sync.Mutex // one callback at a time
}

// Deliver finds what is deployed in the Regions and serves it until ctx ends or
// Stop is called. What is deployed later needs another Deliver.
func Deliver(ctx context.Context, a *AWS, o DeliverOptions) (*Delivery, error) {
	if o.MaxInstances == 0 {
		o.MaxInstances = 2
	}
	dir, err := os.MkdirTemp("", "lastgood-functions-")
	if err != nil {
		return nil, fmt.Errorf("making a folder for the functions' code: %w", err)
	}
	d := &Delivery{aws: a, options: o, dir: dir}
	for _, region := range o.Regions {
		found, err := a.mappings(ctx, region, dir)
		if err != nil {
			os.RemoveAll(dir)
			return nil, err
		}
		for _, m := range found {
			d.Functions = append(d.Functions, m.Function)
			d.pollers = append(d.pollers, newPoller(a, m, d))
		}
	}
	if len(d.pollers) == 0 {
		os.RemoveAll(dir)
		return nil, fmt.Errorf("finding event source mappings of queues in %v: there are none, deploy first", o.Regions)
	}
	ctx, d.cancel = context.WithCancel(ctx)
	for _, p := range d.pollers {
		d.running.Go(func() { p.run(ctx) })
	}
	return d, nil
}

// Stop ends the delivery and all of its functions. A message that is being
// worked on comes back after its queue's visibility timeout.
func (d *Delivery) Stop() {
	d.cancel()
	d.running.Wait()
	os.RemoveAll(d.dir)
}

// Idle waits until no event is on its way, the queues hold nothing, neither
// waiting nor in flight, and no function runs. Regions that are down are left out,
// and so is what will happen at its time, like an image becoming available.
func (d *Delivery) Idle(ctx context.Context) error { return d.wait(ctx, false) }

// Quiet is Idle with nothing ahead: no image will become available either.
func (d *Delivery) Quiet(ctx context.Context) error { return d.wait(ctx, true) }

// lookAgainFor is how long looks may fail one after the other. These looks are made without
// the SDK's retries, and a connection breaks now and then on a machine that is busy.
const lookAgainFor = 5 * time.Second

func (d *Delivery) wait(ctx context.Context, timers bool) error {
	// Two looks with nothing finished in between: a function looked past on the
	// first may have put something into a queue already looked at.
	before, answered := int64(-1), time.Now()
	for {
		finished := d.finished.Load()
		done, err := d.done(ctx, timers)
		if err == nil {
			answered = time.Now()
		}
		switch {
		case err != nil && time.Since(answered) > lookAgainFor:
			return fmt.Errorf("waiting for the functions: %w", err)
		case !done:
			before = -1
		case before == finished && finished == d.finished.Load():
			return nil
		default:
			before = finished
		}
		if err := pause(ctx, 50*time.Millisecond); err != nil {
			return fmt.Errorf("waiting for the functions: %w", err)
		}
	}
}

func (d *Delivery) done(ctx context.Context, timers bool) (bool, error) {
	ahead, err := d.aws.Ahead(ctx)
	if err != nil || ahead.Undelivered > 0 || timers && ahead.Timers > 0 {
		return false, err
	}
	empty, err := d.empty(ctx)
	return empty && d.busy.Load() == 0, err
}

func (d *Delivery) empty(ctx context.Context) (bool, error) {
	for _, p := range d.pollers {
		n, err := p.pending(ctx)
		if err != nil && !unreachable(err) {
			return false, err
		}
		if n > 0 {
			return false, nil
		}
	}
	return true, nil
}

func (d *Delivery) invoked(i Invocation) {
	d.report.Lock()
	defer d.report.Unlock()
	if d.options.Invoked != nil {
		d.options.Invoked(i)
	}
}

func (d *Delivery) problem(ctx context.Context, err error) {
	d.report.Lock()
	defer d.report.Unlock()
	if d.options.Problem != nil && ctx.Err() == nil && !errors.Is(err, context.Canceled) && !unreachable(err) {
		d.options.Problem(err)
	}
}
