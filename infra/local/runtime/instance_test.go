package runtime

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var root string // holds the built bootstrap

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "runtime-test-")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		root, _ = filepath.EvalSymlinks(dir)
		build := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", filepath.Join(root, "bootstrap"), "./testdata/function")
		if out, err := build.CombinedOutput(); err != nil {
			panic(string(out))
		}
		return m.Run()
	}())
}

func newInstance(t *testing.T, f Function) *Instance {
	f.Name, f.Region, f.Root = "sample", "ap-northeast-1", root
	if f.Timeout == 0 {
		f.Timeout = 30 * time.Second
	}
	i := New(f)
	t.Cleanup(i.Close)
	return i
}

func invoke(t *testing.T, i *Instance, do string) Result {
	t.Helper()
	result, err := i.Invoke(t.Context(), []byte(`{"do":"`+do+`"}`))
	if err != nil {
		t.Fatalf("Invoke(%s): %v", do, err)
	}
	return result
}

type answer struct {
	Count     int
	RequestID string
	ARN       string
	Deadline  int64
	Dir       string
	Env       []string
}

func decode(t *testing.T, r Result) answer {
	t.Helper()
	if r.Error != nil {
		t.Fatalf("function error: %v", r.Error)
	}
	var a answer
	if err := json.Unmarshal(r.Payload, &a); err != nil {
		t.Fatal(err)
	}
	return a
}

func TestSecondInvocationIsWarm(t *testing.T) {
	i := newInstance(t, Function{})
	first, second := invoke(t, i, "echo"), invoke(t, i, "echo")
	if !first.Cold || first.Init <= 0 || second.Cold || second.Init != 0 {
		t.Errorf("cold, init: first %v %v, second %v %v", first.Cold, first.Init, second.Cold, second.Init)
	}
	if a := decode(t, second); a.Count != 2 || a.RequestID != second.RequestID || first.RequestID == second.RequestID {
		t.Errorf("second answer %+v for request %s after %s", a, second.RequestID, first.RequestID)
	}
}

func TestFunctionSeesLambdasEnvironmentAndNothingElse(t *testing.T) {
	t.Setenv("AWS_PROFILE", "must not leak")
	i := newInstance(t, Function{MemoryMB: 256, Env: []string{"OWN=value"}, Timeout: time.Minute})
	before := time.Now()
	a := decode(t, invoke(t, i, "echo"))
	var api string
	got := slices.DeleteFunc(a.Env, func(v string) bool {
		isAPI, isTrace := strings.HasPrefix(v, "AWS_LAMBDA_RUNTIME_API=127.0.0.1:"), strings.HasPrefix(v, "_X_AMZN_TRACE_ID=Root=1-")
		if isAPI {
			api = v
		}
		return isAPI || isTrace || strings.HasPrefix(v, "PWD=")
	})
	slices.Sort(got)
	want := []string{
		"AWS_DEFAULT_REGION=ap-northeast-1", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=256", "AWS_LAMBDA_FUNCTION_NAME=sample",
		"AWS_LAMBDA_FUNCTION_VERSION=$LATEST", "AWS_LAMBDA_INITIALIZATION_TYPE=on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/sample", "AWS_LAMBDA_LOG_STREAM_NAME=local",
		"AWS_REGION=ap-northeast-1", "LAMBDA_RUNTIME_DIR=" + root, "LAMBDA_TASK_ROOT=" + root, "LANG=en_US.UTF-8",
		"OWN=value", "PATH=/usr/local/bin:/usr/bin:/bin", "TZ=:UTC", "_HANDLER=bootstrap",
	}
	if diff := cmp.Diff(want, got); diff != "" || api == "" {
		t.Errorf("environment (-want +got), api %q:\n%s", api, diff)
	}
	if a.ARN != "arn:aws:lambda:ap-northeast-1:123456789012:function:sample" || a.Dir != root {
		t.Errorf("arn %s, dir %s", a.ARN, a.Dir)
	}
	if left := time.UnixMilli(a.Deadline).Sub(before); left < 50*time.Second || left > 70*time.Second {
		t.Errorf("deadline in %v, want a minute", left)
	}
}

