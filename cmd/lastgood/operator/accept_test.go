package operator

import (
	"testing"

	"lastgood/shared/recovery"
)

func TestDecide_evidence_goes_before_a_person_and_a_person_before_a_claim(t *testing.T) {
	for name, c := range map[string]struct {
		named, attested, claimed string
		want                     string // "" for a refusal
	}{
		"nobody_says":               {"", "", "", ""},
		"claimed":                   {"", "", "i-claimed", "i-claimed"},
		"named":                     {"i-named", "", "", "i-named"},
		"named_against_a_claim":     {"i-named", "", "i-claimed", "i-named"},
		"attested":                  {"", "i-attested", "", "i-attested"},
		"attested_against_a_claim":  {"", "i-attested", "i-claimed", "i-attested"},
		"named_as_attested":         {"i-attested", "i-attested", "i-claimed", "i-attested"},
		"named_against_attestation": {"i-named", "i-attested", "i-named", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := decide(c.named, c.attested, recovery.ByOriginal, c.claimed)
			if got != c.want || (err != nil) != (c.want == "") {
				t.Errorf("%q, %v; want %q", got, err, c.want)
			}
		})
	}
}
