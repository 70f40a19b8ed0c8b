package docs_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"lastgood/shared/consistency"
)

func TestScripts_page_has_every_exit_code_and_outcome(t *testing.T) {
	page := read(t, "scripts.md")
	for code := consistency.PreFailed; code <= consistency.NotReady; code++ {
		if !strings.Contains(page, fmt.Sprintf("\n| %d |", code)) {
			t.Errorf("exit code %d is not there", code)
		}
	}
	for _, o := range []consistency.Outcome{
		consistency.Succeeded, consistency.Failed, consistency.TimedOut, consistency.Cancelled,
		consistency.NotRun, consistency.Unmanaged, consistency.Refused, consistency.Unknown,
	} {
		if !strings.Contains(page, "\n| `"+string(o)+"` |") {
			t.Errorf("outcome %s is not there", o)
		}
	}
}

func TestScripts_page_forces_a_thaw_with_an_id_that_does(t *testing.T) {
	m := regexp.MustCompile("executionId=([0-9a-f-]+)").FindStringSubmatch(read(t, "scripts.md"))
	if m == nil {
		t.Fatal("there is no id")
	}
	if e, ours := consistency.ParseExecutionID(m[1]); !ours || !e.Force {
		t.Errorf("%s is %+v, %v", m[1], e, ours)
	}
}
