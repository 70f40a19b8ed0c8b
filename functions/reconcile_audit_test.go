package functions_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lastgood/shared/awsfake"
	"lastgood/shared/recovery"
	"lastgood/shared/signature"
	"lastgood/shared/telemetry"
)

// day reconciles Singapore for a day, and returns how often tags contradicted the evidence.
func day(t *testing.T, a account) (contradicted float64) {
	t.Helper()
	for range 96 {
		a.Now = a.Now.Add(15 * time.Minute)
		n, _ := metrics(t, a.reconciler(a.Process(nil), singapore))[telemetry.TagsContradicting].(float64)
		contradicted += n
	}
	return contradicted
}

// Tags that were changed so that an image is not found, or looks older, are found all the
// same within a day, and put right where the truth is known.
func TestReconcile_finds_tampered_tags_within_a_day(t *testing.T) {
	for name, tags := range map[string]map[string]string{
		"made_older":       {recovery.TagTakenAt: t0.Add(-time.Hour).Format(time.RFC3339)},
		"given_to_another": {recovery.TagSourceID: evil},
		"of_no_age":        {recovery.TagTakenAt: "never"},
		"signed_by_nobody": {recovery.TagSignature: "AAAA"},
	} {
		for _, originalIsGone := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s_original_gone_%v", name, originalIsGone), func(t *testing.T) {
				a := newAccount(latest)
				copies(a, 3)
				attested(a, 3)
				settled(a, singapore, copied(2))
				truth := a.Tags(singapore, copied(0))
				a.Tag(singapore, copied(0), tags) // not the newest one, which settling would verify
				if originalIsGone {
					a.Deregister(tokyo, ami(0))
				}
				lies, want := a.Tags(singapore, copied(0)), truth
				if originalIsGone {
					want = lies // nobody knows better
				}
				// What is given to another instance looks like its newest one, and so is found in every run.
				if got := day(t, a); got != 1 && !(originalIsGone && name == "given_to_another" && got >= 96) {
					t.Errorf("counted %v times in a day", got)
				}
				if diff := cmp.Diff(want, a.Tags(singapore, copied(0))); diff != "" {
					t.Error(diff)
				}
				if err := a.right(singapore); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// Looking into signed copies costs a bounded number of verifications, and next to no calls
// of another Region.
func TestReconcile_looks_into_signed_copies_within_its_budget(t *testing.T) {
	const instances, perInstance, aliases = 100, 24, 30
	a := newAccount(latest)
	key := signature.Key{KMS: a.Process(nil).Client(singapore), ID: "key"}
	a.Bulk(func() {
		for i := range instances {
			id := fmt.Sprintf("i-%017x", i)
			for n := range perInstance {
				original, image := fmt.Sprintf("ami-%013x%04x", i, n), fmt.Sprintf("ami-c%012x%04x", i, n)
				taken := t0.Add(time.Duration(n) * time.Minute)
				a.Create(tokyo, original, id, taken)
				a.Copy(singapore, image, tokyo, original, "copy", taken.Add(time.Hour))
				a.SetState(singapore, image, "available")
				tags, err := recovery.Claim{Region: singapore, Point: image, Source: id, TakenAt: taken}.Tags(context.Background(), key)
				if err != nil {
					t.Fatal(err)
				}
				a.Tag(singapore, image, tags)
				a.SetParameter(singapore, "/lastgood/"+id, image, "String", "text", 1)
			}
		}
	})
	budget := ceil(instances*perInstance, 1000) + ceil(instances+aliases, 10)
	verified := 0
	for range 96 {
		a.Now = a.Now.Add(15 * time.Minute)
		p := a.Process(nil)
		h := a.reconciler(p, singapore)
		h.Sweep.Aliases = map[string][]string{}
		for i := range aliases {
			alias, source := fmt.Sprintf("web%d", i), fmt.Sprintf("i-%017x", i)
			h.Sweep.Aliases[alias] = []string{source}
			a.SetParameter(singapore, "/lastgood/"+alias, a.Value(singapore, "/lastgood/"+source), "String", "text", 1)
		}
		if got := metrics(t, h); got[telemetry.ReconcilesCompleted] != 1. {
			t.Fatalf("%v", got)
		}
		now := p.Count("VerifyMac")
		verified += now
		if now > 2*instances*perInstance/96 {
			t.Errorf("%d verifications in a run", now)
		}
		asked := count(p.Calls, func(c awsfake.Call) bool { return c.Region == tokyo })
		if asked > 1 || len(p.Calls)-now-asked != budget {
			t.Errorf("%d calls of a budget of %d, %d verifications, %d calls of the other Region", len(p.Calls), budget, now, asked)
		}
	}
	if verified != instances*perInstance {
		t.Errorf("%d verifications in a day, want one for each of %d copies", verified, instances*perInstance)
	}
}

func ceil(n, by int) int { return (n + by - 1) / by }

func count[T any](of []T, is func(T) bool) (n int) {
	for _, one := range of {
		if is(one) {
			n++
		}
	}
	return n
}
