package capture

import (
	"context"
	"fmt"
	"time"

	"lastgood/shared/config"
	"lastgood/shared/consistency"
	"lastgood/shared/telemetry"
)

// answer is what a script's command came to.
type answer struct {
	consistency.Result
	code int // its exit code; noCode when it ended without one
}

const noCode = -1

func answerOf(r consistency.Result) answer {
	switch r.Outcome {
	case consistency.Succeeded:
		return answer{r, 0}
	case consistency.Failed:
		return answer{r, r.ExitCode}
	default:
		return answer{r, noCode}
	}
}

// String says what it came to, and where to read on.
func (a answer) String() string {
	if a.Output == "" {
		return a.Meaning
	}
	return a.Meaning + "; " + a.Output
}

// ran reports whether the command ran, to its end or not.
func (a answer) ran() bool {
	return a.code != noCode || a.Outcome == consistency.TimedOut || a.Outcome == consistency.Cancelled
}

// verdict is what the scripts came to.
type verdict struct{ pre, post *answer }

// consistent reports whether the capture was taken while the application was frozen: the
// freeze succeeded, and the thaw found it still frozen by the very same attempt.
func (v verdict) consistent() bool {
	return v.pre != nil && v.post != nil && v.pre.code == 0 && v.post.code == 0
}

func (v verdict) why() string {
	switch {
	case v.pre == nil:
		return "an earlier attempt made it, and did not live to say how it went"
	case v.pre.code != 0:
		return "the application was not frozen: " + v.pre.String()
	case v.post == nil:
		return "there is no word of the thaw"
	default:
		return "the thaw did not find it frozen, or failed: " + v.post.String()
	}
}

// frozen makes the capture with the application frozen, or as the policy says where it
// cannot be. Whatever comes in between, it ends with a thaw, or with an error after which
// the next attempt thaws.
func (c *capture) frozen(ctx context.Context) telemetry.Outcome {
	if deadline, limited := ctx.Deadline(); limited && time.Until(deadline) < c.longest() {
		return telemetry.Failed(fmt.Errorf("run %s: there is no time left to freeze and thaw %s in this invocation", c.run, c.run.Target))
	}
	began := c.Now()
	pre, err := c.freeze(ctx)
	if err != nil {
		return telemetry.Failed(err)
	}
	if pre.code != 0 && c.policy.Scripts.OnFailure == config.Skip {
		if mayBeFrozen(pre) {
			if _, err := c.thaw(ctx); err != nil {
				return telemetry.Failed(err)
			}
		}
		o := skipped("the application could not be frozen: " + pre.String())
		o.Metrics = append(o.Metrics, telemetry.ScriptsFailed)
		return o
	}
	made, failed := c.take(ctx)
	if failed == nil {
		failed = c.wait(ctx, made)
	}
	post, err := c.thaw(ctx)
	if err != nil {
		return telemetry.Failed(err)
	}
	c.Metrics.Age(telemetry.FrozenTime, c.Now().Sub(began))
	if len(made) == 0 {
		return telemetry.Failed(failed)
	}
	v := verdict{&pre, &post}
	if failed != nil { // an image that took too long: nobody knows what was frozen then
		v = verdict{}
	}
	o := c.label(ctx, made, v)
	if o.Err == nil && post.code == consistency.PostFailed {
		o.Err = fmt.Errorf("%s may still be frozen by run %s: %s", c.run.Target, c.run, post) // the next attempt thaws
		o.Metrics = append(o.Metrics, telemetry.EventsFailed)
	}
	return o
}

// freeze runs the pre script until it succeeds, as often as the policy allows. Where
// another run left the host frozen, that is thawed first.
func (c *capture) freeze(ctx context.Context) (answer, error) {
	var a answer
	for try := 0; try <= c.policy.Scripts.Retries; try++ {
		var err error
		if a, err = c.script(ctx, consistency.PreScript, false); err != nil || a.code == 0 {
			return a, err
		}
		if a.code != consistency.AlreadyFrozen {
			continue
		}
		if _, err = c.force(ctx); err != nil {
			return a, err
		}
		if a, err = c.script(ctx, consistency.PreScript, false); err != nil || a.code == 0 {
			return a, err
		}
	}
	return a, nil
}

// mayBeFrozen reports whether a pre script that failed may have left something frozen. One
// that says that it failed has cleaned up; one that never reached the host froze nothing.
func mayBeFrozen(pre answer) bool {
	return pre.code != consistency.PreFailed && pre.code != consistency.NotReady && pre.ran()
}

// thaw runs the post script until it succeeds, as often as the policy allows.
func (c *capture) thaw(ctx context.Context) (answer, error) {
	var a answer
	for try := 0; try <= c.policy.Scripts.Retries; try++ {
		var err error
		if a, err = c.script(ctx, consistency.PostScript, false); err != nil || thawed(a.code) {
			return a, err
		}
	}
	return a, nil
}

func thawed(code int) bool {
	return code == 0 || code == consistency.ThawedBefore || code == consistency.NotFrozen
}

// force thaws whoever froze the host, and fences off what earlier attempts may still have on
// its way there.
func (c *capture) force(ctx context.Context) (answer, error) {
	return c.script(ctx, consistency.PostScript, true)
}

func (c *capture) script(ctx context.Context, command string, force bool) (answer, error) {
	s := c.policy.Scripts
	document := s.Document
	if document == "" {
		document = consistency.DocumentName(c.policy.Name)
	}
	result, err := c.Scripts.Run(ctx, c.run.Target, document, consistency.ExecutionID(c.run.String(), c.attempt, force), command, c.step())
	if err != nil {
		return answer{}, fmt.Errorf("run %s: %w", c.run, err)
	}
	return answerOf(result), nil
}

// longest is how long a freeze, a capture and a thaw take when all goes well to its end.
func (c *capture) longest() time.Duration {
	return 2*c.step() + imagePatience
}

// step is how long one command of the policy's document may take. A document of the
// user's own keeps to the policy's timeout.
func (c *capture) step() time.Duration {
	timeout := c.policy.Scripts.Timeout.Std()
	if c.policy.Scripts.Document != "" {
		return timeout
	}
	return consistency.StepTimeout(timeout)
}
