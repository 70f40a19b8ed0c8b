package signature

import (
	"context"
	"encoding/base64"
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"lastgood/shared/awsfake"
	"lastgood/shared/recovery"
)

const (
	tokyo     = "ap-northeast-1"
	singapore = "ap-southeast-1"
	keyID     = "arn:aws:kms:ap-northeast-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
)

var _ recovery.Signer = Key{}

// key is a Region's, and the process that uses it.
func key(region string, hook func(int, awsfake.Call) awsfake.Fault) (Key, *awsfake.Process) {
	p := awsfake.New(tokyo, singapore).Process(hook)
	return Key{KMS: p.Client(region), ID: keyID}, p
}

func signed(t *testing.T, k Key, message string) string {
	t.Helper()
	s, err := k.Sign(t.Context(), []byte(message))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestVerify_takes_what_Sign_made(t *testing.T) {
	k, p := key(tokyo, nil)
	signature := signed(t, k, "a message")
	if ok, err := k.Verify(t.Context(), []byte("a message"), signature); !ok || err != nil {
		t.Errorf("Verify: %v, %v", ok, err)
	}
	if p.Count("GenerateMac") != 1 || p.Count("VerifyMac") != 1 {
		t.Errorf("calls: %v", p.Calls)
	}
}

// A tag's value holds 256 letters, digits, spaces and _ . : / = + - @.
func TestSign_fits_in_a_tag(t *testing.T) {
	k, _ := key(tokyo, nil)
	if s := signed(t, k, "a message"); !regexp.MustCompile(`^[A-Za-z0-9+/=]{44}$`).MatchString(s) {
		t.Errorf("the signature %q", s)
	}
}

func TestVerify_a_signature_that_does_not_fit_is_an_answer(t *testing.T) {
	k, _ := key(tokyo, nil)
	elsewhere, _ := key(singapore, nil)
	for name, signature := range map[string]string{
		"of_another_message":      signed(t, k, "another message"),
		"of_another_Regions_key":  signed(t, elsewhere, "a message"),
		"of_other_bytes":          base64.StdEncoding.EncodeToString(make([]byte, 32)),
		"shorter_than_it_must_be": "AAAA",
	} {
		t.Run(name, func(t *testing.T) {
			if ok, err := k.Verify(t.Context(), []byte("a message"), signature); ok || err != nil {
				t.Errorf("Verify: %v, %v", ok, err)
			}
		})
	}
}

func TestVerify_what_is_no_base64_costs_no_call(t *testing.T) {
	k, p := key(tokyo, nil)
	for _, signature := range []string{"", "\n", "!", "not a signature", "AAA", "../x", "ÄÖÜ=", strings.Repeat("?", 256)} {
		if ok, err := k.Verify(t.Context(), []byte("a message"), signature); ok || err != nil {
			t.Errorf("%q: %v, %v", signature, ok, err)
		}
	}
	if len(p.Calls) > 0 {
		t.Errorf("calls: %v", p.Calls)
	}
}

func TestKey_any_other_error_is_an_error_that_names_the_key(t *testing.T) {
	for name, failure := range map[string]error{"throttled": awsfake.ErrThrottled, "timeout": awsfake.ErrTimeout} {
		t.Run(name, func(t *testing.T) {
			k, _ := key(tokyo, func(int, awsfake.Call) awsfake.Fault { return awsfake.Fault{Before: failure} })
			s, err := k.Sign(t.Context(), []byte("a message"))
			if s != "" || !errors.Is(err, failure) || !strings.Contains(err.Error(), keyID) {
				t.Errorf("Sign: %q, %v", s, err)
			}
			ok, err := k.Verify(t.Context(), []byte("a message"), "AAAA")
			if ok || !errors.Is(err, failure) || !strings.Contains(err.Error(), keyID) {
				t.Errorf("Verify: %v, %v", ok, err)
			}
		})
	}
}

// asked is a KMS that notes what it is asked for.
type asked struct {
	generate kms.GenerateMacInput
	verify   kms.VerifyMacInput
	valid    bool
}

func (a *asked) GenerateMac(_ context.Context, in *kms.GenerateMacInput, _ ...func(*kms.Options)) (*kms.GenerateMacOutput, error) {
	a.generate = *in
	return &kms.GenerateMacOutput{Mac: []byte("mac")}, nil
}

func (a *asked) VerifyMac(_ context.Context, in *kms.VerifyMacInput, _ ...func(*kms.Options)) (*kms.VerifyMacOutput, error) {
	a.verify = *in
	return &kms.VerifyMacOutput{MacValid: a.valid}, nil
}

func TestKey_asks_KMS_for_its_key_and_the_algorithm_of_HMAC_256(t *testing.T) {
	a := &asked{valid: true}
	k := Key{KMS: a, ID: keyID}
	signature := signed(t, k, "a message")
	if ok, err := k.Verify(t.Context(), []byte("a message"), signature); !ok || err != nil {
		t.Errorf("Verify: %v, %v", ok, err)
	}
	g, v := a.generate, a.verify
	if *g.KeyId != keyID || g.MacAlgorithm != types.MacAlgorithmSpecHmacSha256 || string(g.Message) != "a message" {
		t.Errorf("GenerateMac is asked for %+v", g)
	}
	if *v.KeyId != keyID || v.MacAlgorithm != types.MacAlgorithmSpecHmacSha256 || string(v.Message) != "a message" || string(v.Mac) != "mac" {
		t.Errorf("VerifyMac is asked for %+v", v)
	}
}

// KMS answers what does not fit with an exception; should it ever answer otherwise, a
// success that says invalid is none.
func TestVerify_believes_the_answer_and_not_its_success(t *testing.T) {
	k := Key{KMS: &asked{valid: false}, ID: keyID}
	if ok, err := k.Verify(t.Context(), []byte("a message"), "AAAA"); ok || err != nil {
		t.Errorf("Verify: %v, %v", ok, err)
	}
}
