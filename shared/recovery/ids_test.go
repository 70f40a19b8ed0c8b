package recovery

import (
	"strings"
	"testing"
)

func TestIsInstanceID_and_IsImageID(t *testing.T) {
	const digits = "0123456789abcdef0" // 17
	for name, tc := range map[string]struct {
		rest string // what follows i- and ami-
		is   bool
	}{
		"17_digits":        {digits, true},
		"8_digits":         {"89abcdef", true},
		"no_digits":        {"", false},
		"7_digits":         {"1234567", false},
		"9_digits":         {"123456789", false},
		"16_digits":        {digits[:16], false},
		"18_digits":        {digits + "1", false},
		"upper_case":       {strings.ToUpper(digits), false},
		"letter_g":         {"0123456g", false},
		"unicode_digits":   {"０１２３４５６７", false},
		"line_end":         {digits + "\n", false},
		"space_at_the_end": {digits + " ", false},
		"path_trick":       {"../../../x", false},
		"null_byte":        {"0123456\x00", false},
		"bad_utf8":         {"0123456\xff", false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := IsInstanceID("i-" + tc.rest); got != tc.is {
				t.Errorf("IsInstanceID(%q) = %v", "i-"+tc.rest, got)
			}
			if got := IsImageID("ami-" + tc.rest); got != tc.is {
				t.Errorf("IsImageID(%q) = %v", "ami-"+tc.rest, got)
			}
			for _, prefix := range []string{"", "-", "vol-", "snap-", "I-", "AMI-", "xi-", "xami-", "\ni-", "\nami-", " i-", " ami-", "i--", "í-", "i", "ami"} {
				if s := prefix + tc.rest; IsInstanceID(s) || IsImageID(s) {
					t.Errorf("%q is taken for an id", s)
				}
			}
			if IsInstanceID("ami-"+tc.rest) || IsImageID("i-"+tc.rest) {
				t.Error("one kind is taken for the other")
			}
		})
	}
}

func FuzzIDs(f *testing.F) {
	for _, s := range []string{"i-0123456789abcdef0", "i-01234567", "ami-0123456789abcdef0", "ami-01234567", "i-01234567\n", "../x", "", "I-01234567"} {
		f.Add(s)
	}
	// An id, spelled out.
	is := func(prefix, s string) bool {
		rest, has := strings.CutPrefix(s, prefix)
		return has && (len(rest) == 8 || len(rest) == 17) && strings.Trim(rest, "0123456789abcdef") == ""
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got, want := IsInstanceID(s), is("i-", s); got != want {
			t.Errorf("IsInstanceID(%q) = %v", s, got)
		}
		if got, want := IsImageID(s), is("ami-", s); got != want {
			t.Errorf("IsImageID(%q) = %v", s, got)
		}
	})
}
