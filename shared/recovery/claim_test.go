package recovery

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// signer signs with a key of its own, and counts its calls.
type signer struct {
	key   string
	err   error
	calls int
}

func (s *signer) Sign(_ context.Context, message []byte) (string, error) {
	s.calls++
	mac := hmac.New(sha256.New, []byte(s.key))
	mac.Write(message)
	return hex.EncodeToString(mac.Sum(nil)), s.err
}

func (s *signer) Verify(ctx context.Context, message []byte, signature string) (bool, error) {
	want, err := s.Sign(ctx, message)
	return want == signature && err == nil, err
}

func aClaim() Claim {
	return Claim{Region: "us-west-2", Point: "ami-0bbbbbbbbbbbbbbb2", Source: web, TakenAt: t0.Add(1234 * time.Millisecond)}
}

// bearing is a copy that carries tags, an hour younger than what it was made from.
func bearing(c Claim, tags map[string]string) Point {
	return Point{ID: c.Point, Region: c.Region, State: Available, Created: c.TakenAt.Add(time.Hour), Tags: tags}
}

func TestMessage_names_its_version_and_every_field(t *testing.T) {
	want := "lastgood/1\nus-west-2\nami-0bbbbbbbbbbbbbbb2\ni-0123456789abcdef0\n2026-09-01T02:00:01.234Z"
	if diff := cmp.Diff(want, string(aClaim().Message())); diff != "" {
		t.Error(diff)
	}
}

func TestMessage_is_the_same_for_one_moment_in_every_zone(t *testing.T) {
	c := aClaim()
	c.TakenAt = c.TakenAt.In(time.FixedZone("", 9*60*60))
	if diff := cmp.Diff(string(aClaim().Message()), string(c.Message())); diff != "" {
		t.Error(diff)
	}
}

// Two claims have one message only if they are the same claim.
func injective(t *testing.T, a, b Claim) {
	t.Helper()
	same := a.Region == b.Region && a.Point == b.Point && a.Source == b.Source && a.TakenAt.Equal(b.TakenAt)
	if got := bytes.Equal(a.Message(), b.Message()); got != same {
		t.Errorf("one message: %v\n%+v\n%+v", got, a, b)
	}
}

func TestMessage_differs_for_different_claims(t *testing.T) {
	pieces := []string{"", "a", "ab", "b", "-", "i-", "us-east-1", "us-east-11", web, other}
	r := rand.New(rand.NewPCG(1, 2))
	word := func() string { return pieces[r.IntN(len(pieces))] + pieces[r.IntN(len(pieces))] }
	claim := func() Claim {
		return Claim{word(), word(), word(), t0.Add(time.Duration(r.IntN(3)) * time.Nanosecond)}
	}
	for range 20_000 {
		a, b := claim(), claim()
		injective(t, a, a)
		injective(t, a, b)
		c := a // and those that differ in one field
		switch r.IntN(4) {
		case 0:
			c.Region = b.Region
		case 1:
			c.Point = b.Point
		case 2:
			c.Source = b.Source
		case 3:
			c.TakenAt = b.TakenAt
		}
		injective(t, a, c)
	}
}

// The fields of a claim hold no line ends: AWS gives out none, and Verify refuses a
// source that is no id.
func FuzzMessage(f *testing.F) {
	f.Add("us-east-1", "ami-01234567", web, int64(0), "us-east-1", "ami-01234567", other, int64(1))
	f.Add("a", "bc", "d", int64(5), "ab", "c", "d", int64(5))
	f.Add("", "a", "", int64(-1), "a", "", "", int64(-1))
	f.Fuzz(func(t *testing.T, region1, image1, source1 string, taken1 int64, region2, image2, source2 string, taken2 int64) {
		if strings.Contains(region1+image1+source1+region2+image2+source2, "\n") {
			return
		}
		injective(t, Claim{region1, image1, source1, time.Unix(0, taken1)}, Claim{region2, image2, source2, time.Unix(0, taken2)})
	})
}

