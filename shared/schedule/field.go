package schedule

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// set is the values that a field lets through.
type set map[int]bool

// field is one of a cron expression's six: what it is called and what it may hold.
type field struct {
	name      string
	low, high int
	names     []string // of the values, from low on
	noSteps   bool     // Scheduler documents no "/" for it
}

var (
	minutes = field{name: "minutes", high: 59}
	hours   = field{name: "hours", high: 23}
	dates   = field{name: "day-of-month", low: 1, high: 31}
	months  = field{name: "month", low: 1, high: 12, names: []string{"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}}
	days    = field{name: "day-of-week", low: 1, high: 7, names: []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}, noSteps: true}
	years   = field{name: "year", low: 1970, high: 2199}
)

// parse reads a list of values, ranges and steps.
func (f field) parse(text string) (set, error) {
	values := set{}
	for item := range strings.SplitSeq(text, ",") {
		span, by, stepped := strings.Cut(item, "/")
		from, to, err := f.span(span, stepped)
		if err != nil {
			return nil, err
		}
		step := 1
		if stepped {
			step, err = strconv.Atoi(by)
			if err != nil || !digits(by) || step < 1 || step > f.high || f.noSteps {
				return nil, f.expected(item)
			}
		}
		for v := from; v <= to; v += step {
			values[v] = true
		}
	}
	return values, nil
}

// span reads *, a value or a range. A value with a step goes on to the field's end.
func (f field) span(text string, stepped bool) (from, to int, err error) {
	if text == "*" {
		return f.low, f.high, nil
	}
	first, last, ranged := strings.Cut(text, "-")
	if from, err = f.value(first); err != nil {
		return 0, 0, err
	}
	switch {
	case ranged:
		if to, err = f.value(last); err == nil && to < from {
			err = fmt.Errorf("a range that goes up (or two of them) as %s in place of %q", f.name, text)
		}
		return from, to, err
	case stepped:
		return from, f.high, nil
	default:
		return from, from, nil
	}
}

// value reads a number or a name.
func (f field) value(text string) (int, error) {
	if i := slices.Index(f.names, text); i >= 0 {
		return f.low + i, nil
	}
	v, err := strconv.Atoi(text)
	if err != nil || !digits(text) || v < f.low || v > f.high {
		return 0, f.expected(text)
	}
	return v, nil
}

// digits keeps out the sign that Atoi takes.
func digits(text string) bool { return strings.Trim(text, "0123456789") == "" }

func (f field) expected(found string) error {
	allowed := fmt.Sprintf("%d to %d", f.low, f.high)
	if f.names != nil {
		allowed += fmt.Sprintf(" or %s to %s", f.names[0], f.names[len(f.names)-1])
	}
	wildcards := "*, lists, ranges and steps"
	if f.noSteps {
		wildcards = "*, lists and ranges"
	}
	return fmt.Errorf("%s with %s as %s in place of %q", allowed, wildcards, f.name, found)
}
