package operator

import (
	"os"
	"strings"
	"testing"
)

// Every state, warning and check is on the page of the command line.
func TestPage_has_every_word(t *testing.T) {
	page, err := os.ReadFile("../../../docs/cli.md")
	if err != nil {
		t.Fatal(err)
	}
	words := []string{"region"}
	for _, c := range checks {
		words = append(words, c.name)
	}
	for _, s := range []State{Good, Pending, Quarantined, Incomplete, Unusable, Deregistered, Deleted, Foreign, NoPointer} {
		words = append(words, string(s))
	}
	for _, w := range []WarningKind{
		WarnDangling, WarnUnsettled, WarnUnconfirmed, WarnWrongKind, WarnStale, WarnPending, WarnIncomplete, WarnClaimed, WarnQuarantined, WarnForged, WarnUnverified,
	} {
		words = append(words, string(w))
	}
	for _, word := range words {
		if !strings.Contains(string(page), "\n| `"+word+"` |") {
			t.Errorf("%s is not there", word)
		}
	}
}
