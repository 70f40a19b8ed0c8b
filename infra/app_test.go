package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lastgood/infra/bundle"
	"lastgood/shared/config"
	"lastgood/shared/telemetry"
)

// runTheApp starts the app as the cdk command line does: in the repository's root, with
// the context in the environment. It returns the exit code and what was said.
func runTheApp(t *testing.T, outdir string, context map[string]any) (code int, stderr string) {
	t.Helper()
	data, err := json.Marshal(context)
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	temporary := t.TempDir()
	app := exec.CommandContext(t.Context(), os.Args[0])
	app.Dir = ".."
	app.Env = append(os.Environ(), runApp+"=1", "TMPDIR="+temporary, "CDK_OUTDIR="+outdir, contextVariable+"="+string(data))
	app.Stderr = &said
	err = app.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(temporary); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	return app.ProcessState.ExitCode(), said.String()
}

func TestApp_says_what_is_wrong_with_the_configuration_and_nothing_else(t *testing.T) {
	file := filepath.Join(t.TempDir(), "bad.json")
	if err := os.WriteFile(file, []byte(`{"regions":{"main":"tokyo"}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	good := map[string]any{"regions": map[string]any{"main": mainRegion}}
	region := `: found "tokyo", expected an AWS Region's code, such as "ap-southeast-1"` + "\n"
	for name, tc := range map[string]struct {
		context map[string]any
		want    string
	}{
		"none": {nil, `lastgood: found nothing, expected an object "lastgood" in the context of cdk.json, or -c config=<file.json>` + "\n"},
		"two_errors": {
			map[string]any{"lastgood": map[string]any{"regions": map[string]any{"main": "tokyo"}, "trust": "all"}},
			"lastgood.regions.main" + region + `lastgood.trust: found "all", expected "attested" or "claimed"` + "\n",
		},
		"file_wins":         {map[string]any{"lastgood": good, "config": file}, file + ": lastgood.regions.main" + region},
		"file_missing":      {map[string]any{"lastgood": good, "config": "no.json"}, "reading the configuration: open no.json: no such file or directory\n"},
		"file_not_a_string": {map[string]any{"lastgood": good, "config": 7}, "config: found 7, expected the path of a configuration file\n"},
	} {
		t.Run(name, func(t *testing.T) {
			code, stderr := runTheApp(t, t.TempDir(), tc.context)
			if code != 1 {
				t.Errorf("exit code %d", code)
			}
			if diff := cmp.Diff(tc.want, stderr); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestConfiguration_is_found_where_an_environment_is_too_small(t *testing.T) {
	file := filepath.Join(t.TempDir(), "context.json")
	if err := os.WriteFile(file, []byte(`{"lastgood":{"regions":{"main":"ap-northeast-1"}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := configuration(func(name string) string {
		return map[string]string{contextOverflowVariable: file}[name]
	})
	if err != nil || c.Regions.Main != mainRegion {
		t.Errorf("got %+v, %v", c, err)
	}
}

// The real functions, built and synthesized as cdk synth does it.
func TestApp_gives_both_Regions_the_same_assets(t *testing.T) {
	c, context, err := shippedConfiguration()
	if err != nil {
		t.Fatal(err)
	}
	outdir := t.TempDir()
	if code, stderr := runTheApp(t, outdir, context); code != 0 {
		t.Fatalf("exit code %d:\n%s", code, stderr)
	}
	folders, err := filepath.Glob(filepath.Join(outdir, "asset.*"))
	if err != nil {
		t.Fatal(err)
	}
	if len(folders) != len(telemetry.Functions) {
		t.Errorf("%d assets for %d functions and %d Regions", len(folders), len(telemetry.Functions), len(c.Regions.All()))
	}
	settings, err := c.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		checkMode(t, filepath.Join(folder, bundle.Binary), 0o755)
		checkMode(t, filepath.Join(folder, config.File), 0o644)
		got, err := os.ReadFile(filepath.Join(folder, config.File))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(settings), string(got)); diff != "" {
			t.Error(diff)
		}
		for _, region := range c.Regions.All() {
			assets, err := os.ReadFile(filepath.Join(outdir, "Lastgood-"+region+".assets.json"))
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(assets), `"`+filepath.Base(folder)+`"`) {
				t.Errorf("%s does not use %s", region, filepath.Base(folder))
			}
		}
	}
	// Nobody said which account: what the dashboard has of it is put in by CloudFormation.
	for _, region := range c.Regions.All() {
		tpl, err := readTemplate(filepath.Join(outdir, "Lastgood-"+region+".template.json"))
		if err != nil {
			t.Fatal(err)
		}
		if _, widgets := dashboardOf(t, tpl); len(widgets) == 0 {
			t.Errorf("%s has an empty dashboard", region)
		}
	}
}

func checkMode(t *testing.T, path string, want fs.FileMode) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode() != want {
		t.Errorf("%s has mode %v, want %v", path, info.Mode(), want)
	}
}
