package main

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"lastgood/cmd/lastgood/operator"
	"lastgood/infra/local"
	"lastgood/shared/config"
)

func TestStatus_all_is_well(t *testing.T) {
	w := newWorld(t)
	web := w.instance("web")
	w.tag(mainRegion, web, map[string]string{"Name": "web-1"})
	nightly := w.image(web, "nightly")
	copied := w.signedCopy(nightly, web, "nightly-dr", 41*time.Minute)
	w.config.Aliases = map[string][]string{"website": {web}}
	w.point(mainRegion, web, nightly)
	w.point(mainRegion, "website", nightly)
	w.point(drRegion, web, copied)
	w.point(drRegion, "website", copied)
	w.later = 3*time.Hour + 10*time.Minute
	w.golden("status_well", w.expect(exitOK, "status", web, "website"))

	status := decode[operator.Status](w, w.expect(exitOK, "status", web, "-o", "json"))
	if len(status.Pointers) != 2 || status.Pointers[1].SourceName != "web-1" || status.Pointers[1].Point != copied || !status.Pointers[1].Copy || status.Pointers[1].CopyLagSeconds < 41*60 {
		t.Errorf("%+v", status.Pointers)
	}
}

func TestStatus_warns(t *testing.T) {
	var w *world
	for _, c := range []struct {
		name  string
		setup func(source string)
	}{
		{"dangling", func(source string) {
			gone := w.image(source, "gone")
			w.point(mainRegion, source, gone)
			w.deregister(mainRegion, gone)
		}},
		{"disabled", func(source string) {
			disabled := w.image(source, "disabled")
			w.point(mainRegion, source, disabled)
			_, err := w.ec2(mainRegion).DisableImage(t.Context(), &ec2.DisableImageInput{ImageId: &disabled})
			w.check(err)
		}},
		{"stale", func(source string) {
			w.image(source, "older")
			w.point(mainRegion, source, w.image(source, "newer"))
			w.later = 27*time.Hour + 30*time.Minute
		}},
		{"pending", func(source string) {
			w.point(mainRegion, source, w.image(source, "available"))
			w.pending(source, "pending")
			w.later = 50*time.Minute + 30*time.Second
		}},
		{"unsettled", func(source string) {
			w.point(mainRegion, source, w.image(source, "current"))
			w.image(source, "better")
		}},
		{"unconfirmed", func(source string) {
			w.config.Parameter.DataType = config.EC2Image
			w.image(source, "first")
		}},
		{"wrong-kind", func(source string) {
			w.point(mainRegion, source, w.image(source, "image"))
			w.config.Parameter.DataType = config.EC2Image
		}},
		{"claimed", func(source string) {
			w.point(mainRegion, source, w.image(source, "original"))
			w.tag(drRegion, w.copy(w.pointer(mainRegion, source), "copy"), map[string]string{"lastgood:source-id": source})
		}},
		{"quarantined", func(source string) {
			w.image(source, "good")
			w.point(mainRegion, source, w.image(source, "bad"))
			w.tag(mainRegion, w.pointer(mainRegion, source), map[string]string{"lastgood:quarantine": "ransomware"})
		}},
		{"forged", func(source string) {
			original := w.image(source, "original")
			w.point(drRegion, source, w.signedCopy(original, source, "copy", 50*time.Minute))
			forged := w.signedCopy(original, source, "forged", 40*time.Minute)
			w.tag(drRegion, forged, map[string]string{"lastgood:taken-at": time.Now().Add(-time.Minute).UTC().Format(time.RFC3339Nano)})
		}},
		{"foreign", func(source string) {
			other := w.instance("other")
			w.point(mainRegion, source, w.image(other, "of another"))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w = newWorld(t)
			source := w.instance("web")
			c.setup(source)
			w.later = max(w.later, time.Minute+30*time.Second)
			out := w.expect(exitFindings, "status", source)
			w.golden("status_"+c.name, out)
			if c.name != "disabled" && c.name != "foreign" && !strings.Contains(out, "! "+c.name+": ") {
				t.Errorf("no warning of that name")
			}
		})
	}
}

