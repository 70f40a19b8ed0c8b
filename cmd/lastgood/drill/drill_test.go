package drill

import (
	"bytes"
	"testing"

	"lastgood/shared/config"
)

// The drill is the end-to-end test: both Regions deployed by the cdk command line, and
// every function's real binary behind its deployed rule and queue.
func TestRun(t *testing.T) {
	for _, versioning := range []config.Versioning{config.Latest, config.Pinned} {
		t.Run(string(versioning), func(t *testing.T) {
			var out bytes.Buffer
			err := Run(t.Context(), Options{Root: "../../..", Versioning: versioning, Out: &out})
			t.Log(out.String())
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}
