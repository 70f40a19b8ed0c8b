package consistency_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"lastgood/shared/consistency"
)

// host is a machine that the real script runs on, under the real bash. Its application is a
// folder: pre and post write what they do to a log there, and exit as files there say. Of
// the tools that tell time it has stand-ins: a timer goes off when the test says so.
type host struct {
	*testing.T
	app, bin, state string
	path            string // where the other tools are
	script          consistency.Script
}

// The application. It says when a command begins; "hold" keeps pre from ending.
const (
	freezes = `echo pre >>"$APP/log"; while [ -e "$APP/hold" ]; do "$SLEEP" 0.02; done; echo frozen >>"$APP/log"; exit "$(cat "$APP/pre-exit" 2>/dev/null || echo 0)"`
	thaws   = `code=$(cat "$APP/post-exit" 2>/dev/null || echo 0); [ "$code" = 0 ] && echo thawed >>"$APP/log"; [ "$code" = 0 ] || echo stuck >>"$APP/log"; exit "$code"`
)

// patience is how long a test waits for what is certain to come: long, since nothing is measured by it.
const patience = 2 * time.Minute

func newHost(t *testing.T) *host {
	t.Helper()
	run := t.TempDir()
	h := &host{
		T: t, path: os.Getenv("PATH"), app: t.TempDir(), bin: t.TempDir(), state: filepath.Join(run, "state"),
		script: consistency.Script{Pre: freezes, Post: thaws, Timeout: time.Minute, ThawAfter: 10 * time.Minute},
	}
	h.tool("systemctl", `echo "$*" >>"$APP/systemctl"`)
	h.tool("systemd-run", `exit 1`)
	h.tool("logger", `echo "$*" >>"$APP/journal"`)
	// The timer's first sleep ends when the test rings; a timer that has to try again waits for ever.
	h.tool("sleep", `[ "$1" = 0 ] || until mv "$APP/ring" "$APP/rung" 2>/dev/null || ! [ -d "$APP" ]; do "$SLEEP" 0.02; done`)
	// A timer that wakes up when its host is no more ends: there is nowhere to write.
	t.Cleanup(func() { h.until("the end of "+run, func() bool { return os.RemoveAll(run) == nil }) })
	return h
}

// withSystemd gives the host a systemd, which runs what it was told to when the test rings.
func (h *host) withSystemd() *host {
	h.tool("systemd-run", `shift 4 # options
setsid bash -c 'until mv "$APP/ring" "$APP/rung" 2>/dev/null || ! [ -d "$APP" ]; do "$SLEEP" 0.02; done; exec "$@"' ring "$@" </dev/null >/dev/null 2>&1 &`)
	return h
}

// withTimerByHand gives the host a systemd that only writes down what to run.
func (h *host) withTimerByHand() {
	h.tool("systemd-run", `shift 4 # options
printf '%q ' "$@" >>"$APP/timers"; echo >>"$APP/timers"`)
	h.tool("sleep", `[ "$1" = 0 ] || kill -KILL $PPID`) // a timer that would try again later has done what it can now
}

// timer runs every timer that was ever armed: those of old freezes must do nothing.
func (h *host) timer() {
	h.Helper()
	cmd := exec.Command("bash", "-c", `[ ! -e "$APP/timers" ] || while read -r line; do eval "$line"; done <"$APP/timers"; true`)
	cmd.Env = h.environment()
	if out, err := cmd.CombinedOutput(); err != nil {
		h.Fatalf("%v\n%s", err, out)
	}
}

