package docs_test

import (
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// constants lists the tags that the code has names for.
func constants(t *testing.T) []string {
	t.Helper()
	var tags []string
	err := filepath.WalkDir(filepath.Join("..", "shared"), func(path string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			for _, m := range regexp.MustCompile(`(?m)^\s*Tag\w+\s*=\s*"(lastgood:[a-z-]+)"`).FindAllStringSubmatch(read(t, path), -1) {
				tags = append(tags, m[1])
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(tags)
	return tags
}

func TestTags_page_has_every_tag_and_no_other(t *testing.T) {
	var got []string
	for _, row := range regexp.MustCompile("(?m)^\\| (`lastgood:[^|]+) \\|").FindAllStringSubmatch(read(t, "tags.md"), -1) {
		for _, m := range regexp.MustCompile("`(lastgood:[a-z-]+)`").FindAllStringSubmatch(row[1], -1) {
			got = append(got, m[1])
		}
	}
	slices.Sort(got)
	if diff := cmp.Diff(constants(t), got); diff != "" {
		t.Error(diff)
	}
}
