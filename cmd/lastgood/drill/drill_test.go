package drill

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"testing"

	"lastgood/shared/config"
)

// The drill is the end-to-end test: both Regions deployed by the cdk command line, and
// every function's real binary behind its deployed rule and queue.
func TestRun(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "lastgood")
	if out, err := exec.Command("go", "build", "-o", binary, "lastgood/cmd/lastgood").CombinedOutput(); err != nil {
		t.Fatalf("building the command line: %v\n%s", err, out)
	}
	for _, versioning := range []config.Versioning{config.Latest, config.Pinned} {
		t.Run(string(versioning), func(t *testing.T) {
			t.Parallel() // each has a local AWS of its own, and waits half of the time
			var out bytes.Buffer
			err := Run(t.Context(), Options{Root: "../../..", Binary: binary, Versioning: versioning, Out: &out})
			t.Log(out.String())
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}
