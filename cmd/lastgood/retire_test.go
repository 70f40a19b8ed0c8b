package main

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"lastgood/cmd/lastgood/operator"
	"lastgood/infra/local"
)

func (w *world) terminate(instance string) {
	w.Helper()
	_, err := w.ec2(mainRegion).TerminateInstances(w.Context(), &ec2.TerminateInstancesInput{InstanceIds: []string{instance}})
	w.check(err)
}

// retirable is an instance that is gone with all its images, and its pointers.
func retirable(t *testing.T) backups {
	t.Helper()
	b := newBackups(t)
	b.terminate(b.web)
	for _, image := range []string{b.older, b.newer} {
		b.deregister(mainRegion, image)
	}
	for _, image := range []string{b.olderDR, b.newerDR} {
		b.deregister(drRegion, image)
	}
	return b
}

func TestRetire_deletes_the_pointers_of_what_is_gone(t *testing.T) {
	b := retirable(t)
	b.config.Aliases = map[string][]string{"retired-website": {b.web, "i-00000000000000000"}}
	_, errs, code := b.run("retire", b.web)
	if code != exitFailed || !strings.Contains(errs, "in "+drRegion+", which names "+b.newerDR+"?") {
		t.Errorf("exit code %d: %s", code, errs)
	}
	b.names(b.newer, b.newerDR)
	b.stdin = "y\n"
	b.golden("retire", b.expect(exitOK, "retire", b.web))
	b.names("", "")
	b.golden("retire_again", b.expect(exitOK, "retire", b.web))
}

func TestRetire_is_refused_while_the_instance_or_a_good_image_is_there(t *testing.T) {
	b := newBackups(t)
	_, errs, code := b.run("retire", b.web, "--yes")
	if code != exitFailed || !strings.Contains(errs, b.web+" is running in "+mainRegion) {
		t.Errorf("exit code %d: %s", code, errs)
	}
	b.terminate(b.web)
	_, errs, code = b.run("retire", b.web, "--yes")
	if code != exitFailed || strings.Contains(errs, "is running") || !strings.Contains(errs, b.newerDR+" is a good image of it in "+drRegion) {
		t.Errorf("exit code %d: %s", code, errs)
	}
	b.names(b.newer, b.newerDR)

	b.expect(exitOK, "quarantine", b.older, "--reason", "retired")
	b.expect(exitFindings, "quarantine", b.newer, "--reason", "retired", "--yes")
	b.expect(exitOK, "retire", b.web, "--yes")
	b.names("", "")
}

func TestRetire_with_force_says_that_the_pointer_comes_back(t *testing.T) {
	b := newBackups(t)
	b.golden("retire_force", b.expect(exitFindings, "retire", b.web, "--force", "--yes"))
	b.names("", "")
	b.expect(exitOK, "settle", b.web)
	b.names(b.newer, b.newerDR)
}

func TestRetire_with_a_Region_down_does_the_other(t *testing.T) {
	b := retirable(t)
	b.down(drRegion)
	b.expect(exitFailed, "retire", b.web, "--yes") // the instance may live there
	if b.pointer(mainRegion, b.web) == "" {
		t.Fatal("retired without an answer from every Region")
	}
	if out := b.expect(exitFindings, "retire", b.web, "--yes", "--force"); !strings.Contains(out, drRegion+": FAILED: no answer") {
		t.Error(out)
	}
	if got := b.pointer(mainRegion, b.web); got != "" {
		t.Errorf("the pointer names %s", got)
	}
}

func TestRetire_reports_what_may_not_be_deleted(t *testing.T) {
	b := retirable(t)
	b.fault(local.Fault{Service: "ssm", Action: "DeleteParameter", Error: "AccessDeniedException", Region: mainRegion})
	retired := decode[operator.Retirement](b.world, b.expect(exitFindings, "retire", b.web, "--yes", "-o", "json"))
	if !strings.Contains(retired.Regions[0].Error, "AccessDeniedException") || retired.Regions[0].Deleted || !retired.Regions[1].Deleted {
		t.Errorf("%+v", retired)
	}
}

func TestRetire_usage(t *testing.T) {
	w := newWorld(t)
	w.expect(exitUsage, "retire")
	w.expect(exitUsage, "retire", "web")
	w.expect(exitUsage, "retire", "i-00000000000000000", "--region", mainRegion)
}