// frozen is who froze, as the script remembers it.
func (h *host) frozen() string {
	token, err := os.ReadFile(filepath.Join(h.state, "frozen", "token"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		h.Fatal(err)
	}
	return string(token)
}

func (h *host) tool(name, does string) {
	h.Helper()
	if err := os.WriteFile(filepath.Join(h.bin, name), []byte("#!/bin/bash\n"+does+"\n"), 0o755); err != nil {
		h.Fatal(err)
	}
}

// hide takes a tool from the host: its PATH then holds all others.
func (h *host) hide(tool string) {
	h.Helper()
	all := h.TempDir()
	for _, folder := range filepath.SplitList(h.path) {
		tools, err := filepath.Glob(filepath.Join(folder, "*"))
		if err != nil {
			h.Fatal(err)
		}
		for _, path := range tools {
			if name := filepath.Base(path); name != tool {
				os.Symlink(path, filepath.Join(all, name)) // the first of a name is the one that counts
			}
		}
	}
	h.path = all
}

func (h *host) write(name, text string) {
	h.Helper()
	if err := os.WriteFile(filepath.Join(h.app, name), []byte(text), 0o644); err != nil {
		h.Fatal(err)
	}
}

// remove removes files of the application's; they may be missing.
func (h *host) remove(names ...string) {
	for _, name := range names {
		os.Remove(filepath.Join(h.app, name))
	}
}

func (h *host) read(name string) string {
	data, err := os.ReadFile(filepath.Join(h.app, name))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		h.Fatal(err)
	}
	return string(data)
}

// log is what the application did, in one line.
func (h *host) log() string { return strings.Join(strings.Fields(h.read("log")), " ") }

// until waits for what is certain to come.
func (h *host) until(what string, there func() bool) {
	h.Helper()
	for deadline := time.Now().Add(patience); !there(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			h.Fatalf("%s did not come about; the log: %s", what, h.log())
		}
	}
}

// untilLog waits until the application's log is so.
func (h *host) untilLog(want string) {
	h.Helper()
	h.until("the log "+want, func() bool { return h.log() == want })
}

// ring lets one timer go off, and returns when it has been heard.
func (h *host) ring() {
	h.Helper()
	h.write("ring", "")
	h.until("a timer", func() bool { _, err := os.Stat(filepath.Join(h.app, "ring")); return errors.Is(err, os.ErrNotExist) })
}

func (h *host) environment() []string {
	h.Helper()
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		h.Fatal(err)
	}
	return append(os.Environ(), "PATH="+h.bin+":"+h.path, "APP="+h.app, "SLEEP="+sleep, "LASTGOOD_STATE_DIR="+h.state)
}

// command is the script as SSM runs it: with its parameters put in, in a process group of its own.
func (h *host) command(executionID, command string) *exec.Cmd {
	h.Helper()
	text, err := h.script.Text()
	if err != nil {
		h.Fatal(err)
	}
	text = strings.NewReplacer("{{ command }}", command, "{{ executionId }}", executionID).Replace(text)
	file := filepath.Join(h.TempDir(), "_script.sh")
	if err := os.WriteFile(file, []byte(text), 0o700); err != nil {
		h.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*patience)
	h.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, "bash", file)
	cmd.Env = h.environment()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	// A file, not a pipe: what outlives the script would hold a pipe open.
	out, err := os.Create(filepath.Join(filepath.Dir(file), "output"))
	if err != nil {
		h.Fatal(err)
	}
	h.Cleanup(func() { out.Close() })
	cmd.Stdout, cmd.Stderr = out, out
	return cmd
}

// run runs the script to its end.
func (h *host) run(executionID, command string) (exitCode int, output string) {
	h.Helper()
	return h.wait(h.start(executionID, command))
}

func (h *host) start(executionID, command string) *exec.Cmd {
	h.Helper()
	cmd := h.command(executionID, command)
	if err := cmd.Start(); err != nil {
		h.Fatal(err)
	}
	return cmd
}

func (h *host) wait(cmd *exec.Cmd) (exitCode int, output string) {
	h.Helper()
	var exit *exec.ExitError
	if err := cmd.Wait(); err != nil && !errors.As(err, &exit) {
		h.Fatal(err)
	}
	data, err := os.ReadFile(cmd.Stdout.(*os.File).Name())
	if err != nil {
		h.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(data)
}

// is runs the script and says if it ended otherwise than wanted.
func (h *host) is(want int, executionID, command string) string {
	h.Helper()
	got, output := h.run(executionID, command)
	if got != want {
		h.Fatalf("%s %s: exit code %d, want %d\n%s", command, executionID, got, want, output)
	}
	return output
}

// did says if the application did something else than wanted.
func (h *host) did(want string) {
	h.Helper()
	if got := h.log(); got != want {
		h.Fatalf("the application did %q, want %q", got, want)
	}
}
