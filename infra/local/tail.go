package local

import (
	"bytes"
	"strings"
	"sync"
)

// tail is a writer that passes lines on and remembers the last of them, to put
// into an error.
type tail struct {
	emit func(string) // may be nil

	mu    sync.Mutex
	part  []byte
	lines []string
}

const tailLines = 20

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.part = append(t.part, p...)
	for {
		line, rest, found := bytes.Cut(t.part, []byte("\n"))
		if !found {
			return len(p), nil
		}
		t.part = rest
		t.add(string(bytes.TrimRight(line, "\r")))
	}
}

func (t *tail) add(line string) {
	if t.emit != nil {
		t.emit(line)
	}
	if t.lines = append(t.lines, line); len(t.lines) > tailLines {
		t.lines = t.lines[1:]
	}
}

// last is the end of what was written, to follow an error's text. A last line
// without a newline is passed on first.
func (t *tail) last() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.part) > 0 {
		t.add(string(t.part))
		t.part = nil
	}
	if len(t.lines) == 0 {
		return ""
	}
	return "; its last lines:\n  " + strings.Join(t.lines, "\n  ")
}
