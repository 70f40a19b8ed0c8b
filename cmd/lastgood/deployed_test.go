package main

import (
	"strings"
	"testing"
	"time"

	"lastgood/infra/local"
	"lastgood/shared/config"
)

// deployedOtherwise are backups in Regions that were deployed with another configuration
// than the test has, and the fingerprint of that.
func deployedOtherwise(t *testing.T, regions ...string) (b backups, deployed string) {
	t.Helper()
	b = newBackups(t)
	here := b.config.MaxPointerAge
	b.config.MaxPointerAge = config.Duration(25 * time.Hour)
	for _, region := range regions {
		b.makeStack(region)
	}
	deployed = b.config.Fingerprint()
	b.config.MaxPointerAge = here
	return b, deployed
}

func TestActing_is_refused_where_another_configuration_was_deployed(t *testing.T) {
	b, deployed := deployedOtherwise(t, mainRegion, drRegion)
	b.point(mainRegion, b.web, b.older)
	for name, args := range map[string][]string{
		"settle":     {"settle", b.web},
		"settle_all": {"settle", "--all"},
		"quarantine": {"quarantine", b.newer, "--reason", "ransomware"},
		"release":    {"release", b.newer},
		"accept":     {"accept", b.newerDR},
		"retire":     {"retire", b.web, "--force"},
	} {
		t.Run(name, func(t *testing.T) {
			out, errs, code := b.run(append(args, "--yes")...)
			if code != exitUsage || out != "" {
				t.Errorf("exit code %d, want %d: %s%s", code, exitUsage, out, errs)
			}
			for _, want := range []string{
				mainRegion + " was deployed with the configuration " + deployed, drRegion, b.config.Fingerprint(),
				"--config", "npx cdk deploy Lastgood-" + mainRegion + " Lastgood-" + drRegion + " -c config=", "--ignore-deployed-configuration",
			} {
				if !strings.Contains(errs, want) {
					t.Errorf("it does not say %q: %s", want, errs)
				}
			}
		})
	}
	b.names(b.older, b.newerDR)
	b.marked()
}

func TestActing_goes_on_when_told_to(t *testing.T) {
	b, deployed := deployedOtherwise(t, mainRegion, drRegion)
	for _, args := range [][]string{
		{"settle", b.web},
		{"quarantine", b.newer, "--reason", "ransomware"},
		{"release", b.newer},
		{"accept", b.newerDR},
	} {
		_, errs, code := b.run(append(args, "--ignore-deployed-configuration")...)
		if code != exitOK || !strings.Contains(errs, "WARNING: "+mainRegion+" was deployed with the configuration "+deployed) {
			t.Errorf("%s: exit code %d: %s", args[0], code, errs)
		}
	}
	b.names(b.newer, b.newerDR)
	b.expect(exitFindings, "retire", b.web, "--force", "--yes", "--ignore-deployed-configuration")
	b.names("", "")
}

func TestActing_asks_only_the_Region_it_acts_in(t *testing.T) {
	b, _ := deployedOtherwise(t, mainRegion)
	b.makeStack(drRegion)
	b.expect(exitUsage, "settle", b.web)
	_, errs, code := b.run("settle", b.web, "--region", drRegion)
	if code != exitOK || errs != "" {
		t.Errorf("exit code %d: %s", code, errs)
	}
}

func TestA_dry_run_says_that_another_configuration_was_deployed(t *testing.T) {
	b, deployed := deployedOtherwise(t, mainRegion)
	_, errs, code := b.run("settle", b.web, "--dry-run", "--region", mainRegion)
	if code != exitOK || !strings.Contains(errs, deployed) {
		t.Errorf("exit code %d: %s", code, errs)
	}
}

func TestActing_goes_on_with_a_warning_where_nobody_can_tell_what_was_deployed(t *testing.T) {
	b := newBackups(t)
	for name, c := range map[string]struct {
		setup func()
		says  string
	}{
		"no_stack": {func() {}, "Lastgood-" + mainRegion + " does not exist"},
		"no_permission": {func() {
			b.fault(local.Fault{Service: "cloudformation", Action: "DescribeStacks", Error: "AccessDenied", Message: "not for you", Region: mainRegion})
		}, "AccessDenied: not for you"},
	} {
		t.Run(name, func(t *testing.T) {
			c.setup()
			_, errs, code := b.run("settle", b.web, "--region", mainRegion)
			if code != exitOK || !strings.Contains(errs, "WARNING: nobody can tell which configuration "+mainRegion+" was deployed with: "+c.says) {
				t.Errorf("exit code %d: %s", code, errs)
			}
		})
	}
	b.down(drRegion)
	_, errs, code := b.run("settle", b.web)
	if code != exitFindings || !strings.Contains(errs, "WARNING: nobody can tell which configuration "+drRegion+" was deployed with: ") {
		t.Errorf("exit code %d: %s", code, errs)
	}
}
