package drill

import (
	"fmt"
	"io"
)

// checklist is what must hold, scene by scene, and whether it did.
type checklist struct {
	scene string // the one being played
	items []item
}

type item struct {
	scene, what, otherwise string
	passed                 bool
}

// check notes whether what holds; otherwise is told where it does not. What is read without the line before it.
func (l *checklist) check(passed bool, what, otherwise string, args ...any) {
	l.items = append(l.items, item{scene: l.scene, what: what, otherwise: fmt.Sprintf(otherwise, args...), passed: passed})
}

// print writes the list and reports whether all of it passed.
func (l *checklist) print(out io.Writer) bool {
	failed, scene := 0, ""
	fmt.Fprintf(out, "\nChecklist\n")
	for _, i := range l.items {
		if i.scene != scene {
			scene = i.scene
			fmt.Fprintf(out, "\n%s\n", scene)
		}
		if i.passed {
			fmt.Fprintf(out, "  pass  %s\n", i.what)
		} else {
			failed++
			fmt.Fprintf(out, "  FAIL  %s: %s\n", i.what, i.otherwise)
		}
	}
	fmt.Fprintf(out, "\n%d passed, %d failed\n", len(l.items)-failed, failed)
	return failed == 0
}
