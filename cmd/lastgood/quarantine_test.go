package main

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"lastgood/infra/local"
	"lastgood/shared/config"
	"lastgood/shared/recovery"
)

// backups is an instance with two images and their copies, all settled.
type backups struct {
	*world
	web              string
	older, newer     string
	olderDR, newerDR string
}

func newBackups(t *testing.T) backups {
	t.Helper()
	w := newWorld(t)
	b := backups{world: w, web: w.instance("web")}
	b.older, b.newer = w.image(b.web, "older"), w.image(b.web, "newer")
	b.olderDR = w.signedCopy(b.older, b.web, "older-dr", 2*time.Minute)
	b.newerDR = w.signedCopy(b.newer, b.web, "newer-dr", time.Minute)
	w.point(mainRegion, b.web, b.newer)
	w.point(drRegion, b.web, b.newerDR)
	return b
}

// names checks what the pointer names in both Regions.
func (b backups) names(inMain, inDR string) {
	b.Helper()
	if got := b.pointer(mainRegion, b.web); got != inMain {
		b.Errorf("in the main Region the pointer names %s, want %s", b.called[got], b.called[inMain])
	}
	if got := b.pointer(drRegion, b.web); got != inDR {
		b.Errorf("in the DR Region the pointer names %s, want %s", b.called[got], b.called[inDR])
	}
}

// marked checks which images are quarantined.
func (b backups) marked(want ...string) {
	b.Helper()
	var got []string
	for image, region := range map[string]string{b.older: mainRegion, b.newer: mainRegion, b.olderDR: drRegion, b.newerDR: drRegion} {
		if _, marked := b.tags(region, image)[recovery.TagQuarantine]; marked {
			got = append(got, image)
		}
	}
	if len(got) != len(want) {
		b.Errorf("quarantined are %v, want %v", got, want)
	}
	for _, image := range want {
		if !strings.Contains(strings.Join(got, " "), image) {
			b.Errorf("%s is not quarantined", b.called[image])
		}
	}
}

func TestQuarantine_falls_back_in_both_Regions_and_release_brings_it_back(t *testing.T) {
	b := newBackups(t)
	b.config.Aliases = map[string][]string{"quarantined-website": {b.web}}
	b.golden("quarantine", b.expect(exitOK, "quarantine", b.newer, "--reason", "ransomware"))
	b.names(b.older, b.olderDR)
	b.marked(b.newer, b.newerDR)
	if got := b.pointer(drRegion, "quarantined-website"); got != b.olderDR {
		t.Errorf("the alias names %s", b.called[got])
	}
	if got := b.tags(drRegion, b.newerDR)[recovery.TagQuarantine]; got != "ransomware" {
		t.Errorf("the reason on the copy is %q", got)
	}
	b.golden("release", b.expect(exitOK, "release", b.newer))
	b.names(b.newer, b.newerDR)
	b.marked()
}

func TestQuarantine_asks_before_it_leaves_nothing_good(t *testing.T) {
	b := newBackups(t)
	b.expect(exitOK, "quarantine", b.older, "--reason", "old kernel")
	b.stdin = "n\n"
	_, errs, code := b.run("quarantine", b.newer, "--reason", "ransomware")
	want := "This leaves nothing good for " + b.web + " in " + mainRegion + ", " + b.web + " in " + drRegion
	if code != exitFailed || !strings.Contains(errs, want) {
		t.Errorf("exit code %d: %s", code, errs)
	}
	b.marked(b.older, b.olderDR)
	b.stdin = "y\n"
	b.golden("quarantine_last", b.expect(exitFindings, "quarantine", b.newer, "--reason", "ransomware"))
	b.marked(b.older, b.olderDR, b.newer, b.newerDR)
	b.names(b.newer, b.newerDR) // dangling: a pointer is never deleted

	b.stdin = "" // it dangles already: there is nothing to ask
	b.expect(exitFindings, "quarantine", b.newer, "--reason", "ransomware, certainly")
}

func TestQuarantine_of_a_copy_takes_the_copy_only(t *testing.T) {
	b := newBackups(t)
	b.golden("quarantine_copy", b.expect(exitOK, "quarantine", b.newerDR, "--reason", "boots badly"))
	b.names(b.newer, b.olderDR)
	b.marked(b.newerDR)
	b.expect(exitOK, "quarantine", b.newerDR, "--reason", "boots badly", "--everywhere")
	b.names(b.older, b.olderDR)
	b.marked(b.newer, b.newerDR)
	b.expect(exitOK, "release", b.newerDR)
	b.marked(b.newer)
	b.expect(exitOK, "release", b.newerDR, "--everywhere")
	b.names(b.newer, b.newerDR)
	b.marked()
}

func TestQuarantine_reaches_all_copies_when_the_original_is_gone(t *testing.T) {
	b := newBackups(t)
	second := b.copy(b.newer, "second copy")
	b.deregister(mainRegion, b.newer)
	b.expect(exitOK, "quarantine", b.newerDR, "--reason", "ransomware", "--everywhere")
	if _, marked := b.tags(drRegion, second)[recovery.TagQuarantine]; !marked {
		t.Error("the other copy is not quarantined")
	}
}

