package main

import (
	"strings"
	"testing"

	"lastgood/cmd/lastgood/operator"
)

func TestApp_usage_errors_exit_3(t *testing.T) {
	w := newWorld(t)
	for name, args := range map[string][]string{
		"unknown_command": {"stauts"},
		"unknown_flag":    {"--colour"},
		"drill_what":      {"drill", "everything"},
	} {
		t.Run(name, func(t *testing.T) {
			_, errs, code := w.run(args...)
			if code != exitUsage || !strings.HasPrefix(errs, "lastgood: ") {
				t.Errorf("exit code %d, want %d: %s", code, exitUsage, errs)
			}
		})
	}
}

func TestApp_without_credentials(t *testing.T) {
	w := newWorld(t)
	web := "i-00000000000000001"
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	for _, args := range [][]string{{"status"}, {"history", web}, {"settle", web}, {"retire", web}, {"restore", web, "--region", mainRegion}} {
		if _, errs, code := w.run(args...); code != exitFailed || !strings.Contains(errs, "credentials") {
			t.Errorf("%s: exit code %d: %s", args[0], code, errs)
		}
	}
	if f := w.doctor(exitFindings, mainRegion, "credentials"); f.Level != operator.Fail || f.Command == "" {
		t.Errorf("%+v", f)
	}
}

func TestApp_without_a_command_helps(t *testing.T) {
	out, _, code := newWorld(t).run()
	if code != exitOK || !strings.Contains(out, "Usage:") {
		t.Errorf("exit code %d: %s", code, out)
	}
}

func TestHarness_seeds_both_regions(t *testing.T) {
	w := newWorld(t)
	web := w.instance("web")
	image := w.image(web, "nightly")
	copied := w.signedCopy(image, web, "nightly-dr", 0)
	w.point(drRegion, web, copied)
	if got := w.pointer(drRegion, web); got != copied {
		t.Errorf("the pointer names %q, want %s", got, copied)
	}
	if got := w.tags(drRegion, copied)["lastgood:source-id"]; got != web {
		t.Errorf("the copy is tagged as of %q, want %s", got, web)
	}
}
