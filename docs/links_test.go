package docs_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// pages lists every page of the repository.
func pages(t *testing.T) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		name := entry.Name()
		if entry.IsDir() && path != ".." && (strings.HasPrefix(name, ".") || slices.Contains([]string{"node_modules", "bin", "cdk.out"}, name)) {
			return fs.SkipDir
		}
		if strings.HasSuffix(path, ".md") {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ +(.+)$`)
	fenced  = regexp.MustCompile("(?ms)^ *```.*?^ *```")
	linked  = regexp.MustCompile(`\[([^\]]+)\]\([^)]+\)`)
	dropped = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// target is the page and the anchor that a link on a page leads to; ok is false for addresses on the web.
func target(page, link string) (path, anchor string, ok bool) {
	if strings.Contains(link, "://") {
		return "", "", false
	}
	path, anchor, _ = strings.Cut(link, "#")
	if path == "" {
		return page, anchor, true
	}
	return filepath.Join(filepath.Dir(page), path), anchor, true
}

// anchors lists what a page's headings are called in links, by the rules of
// https://docs.github.com/en/get-started/writing-on-github/getting-started-with-writing-and-formatting-on-github/basic-writing-and-formatting-syntax#section-links
func anchors(text string) []string {
	var all []string
	times := map[string]int{}
	for _, m := range heading.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
		words := linked.ReplaceAllString(strings.TrimSpace(m[1]), "$1")
		anchor := strings.ReplaceAll(dropped.ReplaceAllString(strings.ToLower(words), ""), " ", "-")
		times[anchor]++
		if n := times[anchor]; n > 1 {
			anchor = fmt.Sprintf("%s-%d", anchor, n-1)
		}
		all = append(all, anchor)
	}
	return all
}

func TestAnchors(t *testing.T) {
	text := "# A [link](x.md), and `code: \"it\"`\n```\n# no heading\n```\n## Twice\n## Twice\n## What it may do, and why\n"
	want := []string{"a-link-and-code-it", "twice", "twice-1", "what-it-may-do-and-why"}
	if got := anchors(text); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPages_links_lead_to_a_file_and_to_a_heading_in_it(t *testing.T) {
	for _, page := range pages(t) {
		for _, m := range link.FindAllStringSubmatch(read(t, page), -1) {
			path, anchor, ok := target(page, m[1])
			if !ok {
				continue
			}
			if _, err := os.Stat(path); err != nil {
				t.Errorf("%s: link to nothing: %s", page, m[1])
				continue
			}
			if anchor != "" && !slices.Contains(anchors(read(t, path)), anchor) {
				t.Errorf("%s: no such heading: %s", page, m[1])
			}
		}
	}
}

func TestPages_are_all_reached_from_the_index(t *testing.T) {
	reached := map[string]bool{}
	var follow func(page string)
	follow = func(page string) {
		if reached[page] || !strings.HasSuffix(page, ".md") {
			return
		}
		reached[page] = true
		for _, m := range link.FindAllStringSubmatch(read(t, page), -1) {
			if path, _, ok := target(page, m[1]); ok {
				follow(path)
			}
		}
	}
	follow(filepath.Join("..", "docs", "README.md"))
	for _, page := range pages(t) {
		if page != filepath.Join("..", "README.md") && !reached[page] {
			t.Errorf("no link leads to %s", page)
		}
	}
}