func TestQuarantine_reaches_copies_of_copies_and_nothing_else(t *testing.T) {
	b := newBackups(t)
	back, err := b.ec2(mainRegion).CopyImage(t.Context(), &ec2.CopyImageInput{
		SourceRegion: aws.String(drRegion), SourceImageId: &b.newerDR, Name: aws.String("back home"),
	})
	b.check(err)
	b.made(mainRegion, *back.ImageId, "back")
	restored, err := b.ec2(mainRegion).RunInstances(t.Context(), &ec2.RunInstancesInput{ImageId: &b.newer, MinCount: aws.Int32(1), MaxCount: aws.Int32(1)})
	b.check(err)
	own := b.image(*restored.Instances[0].InstanceId, "of the restored server")
	b.expect(exitOK, "quarantine", b.newer, "--reason", "ransomware")
	if _, marked := b.tags(mainRegion, *back.ImageId)[recovery.TagQuarantine]; !marked {
		t.Error("the copy of the copy is not quarantined")
	}
	if _, marked := b.tags(mainRegion, own)[recovery.TagQuarantine]; marked {
		t.Error("an image of a server launched from it is quarantined too")
	}
}

func TestQuarantine_with_a_Region_down_does_the_other_and_says_so(t *testing.T) {
	b := newBackups(t)
	b.down(drRegion)
	out := b.expect(exitFindings, "quarantine", b.newer, "--reason", "ransomware")
	if !strings.Contains(out, drRegion+"\n  FAILED: no answer") {
		t.Error(out)
	}
	if got := b.pointer(mainRegion, b.web); got != b.older {
		t.Errorf("the pointer names %s", b.called[got])
	}
	_, errs, code := b.run("quarantine", b.newerDR, "--reason", "ransomware")
	if code != exitFailed || !strings.Contains(errs, drRegion+" did not answer") {
		t.Errorf("exit code %d: %s", code, errs)
	}
	b.expect(exitFindings, "release", b.newer)
	if got := b.pointer(mainRegion, b.web); got != b.newer {
		t.Errorf("the pointer names %s", b.called[got])
	}
}

func TestQuarantine_of_pinned_pointers(t *testing.T) {
	b := newBackups(t)
	b.config.Parameter = config.Parameter{Prefix: "/", Versioning: config.Pinned, DataType: config.Text}
	b.expect(exitOK, "settle", b.web)
	b.expect(exitOK, "quarantine", b.newer, "--reason", "ransomware")
	b.names(b.older, b.olderDR)
	read, err := b.ssm(drRegion).GetParameter(t.Context(), &ssm.GetParameterInput{Name: aws.String(b.web + ":1")})
	if err != nil || *read.Parameter.Value != b.olderDR {
		t.Errorf("version 1 is %+v, %v", read, err)
	}
}

func TestQuarantine_in_one_Region_leaves_the_others_alone(t *testing.T) {
	b := newBackups(t)
	b.expect(exitOK, "quarantine", b.newer, "--reason", "ransomware", "--region", mainRegion)
	b.names(b.older, b.newerDR)
	b.marked(b.newer)
}

func TestQuarantine_reports_what_may_not_be_tagged(t *testing.T) {
	b := newBackups(t)
	b.fault(local.Fault{Service: "ec2", Action: "CreateTags", Error: "UnauthorizedOperation", Region: drRegion})
	out := b.expect(exitFindings, "quarantine", b.newer, "--reason", "ransomware")
	if !strings.Contains(out, "FAILED: tagging") || !strings.Contains(out, "UnauthorizedOperation") {
		t.Error(out)
	}
	b.names(b.older, b.newerDR)
	b.expect(exitOK, "quarantine", b.newer, "--reason", "ransomware") // again, and all is well
	b.names(b.older, b.olderDR)
}

func TestQuarantine_in_JSON(t *testing.T) {
	b := newBackups(t)
	result := decode[markResult](b.world, b.expect(exitOK, "quarantine", b.newer, "--reason", "ransomware", "-o", "json"))
	if result.Point != b.newer || len(result.Regions) != 2 || result.Regions[1].Pointers[0].To != b.olderDR || result.Regions[0].Points[0] != b.newer {
		t.Errorf("%+v", result)
	}
	result = decode[markResult](b.world, b.expect(exitOK, "release", b.newer, "-o", "json"))
	if result.Regions[0].Pointers[0].From != b.older || result.Regions[0].Pointers[0].To != b.newer {
		t.Errorf("%+v", result)
	}
}

func TestQuarantine_usage(t *testing.T) {
	w := newWorld(t)
	for name, args := range map[string][]string{
		"no_image":            {"quarantine", "--reason", "x"},
		"no_image_id":         {"quarantine", "web", "--reason", "x"},
		"no_reason":           {"quarantine", "ami-00000000000000000"},
		"reason_too_long":     {"quarantine", "ami-00000000000000000", "--reason", strings.Repeat("x", 257)},
		"unknown_region":      {"quarantine", "ami-00000000000000000", "--reason", "x", "--region", "eu-west-1"},
		"release_no_image":    {"release"},
		"release_two_images":  {"release", "ami-00000000000000000", "ami-00000000000000000"},
		"release_no_region":   {"release", "ami-00000000000000000", "--region", "mars"},
		"release_no_image_id": {"release", "i-00000000000000000"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, errs, code := w.run(args...); code != exitUsage {
				t.Errorf("exit code %d, want %d: %s", code, exitUsage, errs)
			}
		})
	}
	for _, command := range [][]string{{"quarantine", "ami-00000000000000000", "--reason", "x"}, {"release", "ami-00000000000000000"}} {
		if _, errs, code := w.run(command...); code != exitFailed || !strings.Contains(errs, "is in none of lastgood's Regions") {
			t.Errorf("%v: exit code %d: %s", command, code, errs)
		}
	}
}