func TestFailures(t *testing.T) {
	for name, tc := range map[string]struct {
		do, mode  string
		timeout   time.Duration
		errorType string
		message   string // contained
		nextCount int    // what the next invocation's process counts; 0: it fails too
	}{
		"returned error keeps the process":  {do: "fail", errorType: "errorString", message: "it failed", nextCount: 2},
		"panic starts a fresh process":      {do: "panic", errorType: "string", message: "it panicked", nextCount: 1},
		"exit in the middle":                {do: "exit", errorType: ExitError, message: "Runtime exited with error: exit status 3", nextCount: 1},
		"timeout kills":                     {do: "hang", timeout: 500 * time.Millisecond, errorType: TimeoutError, message: "Task timed out after 0.50 seconds", nextCount: 1},
		"init error is the function's own":  {mode: "init error", errorType: "Config.Missing", message: "no config.json"},
		"exit during init":                  {mode: "init exit", errorType: ExitError, message: "exit status 7"},
		"init that never ends is cut short": {mode: "init hang", errorType: TimeoutError, message: "Init timed out after 0.20 seconds"},
	} {
		t.Run(name, func(t *testing.T) {
			f := Function{Timeout: tc.timeout}
			if tc.mode != "" {
				f.Env = []string{"MODE=" + tc.mode}
			}
			if tc.mode == "init hang" {
				f.InitTimeout = 200 * time.Millisecond
			}
			i := newInstance(t, f)
			r := invoke(t, i, tc.do)
			if r.Error == nil || r.Error.Type != tc.errorType || !strings.Contains(r.Error.Message, tc.message) || r.Payload != nil {
				t.Fatalf("got %+v (error %v), want %s with %q", r, r.Error, tc.errorType, tc.message)
			}
			again := invoke(t, i, "echo")
			if tc.nextCount == 0 {
				if again.Error == nil || !again.Cold {
					t.Errorf("next invocation: cold %v, error %v; want a cold failure", again.Cold, again.Error)
				}
				return
			}
			if a := decode(t, again); a.Count != tc.nextCount || again.Cold != (tc.nextCount == 1) {
				t.Errorf("next invocation: count %d, cold %v; want count %d", a.Count, again.Cold, tc.nextCount)
			}
		})
	}
}

func TestLogLinesArriveBeforeInvokeReturns(t *testing.T) {
	var lines []string
	i := newInstance(t, Function{Log: func(line string) { lines = append(lines, line) }})
	invoke(t, i, "echo")
	invoke(t, i, "exit")
	want := []string{"out echo", "err without newline", "out exit", "err without newline"}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}

func TestCancelledContextKillsTheProcess(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	i := newInstance(t, Function{Log: func(line string) { cancel() }})
	if _, err := i.Invoke(ctx, []byte(`{"do":"hang"}`)); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v, want Canceled", err)
	}
	if r := invoke(t, i, "echo"); !r.Cold {
		t.Error("the process survived")
	}
}

func TestCloseEndsTheProcessAndTellsItsMemory(t *testing.T) {
	i := newInstance(t, Function{})
	invoke(t, i, "echo")
	pid := i.process.cmd.Process.Pid
	i.Close()
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("process %d still runs", pid)
	}
	if peak := i.PeakMemory(); peak < 1<<20 || peak > 64<<20 {
		t.Errorf("peak memory %d bytes, want that of a small Go program", peak)
	}
	if _, err := i.Invoke(t.Context(), nil); err == nil {
		t.Error("a closed instance took an invocation")
	}
}

func TestMissingProgramIsAnError(t *testing.T) {
	i := newInstance(t, Function{Command: []string{"/does/not/exist"}})
	if _, err := i.Invoke(t.Context(), nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v, want ErrNotExist", err)
	}
}
