package operator

import (
	"os"
	"strings"
	"testing"
)

// Every state and warning is on the page of the commands that look, every check on that of doctor.
func TestPages_have_every_word(t *testing.T) {
	var words []string
	for _, s := range []State{Good, Pending, Quarantined, Incomplete, Unusable, Deregistered, Deleted, Foreign, NoPointer} {
		words = append(words, string(s))
	}
	for _, w := range []WarningKind{
		WarnDangling, WarnUnsettled, WarnUnconfirmed, WarnWrongKind, WarnConflict, WarnStale, WarnPending, WarnIncomplete, WarnClaimed, WarnQuarantined, WarnForged, WarnUnverified,
	} {
		words = append(words, string(w))
	}
	for _, s := range []GroupState{GroupCurrent, GroupRefreshing, GroupWaiting, GroupHeld, GroupLeft, GroupBehind, GroupFailed, GroupRefused, GroupUnknown} {
		words = append(words, string(s))
	}
	has(t, "looking.md", words...)
	words = []string{"region"}
	for _, c := range checks {
		words = append(words, c.name)
	}
	has(t, "doctor.md", words...)
}

// has is an error for each word that a page has no row of a table for.
func has(t *testing.T, page string, words ...string) {
	t.Helper()
	text, err := os.ReadFile("../../../docs/cli/" + page)
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range words {
		if !strings.Contains(string(text), "\n| `"+word+"` |") {
			t.Errorf("%s: %s is not there", page, word)
		}
	}
}
