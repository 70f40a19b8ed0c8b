package awsfake

import (
	"maps"
	"strings"

	"lastgood/shared/consistency"
)

// Host is what the generated script keeps on an instance, and its application. It is a
// value: what is done to it makes another one. A test of shared/consistency runs the same
// steps through it and through the real script, and compares the exit codes.
type Host struct {
	Frozen string         // the token that froze, as run.attempt; "" when nothing is frozen
	Fences map[string]int // run -> the last attempt that is too late
	Timed  map[string]int // token -> 1, of what the timer thawed

	// What the application answers. 0 is success; a pre that exits with
	// consistency.NotReady has frozen nothing, with anything else perhaps half of it.
	PreExit, PostExit int
}

// Run is what the script does when a command reaches the host, and its exit code.
func (h Host) Run(executionID, command string) (Host, int) {
	e, ours := consistency.ParseExecutionID(strings.ToLower(executionID))
	if !ours {
		e = consistency.Execution{Run: strings.ToLower(executionID), Attempt: 1}
	}
	switch command {
	case consistency.PreScript:
		return h.pre(e, ours)
	case consistency.PostScript:
		return h.post(e, ours)
	case consistency.DryRun:
		return h, 0
	default:
		return h, 1
	}
}

// Timer is the host's own thaw. It may come at any moment, and comes again until it succeeds.
func (h Host) Timer() Host {
	if h.Frozen == "" || h.PostExit != 0 {
		return h
	}
	h.Timed = with(h.Timed, h.Frozen, 1)
	h.Frozen = ""
	return h
}

func (h Host) pre(e consistency.Execution, ours bool) (Host, int) {
	switch {
	case e.Force, ours && e.Attempt <= h.Fences[e.Run]:
		return h, consistency.NotReady
	case h.Frozen != "":
		return h, consistency.AlreadyFrozen
	}
	h.Timed = maps.Clone(h.Timed)
	delete(h.Timed, e.Token())
	switch {
	case h.PreExit == consistency.NotReady:
		return h, consistency.NotReady
	case h.PreExit != 0 && h.PostExit == 0: // cleaned up
		return h, consistency.PreFailed
	case h.PreExit != 0:
		h.Frozen = e.Token()
		return h, consistency.PreFailed
	}
	h.Frozen = e.Token()
	return h, 0
}

func (h Host) post(e consistency.Execution, ours bool) (Host, int) {
	upto := e.Attempt
	if e.Force {
		upto--
	}
	if ours && upto > h.Fences[e.Run] {
		h.Fences = with(h.Fences, e.Run, upto)
	}
	switch {
	case h.Frozen != "" && (e.Force || h.Frozen == e.Token()):
		if h.PostExit != 0 {
			return h, consistency.PostFailed
		}
		h.Frozen = ""
		return h, 0
	case !e.Force && h.Timed[e.Token()] != 0:
		return h, consistency.ThawedBefore
	default:
		return h, consistency.NotFrozen
	}
}

func with(m map[string]int, key string, value int) map[string]int {
	m = maps.Clone(m)
	if m == nil {
		m = map[string]int{}
	}
	m[key] = value
	return m
}
