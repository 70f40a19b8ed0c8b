package main

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var assetHash = regexp.MustCompile(`[0-9a-f]{64}`)

func TestTemplates_are_the_golden_ones(t *testing.T) {
	for _, tc := range []struct{ variant, region string }{
		{"latest", mainRegion},
		{"latest", drRegion},
		{"pinned", mainRegion},
		{"trail", mainRegion},
		{"policies", mainRegion},
	} {
		name := tc.variant + "." + tc.region + ".golden.json"
		t.Run(name, func(t *testing.T) {
			got := assetHash.ReplaceAll(variants(t)[tc.variant].templates[tc.region].raw, []byte("HASH"))
			path := filepath.Join("testdata", name)
			if *update {
				if err := os.WriteFile(path, got, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("not as before; if that is meant, run this test with -update (-before +now):\n%s", diff)
			}
		})
	}
}
