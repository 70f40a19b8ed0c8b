package main

import (
	"os/exec"
	"path/filepath"
	"testing"
)

// CloudFormation would take the golden templates, and those of the examples, as far as its resource schemas can tell.
func TestTemplates_have_nothing_that_cfn_lint_finds(t *testing.T) {
	linter := filepath.Join("..", ".venv", "bin", "cfn-lint") // make setup installs it
	arguments := []string{
		"--ignore-checks", "W3005", // the CDK says some dependencies twice
		"--",
	}
	for _, pattern := range []string{"testdata/*.golden.json", "../examples/*/template.yaml"} {
		templates, err := filepath.Glob(pattern)
		if err != nil || len(templates) == 0 {
			t.Fatalf("%s: %d templates, %v", pattern, len(templates), err)
		}
		arguments = append(arguments, templates...)
	}
	if found, err := exec.CommandContext(t.Context(), linter, arguments...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, found)
	}
}