func TestStatus_of_a_quarantined_image_that_is_in_nobody_s_way(t *testing.T) {
	w := newWorld(t)
	web := w.instance("web")
	w.point(mainRegion, web, w.image(web, "good"))
	w.tag(mainRegion, w.image(web, "bad"), map[string]string{"lastgood:quarantine": "ransomware"})
	w.later = time.Minute + 30*time.Second
	w.golden("status_quarantined_aside", w.expect(exitOK, "status", web))
	status := decode[operator.Status](w, w.expect(exitOK, "status", web, "-o", "json"))
	if len(status.Pointers) != 1 || len(status.Pointers[0].Notes) != 1 || len(status.Pointers[0].Warnings) != 0 {
		t.Errorf("%+v", status.Pointers)
	}
}

func TestStatus_goes_on_without_names_where_nobody_may_see_them(t *testing.T) {
	w := newWorld(t)
	web := w.instance("web")
	w.tag(mainRegion, web, map[string]string{"Name": "web-1"})
	w.point(mainRegion, web, w.image(web, "nightly"))
	w.fault(local.Fault{Service: "ec2", Action: "DescribeInstances", Error: "UnauthorizedOperation", Message: "not for you", Region: mainRegion, Times: 1})
	if out := w.expect(exitOK, "status", web); strings.Contains(out, "web-1") || !strings.Contains(out, "nightly") {
		t.Error(out)
	}
	if out := w.expect(exitOK, "status", web); !strings.Contains(out, "web-1") {
		t.Error(out)
	}
}

func TestStatus_a_region_that_is_down_does_not_hide_the_other(t *testing.T) {
	w := newWorld(t)
	web := w.instance("web")
	w.point(drRegion, web, w.signedCopy(w.image(web, "nightly"), web, "nightly-dr", time.Hour+time.Minute))
	w.down(mainRegion)
	began := time.Now()
	out := w.expect(exitFindings, "status", web)
	if took := time.Since(began); took > 6*time.Second {
		t.Errorf("it took %s", took)
	}
	if !strings.Contains(out, "! "+mainRegion+" does not answer: ") || !strings.Contains(out, "nightly-dr") {
		t.Error(out)
	}
	w.down(drRegion)
	if _, errs, code := w.run("status"); code != exitFailed || !strings.Contains(errs, "no Region answers") {
		t.Errorf("exit code %d: %s", code, errs)
	}
}

func TestStatus_of_what_is_nowhere(t *testing.T) {
	w := newWorld(t)
	out := w.expect(exitFindings, "status", "i-00000000000000000")
	if !strings.Contains(out, "i-00000000000000000 has no pointer") {
		t.Error(out)
	}
	w.expect(exitUsage, "status", "web")
	w.expect(exitUsage, "status", "-o", "yaml")
}

func TestStatus_lists_once(t *testing.T) {
	w := newWorld(t)
	for _, source := range w.instances("a", "b", "c") {
		w.point(mainRegion, source, w.image(source, "image of "+w.called[source]))
	}
	calls, err := w.aws.Calls(t.Context(), 0)
	w.check(err)
	w.run("status")
	after, err := w.aws.Calls(t.Context(), calls[len(calls)-1].Sequence)
	w.check(err)
	made := map[string]int{}
	for _, call := range after {
		if call.Region == mainRegion {
			made[call.Action]++
		}
	}
	if made["DescribeImages"] > 2 || made["GetParameter"] > 0 || made["PutParameter"] > 0 {
		t.Errorf("calls: %v", made)
	}
}

func TestStatus_with_the_prefix_root_leaves_everybody_s_parameters_alone(t *testing.T) {
	w := newWorld(t)
	w.config.Parameter.Prefix, w.config.Parameter.Versioning = "/", config.Pinned
	web := w.instance("web")
	w.point(mainRegion, web, w.image(web, "nightly"))
	status := decode[operator.Status](w, w.expect(exitOK, "status", web, "-o", "json"))
	if len(status.Pointers) != 1 || status.Pointers[0].Parameter != web {
		t.Errorf("%+v", status)
	}
	calls, err := w.aws.Calls(t.Context(), 0)
	w.check(err)
	last := calls[max(0, len(calls)-8):]
	for _, call := range last {
		if call.Action == "GetParametersByPath" {
			t.Error("it read everything below /")
		}
	}
}
