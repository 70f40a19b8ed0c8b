package main

import (
	"flag"
	"fmt"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden templates")

// runApp makes the test binary behave as the app itself, so that a test can look at
// an exit code without building the app a second time.
const runApp = "LASTGOOD_RUN_APP"

func TestMain(m *testing.M) {
	if os.Getenv(runApp) != "" {
		main()
		return
	}
	os.Exit(runTests(m))
}

// runTests keeps everything the CDK writes in one folder and removes it. The CDK's
// Node process is left to end with this one: closing it takes seconds, and races.
func runTests(m *testing.M) int {
	folder, err := os.MkdirTemp("", "lastgood-infra")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(folder) }()
	if err := os.Setenv("TMPDIR", folder); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}
