package attest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/google/go-cmp/cmp"

	"lastgood/shared/awsfake"
	"lastgood/shared/inventory"
	"lastgood/shared/recovery"
	"lastgood/shared/signature"
)

const (
	tokyo, singapore = "ap-northeast-1", "ap-southeast-1"
	web, other       = "i-0123456789abcdef0", "i-0fedcba9876543210"
	original, copied = "ami-00000000000000001", "ami-c0000000000000001"
)

var t0 = time.Date(2026, 9, 1, 2, 0, 0, 0, time.UTC)

// attest has a copy of web's image, with these tags, attested in Singapore.
func attest(t *testing.T, tags map[string]string, change func(w *awsfake.World, a *Attestor)) (Attestation, *awsfake.World, *awsfake.Process) {
	t.Helper()
	w := awsfake.New(tokyo, singapore)
	w.Create(tokyo, original, web, t0)
	w.Copy(singapore, copied, tokyo, original, "copy", t0.Add(time.Hour))
	w.Tag(singapore, copied, tags)
	p := w.Process(nil)
	c := p.Client(singapore)
	a := Attestor{EC2: c, Signer: signature.Key{KMS: c, ID: "key"}}
	if change != nil {
		change(w, &a)
	}
	found, err := inventory.Images{EC2: c, Region: singapore}.ByID(t.Context(), copied)
	if err != nil {
		t.Fatal(err)
	}
	answers := Originals{Client: func(r string) ec2.DescribeImagesAPIClient { return p.Client(r) }, Timeout: time.Second}.Ask(t.Context(), []Origin{OriginOf(found[copied])})
	from, _ := answers.Of(OriginOf(found[copied]))
	result, err := a.Attest(t.Context(), found[copied], false, from)
	if err != nil {
		t.Fatal(err)
	}
	return result, w, p
}

func TestAttest_signs_the_source_and_age_of_the_original(t *testing.T) {
	result, w, p := attest(t, nil, nil)
	tags := w.Tags(singapore, copied)
	if result.Source != web || result.By != recovery.ByOriginal || result.Contradicted {
		t.Errorf("%+v", result)
	}
	if diff := cmp.Diff(result.Written, tags); diff != "" {
		t.Error(diff)
	}
	if tags[recovery.TagTakenAt] != "2026-09-01T02:00:00Z" {
		t.Errorf("taken at %s, want its original's creation", tags[recovery.TagTakenAt])
	}
	again, err := Attestor{EC2: p.Client(singapore), Signer: signature.Key{KMS: p.Client(singapore), ID: "key"}}.
		Attest(t.Context(), recovery.Point{ID: copied, Region: singapore, Created: t0.Add(time.Hour), Tags: tags}, false, nil)
	if err != nil || again.Source != web || again.By != recovery.BySignature || len(again.Written) > 0 {
		t.Errorf("a second time: %+v, %v", again, err)
	}
}

func TestAttest_corrects_what_contradicts(t *testing.T) {
	result, w, _ := attest(t, map[string]string{recovery.TagSourceID: other, recovery.TagSignature: "AAAA"}, nil)
	if !result.Contradicted || w.Tags(singapore, copied)[recovery.TagSourceID] != web {
		t.Errorf("%+v, tags %v", result, w.Tags(singapore, copied))
	}
}

func TestAttest_hands_the_quarantine_on(t *testing.T) {
	_, w, _ := attest(t, nil, func(w *awsfake.World, _ *Attestor) {
		w.Tag(tokyo, original, map[string]string{recovery.TagQuarantine: "bad disk"})
	})
	if got := w.Tags(singapore, copied)[recovery.TagQuarantine]; got != "bad disk" {
		t.Errorf("quarantine %q", got)
	}
}

func TestAttest_a_claim_counts_only_where_claims_are_trusted(t *testing.T) {
	for trusts, want := range map[bool]string{false: "", true: other} {
		result, w, _ := attest(t, map[string]string{"instance-id": other}, func(w *awsfake.World, a *Attestor) {
			w.Deregister(tokyo, original)
			a.TrustsClaimed = trusts
		})
		if result.Source != want || len(w.Tags(singapore, copied)) > 1 != trusts {
			t.Errorf("trusting claims %v: %+v", trusts, result)
		}
	}
}

func TestAsk_a_Region_that_is_down_gives_no_answer(t *testing.T) {
	w := awsfake.New(tokyo, singapore)
	w.Create(tokyo, original, web, t0)
	w.Down(tokyo, true)
	p := w.Process(nil)
	answers := Originals{Client: func(r string) ec2.DescribeImagesAPIClient { return p.Client(r) }, Timeout: time.Second}.
		Ask(t.Context(), []Origin{{tokyo, original}, {singapore, original}, {}})
	if _, answered := answers.Of(Origin{tokyo, original}); answered {
		t.Error("a Region that is down answered")
	}
	if from, answered := answers.Of(Origin{singapore, original}); !answered || from != nil {
		t.Errorf("%v, %v: want an answer, and no image", from, answered)
	}
}

func TestAttest_names_the_image_that_could_not_be_tagged(t *testing.T) {
	w := awsfake.New(singapore)
	p := w.Process(nil)
	c := p.Client(singapore)
	_, err := Attestor{EC2: c, Signer: signature.Key{KMS: c, ID: "key"}}.
		Attest(context.Background(), recovery.Point{ID: copied, OriginalOf: web, Created: t0}, false, nil)
	var unwrapped interface{ ErrorCode() string }
	if err == nil || !errors.As(err, &unwrapped) || unwrapped.ErrorCode() != "InvalidAMIID.NotFound" {
		t.Errorf("%v", err)
	}
}

// A Region that answers half of the questions has answered those.
func TestAsk_keeps_the_answers_it_got(t *testing.T) {
	w := awsfake.New(tokyo)
	var origins []Origin
	for i := range perCall + 10 {
		origins = append(origins, Origin{tokyo, fmt.Sprintf("ami-%017x", i)})
	}
	w.Create(tokyo, origins[0].Image, web, t0)
	p := w.Process(func(n int, _ awsfake.Call) awsfake.Fault {
		if n == 1 {
			return awsfake.Fault{Before: awsfake.ErrTimeout}
		}
		return awsfake.Fault{}
	})
	answers := Originals{Client: func(r string) ec2.DescribeImagesAPIClient { return p.Client(r) }, Timeout: time.Second}.Ask(t.Context(), origins)
	if from, answered := answers.Of(origins[0]); !answered || from == nil || from.OriginalOf != web {
		t.Errorf("the first: %v, %v", from, answered)
	}
	if from, answered := answers.Of(origins[perCall-1]); !answered || from != nil {
		t.Errorf("the last of the first call: %v, %v", from, answered)
	}
	if _, answered := answers.Of(origins[perCall]); answered {
		t.Error("a call that failed counts as an answer")
	}
}
