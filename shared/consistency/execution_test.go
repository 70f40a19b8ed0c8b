package consistency_test

import (
	"regexp"
	"testing"

	"lastgood/shared/consistency"
)

func TestExecutionID_is_what_documents_take_and_comes_back(t *testing.T) {
	pattern := regexp.MustCompile(`^(None|[a-fA-F0-9]{8}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{12})$`)
	seen := map[string]bool{}
	for _, run := range []string{run, "daily-web/2026-11-20T02:00:00Z/i-0123456789abcdef1", ""} {
		for attempt := 1; attempt <= 9; attempt++ {
			for _, force := range []bool{false, true} {
				id := consistency.ExecutionID(run, attempt, force)
				if !pattern.MatchString(id) || seen[id] {
					t.Errorf("%s does not match, or is not unique", id)
				}
				seen[id] = true
				want := consistency.Execution{Run: consistency.RunKey(run), Attempt: attempt, Force: force}
				if got, ours := consistency.ParseExecutionID(id); !ours || got != want {
					t.Errorf("%s is %+v, %v; want %+v", id, got, ours, want)
				}
			}
		}
	}
}

func TestExecutionID_stays_as_it_is(t *testing.T) {
	// Scripts of an older deployment read ids of a newer one.
	if got, want := consistency.ExecutionID(run, 2, true), "3c3e1653-6756-8e07-8755-1a57900d1002"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestExecutionID_keeps_attempts_within_its_digits(t *testing.T) {
	for attempt, want := range map[int]int{-1: 1, 0: 1, 999: 999, 1000: 999} {
		if got, _ := consistency.ParseExecutionID(consistency.ExecutionID(run, attempt, false)); got.Attempt != want {
			t.Errorf("attempt %d came back as %d, want %d", attempt, got.Attempt, want)
		}
	}
}

func FuzzParseExecutionID(f *testing.F) {
	f.Add("None")
	f.Add("8a9e5b6c-7d0f-4a1b-9c2d-3e4f5a6b7c8d")
	f.Add(consistency.ExecutionID(run, 3, true))
	f.Add("00000000-0000-8000-8000-1a57900d0000")
	f.Fuzz(func(t *testing.T, id string) {
		if e, ours := consistency.ParseExecutionID(id); ours && e.String() != id {
			t.Errorf("%q comes back as %q", id, e)
		}
	})
}

func FuzzExecutionID(f *testing.F) {
	f.Add(run, 1, false)
	f.Fuzz(func(t *testing.T, run string, attempt int, force bool) {
		e, ours := consistency.ParseExecutionID(consistency.ExecutionID(run, attempt, force))
		if !ours || e.Run != consistency.RunKey(run) || e.Force != force || (attempt >= 1 && attempt <= 999 && e.Attempt != attempt) {
			t.Errorf("%q, %d, %v came back as %+v, %v", run, attempt, force, e, ours)
		}
	})
}
