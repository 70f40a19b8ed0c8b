// Package runtime runs a Lambda function's real program the way the Lambda
// service does: it starts the program with Lambda's environment, speaks the
// Runtime API with it, enforces the timeout, and starts it anew after a crash.
//
// It mirrors https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html and
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html.
// Memory limits, extensions and response streaming are not simulated.
package runtime

import (
	"path/filepath"
	"time"
)

// Function describes what to run. Only Name, Region and Root are required.
type Function struct {
	Name     string
	Region   string
	ARN      string        // default: made from Region and Name
	Handler  string        // _HANDLER, default "bootstrap"
	MemoryMB int           // told to the function, not enforced; default 128
	Timeout  time.Duration // of one invocation, default 3 s

	// InitTimeout limits the time from start to the first request for an
	// invocation; default 10 s, as for Lambda's on-demand functions.
	InitTimeout time.Duration

	Root    string   // absolute folder of the unzipped code: LAMBDA_TASK_ROOT and working directory
	Command []string // default: <Root>/bootstrap
	Env     []string // the function's own variables, "NAME=value"; nothing is inherited

	// Log receives each line that the program writes to stdout or stderr,
	// without its newline. All lines of an invocation arrive before Invoke
	// returns. It must not call the instance back.
	Log func(line string)
}

func (f Function) withDefaults() Function {
	if f.ARN == "" {
		f.ARN = "arn:aws:lambda:" + f.Region + ":123456789012:function:" + f.Name
	}
	if f.Handler == "" {
		f.Handler = "bootstrap"
	}
	if f.MemoryMB == 0 {
		f.MemoryMB = 128
	}
	if f.Timeout == 0 {
		f.Timeout = 3 * time.Second
	}
	if f.InitTimeout == 0 {
		f.InitTimeout = 10 * time.Second
	}
	if len(f.Command) == 0 {
		f.Command = []string{filepath.Join(f.Root, "bootstrap")}
	}
	if f.Log == nil {
		f.Log = func(string) {}
	}
	return f
}
