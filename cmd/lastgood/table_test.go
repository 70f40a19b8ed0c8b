package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPage_aligns_in_colours_as_without(t *testing.T) {
	rows := []row{
		{cells: []cell{{"dépôt", green}, {text: "last"}}},
		{note: cell{"! note", yellow}},
		{cells: []cell{{text: "x"}, {text: ""}}},
	}
	want := "A      B\ndépôt  last\n  ! note\nx\n"
	var bare, coloured bytes.Buffer
	page{&bare, false}.table([]string{"A", "B"}, rows)
	if diff := cmp.Diff(want, bare.String()); diff != "" {
		t.Error(diff)
	}
	page{&coloured, true}.table([]string{"A", "B"}, rows)
	if !strings.Contains(coloured.String(), string(green)+"dépôt"+reset+"  last") {
		t.Errorf("no colour: %q", coloured.String())
	}
	if diff := cmp.Diff(want, strings.NewReplacer(string(green), "", string(yellow), "", reset, "").Replace(coloured.String())); diff != "" {
		t.Error(diff)
	}
}

func TestPage_has_no_colours_off_a_terminal(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if newPage(file).colours || newPage(&bytes.Buffer{}).colours {
		t.Error("colours")
	}
}
