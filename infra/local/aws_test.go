package local

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// emulator writes a stand-in for Python: a script that is called as the emulator.
func emulator(t *testing.T, script string) Options {
	path := filepath.Join(t.TempDir(), "python")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	return Options{Root: filepath.Dir(path), Python: path}
}

func TestStartWaitsForTheEndpointAndStopClosesStdin(t *testing.T) {
	o := emulator(t, `echo "{\"endpoint\":\"http://localhost:1/$*\"}"; cat; echo ended > ended`)
	o.ImagePending = 1500 * time.Millisecond
	a, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "endpoint and arguments", "http://localhost:1/infra/local/emulator --port 0 --image-seconds=1.5", a.Endpoint)
	a.Stop()
	a.Stop()
	if _, err := os.Stat(filepath.Join(o.Root, "ended")); err != nil {
		t.Errorf("it did not end by itself: %v", err)
	}
}

func TestStartSaysWhyItFailed(t *testing.T) {
	for name, tc := range map[string]struct{ script, want string }{
		"crash":   {`echo "No module named moto" >&2; exit 1`, "before it was ready; its last lines:\n  No module named moto"},
		"garbage": {`echo hello; cat`, `printed "hello\n" in place of its endpoint`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Start(t.Context(), emulator(t, tc.script))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want %q", err, tc.want)
			}
		})
	}
}

func TestStartWithoutPythonNamesTheCommandToRun(t *testing.T) {
	_, err := Start(t.Context(), Options{Root: t.TempDir()})
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "make setup") {
		t.Errorf("error %v", err)
	}
}

func TestStartEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	o := emulator(t, `echo started >&2; cat`)
	o.Log = func(string) { cancel() }
	if _, err := Start(ctx, o); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestAccessKeysAreAWSsAndDiffer(t *testing.T) {
	here, there := FunctionAccessKey(region, "f"), FunctionAccessKey("us-east-1", "f")
	if len(here) != 20 || !strings.HasPrefix(here, "AKIA") || here == there {
		t.Errorf("keys %s, %s", here, there)
	}
}
