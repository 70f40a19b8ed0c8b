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

// runTests keeps everything the CDK writes in one folder and removes it.
func runTests(m *testing.M) int {
	remove, err := ownTemporaryFolder()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer remove()
	return m.Run()
}
