package main

import (
	"os"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// overview are the rows of docs/cli.md: command, page, whether it changes something, what it does.
var overview = regexp.MustCompile("(?m)^\\| \\[`([a-z]+)`\\]\\(([^)#]+)[^)]*\\) \\| ([^|]+) \\| (.+) \\|$")

// The overview has every command in the words of its help, and the page that it leads to has every flag.
func TestPages_have_every_command_and_flag(t *testing.T) {
	pages := map[string]string{}
	read := func(name string) string {
		text, err := os.ReadFile("../../docs/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	short := map[string]string{}
	for _, m := range overview.FindAllStringSubmatch(read("cli.md"), -1) {
		pages[m[1]], short[m[1]] = m[2], m[4]
	}
	acting := read("cli/acting.md")
	for _, c := range newRoot(&app{}).Commands() {
		if got := strings.ToLower(c.Short[:1]) + c.Short[1:]; got != short[c.Name()] {
			t.Errorf("%s: the page says %q, the help %q", c.Name(), short[c.Name()], got)
			continue
		}
		delete(short, c.Name())
		page := read(path.Clean(pages[c.Name()]))
		c.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
			if !strings.Contains(page, "--"+f.Name) && !strings.Contains(acting, "`--"+f.Name+"`") {
				t.Errorf("%s: --%s is not on %s", c.Name(), f.Name, pages[c.Name()])
			}
		})
		synopsis(t, page, c)
	}
	for name := range short {
		t.Errorf("%s is on the page, and no command", name)
	}
}

// synopsis is an error unless a page shows how a command that looks or acts is called, or it has no page of its own.
func synopsis(t *testing.T, page string, c *cobra.Command) {
	t.Helper()
	if c.Name() != "drill" && !strings.Contains(page, "\nlastgood "+c.Name()+" ") {
		t.Errorf("%s: its page does not show how it is called", c.Name())
	}
}

func TestHelp_fits_a_terminal(t *testing.T) {
	const columns = 100
	for _, c := range newRoot(&app{}).Commands() {
		for line := range strings.SplitSeq(c.Long, "\n") {
			if n := len([]rune(line)); n > columns {
				t.Errorf("%s: %d columns: %s", c.Name(), n, line)
			}
		}
		if c.Long == "" {
			t.Errorf("%s has no help of its own", c.Name())
		}
	}
}
