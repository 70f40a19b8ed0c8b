package runtime

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Instance is one execution environment of a function. It starts no process
// before the first Invoke.
type Instance struct {
	function Function
	turn     chan struct{} // holds one token while an invocation runs
	process  *process      // nil before the first invocation and after a crash
	peak     int64
	closed   bool
}

// New makes an instance of f. Close it to end its process.
func New(f Function) *Instance {
	return &Instance{function: f.withDefaults(), turn: make(chan struct{}, 1)}
}

// Invoke runs the function once and waits until it is done, which for Lambda is
// when the program asks for the next invocation. What the function does wrong
// is in Result.Error; the error says that it could not be run, or that ctx
// ended, in which case its process was killed. Calls wait for each other.
func (i *Instance) Invoke(ctx context.Context, payload []byte) (Result, error) {
	select {
	case i.turn <- struct{}{}:
		defer func() { <-i.turn }()
	case <-ctx.Done():
		return Result{}, ctx.Err()
	}
	if i.closed {
		return Result{}, fmt.Errorf("invoking %s: the instance is closed", i.function.Name)
	}
	if i.process != nil && !i.process.running() {
		i.discard()
	}
	result := Result{RequestID: requestID()}
	if i.process == nil {
		var err error
		if i.process, err = start(i.function); err != nil {
			return Result{}, err
		}
		result.Cold = true
		if err := i.init(ctx, &result); err != nil || result.Error != nil {
			i.discard()
			return result, err
		}
	}
	if err := i.run(ctx, payload, &result); err != nil {
		i.discard()
		return result, err
	}
	if i.process.waiting == nil {
		i.discard()
	} else {
		i.process.logs.sync()
	}
	return result, nil
}

// init waits until the new process asks for its first invocation.
func (i *Instance) init(ctx context.Context, result *Result) error {
	p, limit := i.process, time.After(i.function.InitTimeout)
	for {
		select {
		case c := <-p.calls:
			switch c.kind {
			case next:
				p.waiting = &c
				result.Init = time.Since(p.started)
				return nil
			case initFailure:
				c.reply <- accepted
				result.Error = parseError(c.body)
				return nil
			default:
				c.reply <- refused(http.StatusForbidden, "InvalidStateTransition", "no invocation is in progress")
			}
		case <-p.gone:
			result.fail(ExitError, p.exitReason())
			return nil
		case <-limit:
			result.fail(TimeoutError, fmt.Sprintf("Init timed out after %.2f seconds", i.function.InitTimeout.Seconds()))
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// run hands the payload to the waiting process and sees it through. Afterwards
// the process is waiting for the next invocation, or must be discarded.
func (i *Instance) run(ctx context.Context, payload []byte, result *Result) error {
	p, begun := i.process, time.Now()
	limit := time.After(i.function.Timeout)
	p.waiting.reply <- reply{status: http.StatusOK, header: i.header(result.RequestID, begun), body: payload}
	p.waiting = nil
	answered := false
	for {
		select {
		case c := <-p.calls:
			switch {
			case c.kind == next:
				p.waiting = &c
				if !answered {
					result.fail("Runtime.NoResponse", "the function asked for the next invocation without answering this one")
				}
				return nil
			case c.kind == initFailure || answered:
				c.reply <- refused(http.StatusForbidden, "InvalidStateTransition", "State transition is not allowed")
			case c.id != result.RequestID:
				c.reply <- refused(http.StatusBadRequest, "InvalidRequestID", "Invalid request ID")
			default:
				answered, result.Duration = true, time.Since(begun)
				c.reply <- result.take(c)
			}
		case <-p.gone:
			if !answered {
				result.Duration = time.Since(begun)
				result.fail(ExitError, p.exitReason())
			}
			return nil
		case <-limit:
			result.Duration = time.Since(begun)
			result.fail(TimeoutError, fmt.Sprintf("Task timed out after %.2f seconds", i.function.Timeout.Seconds()))
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// PeakMemory is the highest resident memory, in bytes, of any process of this
// instance that has ended. Call it after Close.
func (i *Instance) PeakMemory() int64 { return i.peak }

// Close waits for a running invocation and ends the process.
func (i *Instance) Close() {
	i.turn <- struct{}{}
	defer func() { <-i.turn }()
	i.closed = true
	if i.process != nil {
		i.discard()
	}
}

func (i *Instance) discard() {
	i.peak = max(i.peak, i.process.stop())
	i.process = nil
}

func (i *Instance) header(id string, begun time.Time) http.Header {
	deadline := begun.Add(i.function.Timeout).UnixMilli()
	return http.Header{
		"Lambda-Runtime-Aws-Request-Id":       {id},
		"Lambda-Runtime-Deadline-Ms":          {strconv.FormatInt(deadline, 10)},
		"Lambda-Runtime-Invoked-Function-Arn": {i.function.ARN},
		"Lambda-Runtime-Trace-Id":             {fmt.Sprintf("Root=1-%08x-%.24x;Sampled=0", begun.Unix(), rand.Text())},
	}
}

// requestID makes a random UUID.
func requestID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
