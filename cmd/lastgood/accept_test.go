package main

import (
	"strings"
	"testing"

	"lastgood/cmd/lastgood/operator"
	"lastgood/infra/local"
	"lastgood/shared/recovery"
)

// claimed is an instance with an image in the main Region that is gone, and a copy of it
// in the DR Region that only claims to be one of the instance.
func claimed(t *testing.T) (w *world, web, copied string) {
	t.Helper()
	w = newWorld(t)
	web = w.instance("web")
	original := w.image(web, "nightly")
	copied = w.copy(original, "nightly-dr")
	w.tag(drRegion, copied, map[string]string{recovery.TagSourceID: web})
	w.deregister(mainRegion, original)
	return w, web, copied
}

func TestAccept_signs_and_settles(t *testing.T) {
	w, web, copied := claimed(t)
	w.makeStack(mainRegion)
	w.makeStack(drRegion)
	w.expect(exitOK, "settle", web, "--region", drRegion)
	if got := w.pointer(drRegion, web); got != "" {
		t.Fatalf("a claim moved the pointer to %s", got)
	}
	w.stdin = "y\n"
	out, known, code := w.run("accept", copied)
	if code != exitOK {
		t.Fatalf("exit code %d: %s", code, known)
	}
	w.golden("accept", out)
	w.golden("accept_known", known)
	if got := w.pointer(drRegion, web); got != copied {
		t.Errorf("the pointer names %q", got)
	}
	w.golden("accept_again", w.expect(exitOK, "accept", copied))
}

func TestAccept_asks_first(t *testing.T) {
	w, web, copied := claimed(t)
	_, errs, code := w.run("accept", copied)
	if code != exitFailed || !strings.Contains(errs, "Sign that "+copied+" is an image of "+web+"?") {
		t.Errorf("exit code %d: %s", code, errs)
	}
	if w.tags(drRegion, copied)[recovery.TagSignature] != "" {
		t.Error("it was signed all the same")
	}
}

func TestAccept_takes_the_age_of_an_original_that_is_known(t *testing.T) {
	w := newWorld(t)
	web := w.instance("web")
	original := w.image(web, "nightly")
	copied := w.copy(original, "nightly-dr")
	accepted := decode[operator.Accepted](w, w.expect(exitOK, "accept", copied, "--yes", "-o", "json"))
	if accepted.Source != web || accepted.By != recovery.ByOriginal || !accepted.TakenAt.Before(accepted.Created) || accepted.Moves[0].To != copied {
		t.Errorf("%+v", accepted)
	}
	if accepted.Copied != mainRegion+"/"+original || accepted.Original != "an image of "+web {
		t.Errorf("%+v", accepted)
	}
}

func TestAccept_refuses_what_evidence_contradicts(t *testing.T) {
	b := newBackups(t)
	for name, image := range map[string]string{"of_EC2": b.newer, "of_a_signature": b.newerDR, "of_the_original": b.copy(b.newer, "unsigned")} {
		t.Run(name, func(t *testing.T) {
			_, errs, code := b.run("accept", image, "--source", "i-00000000000000000", "--yes")
			if code != exitFailed || !strings.Contains(errs, "cannot be signed as one of i-00000000000000000") {
				t.Errorf("exit code %d: %s", code, errs)
			}
		})
	}
}

func TestAccept_with_a_source_for_what_claims_nothing_or_another(t *testing.T) {
	w := newWorld(t)
	web := w.instance("web")
	base := w.image(web, "will be gone")
	nothing, another := w.copy(base, "claims nothing"), w.copy(base, "claims another")
	w.tag(drRegion, another, map[string]string{recovery.TagSourceID: "i-00000000000000000"})
	w.deregister(mainRegion, base)
	_, errs, code := w.run("accept", nothing, "--yes")
	if code != exitFailed || !strings.Contains(errs, "name the instance with --source") {
		t.Errorf("exit code %d: %s", code, errs)
	}
	w.expect(exitOK, "accept", nothing, "--source", web, "--yes")
	if got := w.pointer(drRegion, web); got != nothing {
		t.Errorf("the pointer names %q", got)
	}
	w.expect(exitOK, "accept", another, "--source", web, "--yes")
	if got := w.tags(drRegion, another)[recovery.TagSourceID]; got != web {
		t.Errorf("it is tagged as of %q", got)
	}
}

func TestAccept_says_what_it_takes_to_sign(t *testing.T) {
	w, _, copied := claimed(t)
	w.fault(local.Fault{Service: "kms", Action: "GenerateMac", Error: "AccessDeniedException", Times: 9})
	_, errs, code := w.run("accept", copied, "--yes")
	if code != exitFailed || !strings.Contains(errs, `add the ARN of the role you act as to "signers"`) {
		t.Errorf("exit code %d: %s", code, errs)
	}
}

func TestAccept_when_the_original_s_Region_is_down(t *testing.T) {
	w, web, copied := claimed(t)
	w.down(mainRegion)
	out, known, code := w.run("accept", copied, "--yes")
	if code != exitOK || !strings.Contains(known, mainRegion+" did not answer") || w.pointer(drRegion, web) != copied {
		t.Errorf("exit code %d: %s%s", code, known, out)
	}
}

func TestAccept_of_a_quarantined_copy_leaves_the_pointer_dangling(t *testing.T) {
	w, web, copied := claimed(t)
	w.tag(drRegion, copied, map[string]string{recovery.TagQuarantine: "ransomware"})
	w.point(drRegion, web, "ami-00000000000000000")
	w.expect(exitFindings, "accept", copied, "--yes")
}

func TestAccept_usage(t *testing.T) {
	w := newWorld(t)
	for name, args := range map[string][]string{
		"no_image":       {"accept"},
		"no_image_id":    {"accept", "web"},
		"no_source_id":   {"accept", "ami-00000000000000000", "--source", "web"},
		"a_volume":       {"accept", "ami-00000000000000000", "--source", "vol-00000000000000000"},
		"unknown_region": {"accept", "ami-00000000000000000", "--region", "mars"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, errs, code := w.run(args...); code != exitUsage {
				t.Errorf("exit code %d, want %d: %s", code, exitUsage, errs)
			}
		})
	}
}
