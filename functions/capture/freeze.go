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

// taken reports whether SSM took the command. What it did not take never reaches the host; what it
// took may, even where it says that it did not run: late.
func (a answer) taken() bool {
	return a.Outcome != consistency.Unmanaged && a.Outcome != consistency.Refused
}

// verdict is what the scripts came to. It is empty where nobody knows.
type verdict struct {
	pre, post *answer
	failed    error // what failed between the two
}

// consistent reports whether the capture was taken while the application was frozen: the
// freeze succeeded, and the thaw found it still frozen by the very same attempt.
func (v verdict) consistent() bool {
	return v.pre != nil && v.post != nil && v.failed == nil && v.pre.code == 0 && v.post.code == 0
}

func (v verdict) why() string {
	switch {
	case v.pre == nil:
		return "an earlier attempt made it, and did not live to say how it went"
	case v.pre.code != 0:
		return "the application was not frozen: " + v.pre.String()
	case v.failed != nil:
		return v.failed.Error()
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
			if err := c.thawed(c.thaw(ctx)); err != nil {
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
	var post answer
	if pre.taken() {
		if post, err = c.thaw(ctx); err != nil {
			return telemetry.Failed(err)
		}
		c.Metrics.Age(telemetry.FrozenTime, c.Now().Sub(began))
	}
	if len(made) == 0 {
		return telemetry.Failed(failed)
	}
	o := c.label(ctx, made, verdict{&pre, &post, failed})
	if o.Err == nil && pre.taken() {
		if o.Err = c.thawed(post, nil); o.Err != nil { // the next attempt thaws
			o.Metrics = append(o.Metrics, telemetry.EventsFailed)
		}
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
		if err = c.thawed(c.force(ctx)); err != nil {
			return a, err
		}
		if a, err = c.script(ctx, consistency.PreScript, false); err != nil || a.code == 0 {
			return a, err
		}
	}
	return a, nil
}

// mayBeFrozen reports whether a pre script that failed may have left something frozen, or yet
// freeze it. One that says that it failed has cleaned up.
func mayBeFrozen(pre answer) bool {
	return pre.code != consistency.PreFailed && pre.code != consistency.NotReady && pre.taken()
}

// thaw runs the post script until it succeeds, as often as the policy allows.
func (c *capture) thaw(ctx context.Context) (answer, error) {
	var a answer
	for try := 0; try <= c.policy.Scripts.Retries; try++ {
		var err error
		if a, err = c.script(ctx, consistency.PostScript, false); err != nil || c.thawed(a, nil) == nil {
			return a, err
		}
	}
	return a, nil
}

// thawed is an error unless the host is thawed for certain after this answer to a thaw. A host that
// was not reached thaws by itself where the script is lastgood's; of a user's own nobody knows.
func (c *capture) thawed(a answer, err error) error {
	switch {
	case err != nil:
		return err
	case a.code == 0, a.code == consistency.ThawedBefore, a.code == consistency.NotFrozen:
		return nil
	case c.policy.Scripts.Document == "" && (a.Outcome == consistency.NotRun || !a.taken()):
		return nil
	}
	return fmt.Errorf("%s may still be frozen by run %s: %s", c.run.Target, c.run, a)
}

// thawRun thaws what any attempt of the run froze, and fences off all of them.
func (c *capture) thawRun(ctx context.Context) error {
	for ; c.attempt > 0; c.attempt-- {
		if err := c.thawed(c.thaw(ctx)); err != nil {
			return err
		}
		if c.policy.Scripts.Document != "" { // it knows no attempts
			return nil
		}
	}
	return nil
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
