package drill

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// timeline prints what happens, with the time since the drill began. It is safe for
// concurrent use.
type timeline struct {
	mu    sync.Mutex
	out   io.Writer
	began time.Time
	names map[string]string // of images and instances, for the reader

	last     string
	repeated int
}

func newTimeline(out io.Writer) *timeline {
	return &timeline{out: out, began: time.Now(), names: map[string]string{}}
}

// title begins a scene.
func (t *timeline) title(what string) { t.print("\n== " + what + " ==\n") }

// event tells what happens.
func (t *timeline) event(format string, args ...any) {
	t.print(fmt.Sprintf("\n%4ds  %s\n", int(time.Since(t.began).Seconds()), fmt.Sprintf(format, args...)))
}

// detail tells what followed. The same line over and over is told once, and counted.
func (t *timeline) detail(format string, args ...any) {
	t.print(fmt.Sprintf("         %s\n", fmt.Sprintf(format, args...)))
}

func (t *timeline) print(line string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if line == t.last {
		t.repeated++
		return
	}
	switch {
	case t.repeated == 1:
		fmt.Fprint(t.out, "         … and once more\n")
	case t.repeated > 1:
		fmt.Fprintf(t.out, "         … and %d times more\n", t.repeated)
	}
	t.last, t.repeated = line, 0
	fmt.Fprint(t.out, line)
}

// quote prints what a command said.
func (t *timeline) quote(said string) {
	for line := range strings.Lines(said) {
		t.print(strings.TrimRight("         | "+line, " \n") + "\n")
	}
}

// label is an id with its name.
type label struct{ id, name string }

// name gives an id a name for the rest of the drill, and tells it.
func (t *timeline) name(id, name string) { t.nameAll(label{id, name}) }

// nameAll gives ids names for the rest of the drill, and tells them in one line.
func (t *timeline) nameAll(all ...label) {
	var told []string
	for _, n := range all {
		told = append(told, n.name+" is "+n.id)
	}
	t.detail("%s", strings.Join(told, ", "))
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, n := range all {
		t.names[n.id] = n.name
	}
}

// called is what an id is called in this drill.
func (t *timeline) called(id string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return cmp.Or(t.names[id], id)
}

// inWords is a text with what its ids are called.
func (t *timeline) inWords(text string) string {
	words := strings.Fields(text)
	for i, word := range words {
		words[i] = t.called(word)
	}
	return strings.Join(words, " ")
}

// progress shows that something long is still going on, until it is stopped.
func (t *timeline) progress() (stop func()) {
	const every = 10 * time.Second
	done := make(chan struct{})
	ticker := time.NewTicker(every)
	go func() {
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
				t.detail("… %d s", int(time.Since(t.began).Seconds()))
			}
		}
	}()
	return func() { ticker.Stop(); close(done) }
}