func TestTags_are_what_Verify_takes(t *testing.T) {
	s := &signer{key: "a"}
	c := aClaim()
	tags, err := c.Tags(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{TagSourceID: web, TagTakenAt: "2026-09-01T02:00:01.234Z", TagSignature: tags[TagSignature]}
	if diff := cmp.Diff(want, tags); diff != "" || tags[TagSignature] == "" {
		t.Error(diff)
	}
	p := bearing(c, tags)
	if ok, err := Verify(t.Context(), s, p); !ok || err != nil {
		t.Errorf("Verify: %v, %v", ok, err)
	}
	if diff := cmp.Diff(c, ClaimOf(p)); diff != "" {
		t.Error(diff)
	}
	if newest, found := Newest([]Point{p}, web, all); !found || newest.ID != p.ID {
		t.Error("a signed copy is no candidate")
	}
}

func TestVerify_refuses_what_was_not_signed(t *testing.T) {
	c := aClaim()
	tags, err := c.Tags(t.Context(), &signer{key: "a"})
	if err != nil {
		t.Fatal(err)
	}
	signed := bearing(c, tags)
	elsewhere, another, younger := signed, signed, signed
	elsewhere.Region, another.ID = "us-east-1", "ami-0ccccccccccccccc3"
	younger.Created = c.TakenAt.Add(-time.Second)
	anOriginal := signed
	anOriginal.OriginalOf = other
	for name, tc := range map[string]struct {
		point Point
		calls int // KMS bills each
	}{
		"tags_of_another_Regions_image":  {elsewhere, 1},
		"tags_of_another_image":          {another, 1},
		"another_source":                 {tagged(signed, TagSourceID, other), 1},
		"another_age":                    {tagged(signed, TagTakenAt, "2026-09-01T02:00:01.235Z"), 1},
		"another_signature":              {tagged(signed, TagSignature, "00"), 1},
		"an_originals_age_is_EC2s":       {anOriginal, 1},
		"no_signature":                   {tagged(signed, TagSignature, "-"), 0},
		"empty_signature":                {tagged(signed, TagSignature, ""), 0},
		"no_source":                      {tagged(signed, TagSourceID, "-"), 0},
		"source_with_a_line_end":         {tagged(signed, TagSourceID, web+"\n"), 0},
		"no_age":                         {tagged(signed, TagTakenAt, "-"), 0},
		"age_that_is_no_time":            {tagged(signed, TagTakenAt, "yesterday"), 0},
		"younger_than_the_copy_it_is_on": {younger, 0},
		"no_tags":                        {bearing(c, nil), 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := &signer{key: "a"}
			if ok, err := Verify(t.Context(), s, tc.point); ok || err != nil {
				t.Errorf("Verify: %v, %v", ok, err)
			}
			if s.calls != tc.calls {
				t.Errorf("%d calls, want %d", s.calls, tc.calls)
			}
		})
	}
}

func TestVerify_refuses_another_Regions_key(t *testing.T) {
	c := aClaim()
	tags, err := c.Tags(t.Context(), &signer{key: "a"})
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := Verify(t.Context(), &signer{key: "b"}, bearing(c, tags)); ok || err != nil {
		t.Errorf("Verify: %v, %v", ok, err)
	}
}

func TestVerify_that_nobody_can_answer_is_an_error_that_names_the_image(t *testing.T) {
	c, failure := aClaim(), errors.New("throttled")
	tags, err := c.Tags(t.Context(), &signer{key: "a"})
	if err != nil {
		t.Fatal(err)
	}
	ok, err := Verify(t.Context(), &signer{key: "a", err: failure}, bearing(c, tags))
	if ok || !errors.Is(err, failure) || !strings.Contains(err.Error(), c.Point) {
		t.Errorf("Verify: %v, %v", ok, err)
	}
}

func TestTags_that_cannot_be_signed_are_none(t *testing.T) {
	c, failure := aClaim(), errors.New("throttled")
	tags, err := c.Tags(t.Context(), &signer{err: failure})
	if tags != nil || !errors.Is(err, failure) || !strings.Contains(err.Error(), c.Point) || !strings.Contains(err.Error(), c.Source) {
		t.Errorf("Tags: %v, %v", tags, err)
	}
}
