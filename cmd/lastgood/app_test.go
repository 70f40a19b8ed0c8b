package main

import (
	"strings"
	"testing"

	"lastgood/cmd/lastgood/operator"
	"lastgood/shared/config"
)

func TestApp_usage_errors_exit_3(t *testing.T) {
	w := newWorld(t)
	for name, args := range map[string][]string{
		"unknown_command": {"stauts"},
		"unknown_flag":    {"--colour"},
		"drill_what":      {"drill", "everything"},
		"unknown_region":  {"status", "--region", "mars"},
		"doctor_s_region": {"doctor", "--region", "mars"},
		"a_question":      {"status", "--yes"}, // which status does not ask
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
		if _, errs, code := w.run(args...); code != exitFailed || errs != "lastgood: no AWS credentials: run aws configure, or set AWS_PROFILE\n" {
			t.Errorf("%s: exit code %d: %s", args[0], code, errs)
		}
	}
	if findings := decode[operator.Findings](w, w.expect(exitFindings, "doctor", "-o", "json")); len(findings) != 2 {
		t.Errorf("more than one finding for each Region: %+v", findings)
	}
	if f := w.doctor(exitFindings, mainRegion, "credentials"); f.Level != operator.Fail || f.Command == "" {
		t.Errorf("%+v", f)
	}
}

func TestApp_says_which_argument_is_missing(t *testing.T) {
	w := newWorld(t)
	for want, args := range map[string][]string{
		"lastgood run <policy>":                             {"run"},
		"lastgood rollout <group>":                          {"rollout"},
		"lastgood history i-… | vol-… | alias":              {"history", "i-00000000000000001", "i-00000000000000002"},
		"--reason is missing":                               {"quarantine", "ami-00000000000000001"},
		`"nosuch" is no policy: the configuration has none`: {"plan", "nosuch"},
	} {
		if _, errs, code := w.run(args...); code != exitUsage || !strings.Contains(errs, want) {
			t.Errorf("%v: exit code %d, %q is not in: %s", args, code, want, errs)
		}
	}
}

func TestApp_printed_commands_carry_the_configuration(t *testing.T) {
	w := newWorld(t)
	for _, f := range decode[operator.Findings](w, w.expect(exitFindings, "doctor", "-o", "json")) {
		if strings.HasPrefix(f.Command, "npx cdk deploy ") && !strings.Contains(f.Command, " -c config="+w.TempDir()[:strings.LastIndex(w.TempDir(), "/")]) {
			t.Errorf("%+v", f)
		}
	}
	w.policy("daily", "to carry").Target = config.Target{Type: config.Instance, IDs: []string{w.instance("web")}}
	_, errs, code := w.run("run", "daily", "--yes", "--region", mainRegion)
	if code != exitFailed || !strings.Contains(errs, "npx cdk deploy Lastgood-"+mainRegion+" -c config=") {
		t.Errorf("exit code %d: %s", code, errs)
	}
}

func TestApp_one_region(t *testing.T) {
	w := newWorld(t)
	web := w.instance("web")
	w.point(mainRegion, web, w.image(web, "nightly"))
	w.down(drRegion)
	w.expect(exitOK, "status", web, "--region", mainRegion)
	w.expect(exitOK, "history", web, "--region", mainRegion)
	for _, f := range decode[operator.Findings](w, w.expect(exitFindings, "doctor", "--region", mainRegion, "-o", "json")) {
		if f.Region != mainRegion {
			t.Errorf("%+v", f)
		}
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
