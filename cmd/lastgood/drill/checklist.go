package drill

import (
	"fmt"
	"io"
)

// checklist is what must hold, and whether it did.
type checklist []item

type item struct {
	what, otherwise string
	passed          bool
}

// check notes whether what holds; otherwise is told where it does not.
func (l *checklist) check(passed bool, what, otherwise string, args ...any) {
	*l = append(*l, item{what: what, otherwise: fmt.Sprintf(otherwise, args...), passed: passed})
}

// print writes the list and reports whether all of it passed.
func (l checklist) print(out io.Writer) bool {
	failed := 0
	fmt.Fprintf(out, "\nChecklist\n")
	for _, i := range l {
		if i.passed {
			fmt.Fprintf(out, "  pass  %s\n", i.what)
		} else {
			failed++
			fmt.Fprintf(out, "  FAIL  %s: %s\n", i.what, i.otherwise)
		}
	}
	fmt.Fprintf(out, "%d passed, %d failed\n", len(l)-failed, failed)
	return failed == 0
}
