package consistency

import (
	_ "embed"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// Script is a policy's pair of commands for bash: what freezes its application, and what thaws it.
type Script struct {
	Pre, Post string
	// Timeout is how long each of the two may take, in whole seconds.
	Timeout time.Duration
	// ThawAfter is when a frozen application thaws by itself, counted from the start of
	// pre, in whole seconds. It is at least Timeout + 10 s: nothing thaws what is still being frozen.
	ThawAfter time.Duration
}

// budget is what a run has, once pre took all its time, to initiate its snapshots and to
// get post to the host.
const budget = 2 * time.Minute

// DefaultThawAfter is when an application thaws by itself, for commands that may take timeout.
func DefaultThawAfter(timeout time.Duration) time.Duration { return timeout + budget }

// StepTimeout is how long one command of a document may take on the host in all, for
// scripts that may take timeout: pre, and post as its clean-up, or post after waiting for a pre.
func StepTimeout(timeout time.Duration) time.Duration { return 2 * (timeout + 15*time.Second) }

//go:embed script.sh
var body string

// Text is the script as it runs on the host. It still has to be told {{ command }} and
// {{ executionId }}, which SSM puts in.
func (s Script) Text() (string, error) {
	if err := s.validate(); err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("#!/bin/bash\n# Made by lastgood from a policy's pre and post commands. Change them there.\n")
	b.WriteString("operation='{{ command }}'\nexecution='{{ executionId }}'\n")
	fmt.Fprintf(&b, "pre=%s\npost=%s\n", quote(s.Pre), quote(s.Post))
	fmt.Fprintf(&b, "timeout_seconds=%d # for each of the two\n", s.Timeout/time.Second)
	fmt.Fprintf(&b, "thaw_seconds=%d # after the start of pre, if post does not come\n\n", s.ThawAfter/time.Second)
	b.WriteString(body)
	return b.String(), nil
}

func (s Script) validate() error {
	var errs []error
	for _, command := range []struct{ name, text string }{{"pre", s.Pre}, {"post", s.Post}} {
		if !utf8.ValidString(command.text) || strings.ContainsRune(command.text, 0) {
			errs = append(errs, fmt.Errorf("the %s command is not UTF-8 text without NUL bytes; encode what it holds, for example as base64", command.name))
		}
	}
	if s.Timeout < time.Second || s.Timeout%time.Second != 0 || s.ThawAfter%time.Second != 0 {
		errs = append(errs, fmt.Errorf("the timeout is %s and the thaw period %s; expected whole seconds, at least one", s.Timeout, s.ThawAfter))
	}
	if least := s.Timeout + 10*time.Second; s.ThawAfter < least {
		errs = append(errs, fmt.Errorf("the thaw period is %s; expected at least %s, which is the timeout and 10s", s.ThawAfter, least))
	}
	return errors.Join(errs...)
}

// quote writes text as one word for bash that a person can still read. What SSM would
// take for a parameter of the document is broken up: two quoted strings side by side are one.
func quote(text string) string {
	quoted := strings.ReplaceAll(text, "'", `'\''`)
	for strings.Contains(quoted, "{{") {
		quoted = strings.ReplaceAll(quoted, "{{", "{''{")
	}
	return "'" + quoted + "'"
}
