// Package capture is the function that makes one run of a policy on one target: it freezes
// the application, initiates the snapshots or the image, and thaws it.
package capture

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"lastgood/shared/config"
	"lastgood/shared/consistency"
	"lastgood/shared/event"
	"lastgood/shared/inventory"
	"lastgood/shared/recovery"
	"lastgood/shared/telemetry"
)

// Handler makes captures. The queue hands a capture over up to Attempts times, and then to
// the thaw queue, which the same function consumes: what may be frozen is thawed, and the
// run is given up.
type Handler struct {
	EC2       EC2
	Snapshots inventory.Snapshots
	Scripts   Scripts
	Policies  func(name string) (config.Policy, bool)
	ThawQueue string // its name
	Metrics   *telemetry.Recorder
	Now       func() time.Time
	Pause     func(ctx context.Context, d time.Duration) error
}

// Scripts freezes and thaws.
type Scripts interface {
	// Run is consistency.Runner's. An error means that nobody knows whether the command ran, or will.
	Run(ctx context.Context, instance, document, executionID, command string, timeout time.Duration) (consistency.Result, error)
}

// Attempts is how often the queue hands a capture over. The last time it is only thawed.
// Deliveries that Lambda had no room for count too, hence five:
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
const Attempts = 5

// Handle makes one capture after the other. A capture that failed comes again: it finds what
// it made before, and thaws first whatever it may have frozen.
func (h Handler) Handle(ctx context.Context, batch []event.Capture) []telemetry.Outcome {
	outcomes := make([]telemetry.Outcome, len(batch))
	for i, e := range batch {
		outcomes[i] = h.handle(ctx, e).With(
			slog.String(telemetry.FieldRun, e.Run.String()), slog.String(telemetry.FieldPolicy, e.Run.Policy))
	}
	return outcomes
}

func (h Handler) handle(ctx context.Context, e event.Capture) telemetry.Outcome {
	policy, known := h.Policies(e.Run.Policy)
	if !known { // it may have been removed while this waited; what froze thaws by itself
		return telemetry.Failed(fmt.Errorf("policy %s is not in the configuration that is deployed here; deploy it, or delete the message", e.Run.Policy))
	}
	c := capture{Handler: h, policy: policy, run: e.Run, attempt: max(e.Receives, 1)}
	if e.Queue != "" && e.Queue == h.ThawQueue {
		c.attempt = Attempts
		return c.giveUp(ctx)
	}
	if c.attempt == 1 {
		h.Metrics.Age(telemetry.CaptureLateness, h.Now().Sub(e.Run.Scheduled))
	}
	return c.make(ctx)
}

// capture is one attempt at a run.
type capture struct {
	Handler
	policy  config.Policy
	run     recovery.Run
	attempt int
	target  target
	size    string // of the set, where it is another than its tags say
}

// make is one attempt, from looking at the target to the verdict.
func (c *capture) make(ctx context.Context) telemetry.Outcome {
	var err error
	if c.target, err = c.look(ctx); err != nil {
		return telemetry.Failed(err)
	}
	if c.scripted() && c.attempt > 1 {
		if err := c.thawed(c.force(ctx)); err != nil {
			return telemetry.Failed(err)
		}
	}
	made, err := c.find(ctx)
	switch {
	case err != nil:
		return telemetry.Failed(err)
	case len(made) > 0:
		return c.found(ctx, made)
	case c.target.gone != "":
		return skipped(c.target.gone)
	case c.scripted() && c.attempt >= Attempts:
		return telemetry.Failed(fmt.Errorf("%d attempts at run %s made nothing; it is thawed and given up", Attempts, c.run))
	case !c.scripted():
		return c.unscripted(ctx)
	}
	return c.frozen(ctx)
}

// scripted reports whether there is an application to freeze: a stopped instance has none.
func (c *capture) scripted() bool { return c.policy.Scripts != nil && c.target.running }

func (c *capture) unscripted(ctx context.Context) telemetry.Outcome {
	made, err := c.take(ctx)
	if err != nil {
		return telemetry.Failed(err)
	}
	return c.label(ctx, made, verdict{})
}

// giveUp ends a run that no attempt could finish: whatever it froze is thawed, and nothing that
// another run froze meanwhile.
func (c *capture) giveUp(ctx context.Context) telemetry.Outcome {
	var err error
	if c.target, err = c.look(ctx); err != nil {
		return telemetry.Failed(err)
	}
	if c.scripted() {
		if err := c.thawRun(ctx); err != nil {
			return telemetry.Failed(err)
		}
	}
	made, err := c.find(ctx)
	if err != nil {
		return telemetry.Failed(err)
	}
	if len(made) > 0 {
		return c.found(ctx, made)
	}
	return telemetry.Outcome{
		Name:    telemetry.OutcomeGivenUp,
		Reason:  fmt.Sprintf("%d attempts made nothing, the target has no recovery point of this run; what they failed with is in this log", Attempts),
		Metrics: []telemetry.Metric{telemetry.CapturesFailed},
	}
}

// found ends a run that an earlier attempt made: one that said how it went, and only the message
// came again, or one that did not live to say it.
func (c *capture) found(ctx context.Context, made []point) telemetry.Outcome {
	if judged(made) {
		return telemetry.Outcome{Name: telemetry.OutcomeCaptured, Reason: "by an earlier attempt"}
	}
	volumes := map[string]bool{}
	for _, p := range made {
		volumes[p.volume] = true
	}
	if size := strconv.Itoa(len(volumes)); made[0].tags[recovery.TagSetSize] != size { // it died before it could say so
		c.size = size
	}
	return c.label(ctx, made, verdict{})
}

// judged reports whether what was made says how it went.
func judged(made []point) bool {
	return !slices.ContainsFunc(made, func(p point) bool { return p.tags[recovery.TagPreScript] == "" })
}

func skipped(why string) telemetry.Outcome {
	return telemetry.Outcome{Name: telemetry.OutcomeSkipped, Reason: why, Metrics: []telemetry.Metric{telemetry.CapturesSkipped}}
}

// label ends a capture: it writes on what was made how it went.
func (c *capture) label(ctx context.Context, made []point, v verdict) telemetry.Outcome {
	if err := c.write(ctx, made, v); err != nil {
		return telemetry.Failed(err)
	}
	ids := make([]string, len(made))
	for i, p := range made {
		ids[i] = p.id
	}
	o := telemetry.Outcome{Name: telemetry.OutcomeCaptured, Metrics: []telemetry.Metric{telemetry.CapturesMade}}.With(
		slog.String(telemetry.FieldPoints, strings.Join(ids, " ")))
	if c.scripted() && !v.consistent() {
		o.Metrics = append(o.Metrics, telemetry.ScriptsFailed)
		o.Reason = "crash-consistent only: " + v.why()
	}
	return o
}
