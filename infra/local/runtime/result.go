package runtime

import (
	"encoding/json"
	"net/http"
	"time"
)

// Result is the outcome of one invocation.
type Result struct {
	RequestID string
	Payload   []byte         // the function's response; nil if it failed
	Error     *FunctionError // nil if it succeeded
	Cold      bool           // a process was started for this invocation
	Init      time.Duration  // from exec to the first request for an invocation; 0 when warm
	Duration  time.Duration  // from handing over the payload to the answer
}

// FunctionError is a failed invocation, as Lambda reports it to the caller.
type FunctionError struct {
	Type    string `json:"errorType"`
	Message string `json:"errorMessage"`
}

func (e *FunctionError) Error() string { return e.Type + ": " + e.Message }

// Error types of failures that the function did not report itself.
const (
	ExitError    = "Runtime.ExitError" // the process ended in the middle
	TimeoutError = "Sandbox.Timedout"  // the process was killed for taking too long
)

// take stores the function's answer.
func (r *Result) take(c call) reply {
	switch {
	case c.kind == failure:
		r.Error = parseError(c.body)
	case len(c.body) > maxResponse:
		r.fail("Function.ResponseSizeTooLarge", "Response payload size exceeded maximum allowed payload size (6291556 bytes).")
		return refused(http.StatusRequestEntityTooLarge, r.Error.Type, r.Error.Message)
	default:
		r.Payload = c.body
	}
	return accepted
}

func (r *Result) fail(errorType, message string) {
	r.Payload = nil
	r.Error = &FunctionError{Type: errorType, Message: "RequestId: " + r.RequestID + " Error: " + message}
}

func parseError(body []byte) *FunctionError {
	var e FunctionError
	if err := json.Unmarshal(body, &e); err != nil {
		return &FunctionError{Type: "Runtime.Unknown", Message: string(body)}
	}
	return &e
}
