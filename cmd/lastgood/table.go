package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"
)

// colour is an escape sequence of its own for a cell; "" for none.
type colour string

const (
	plain  colour = ""
	green  colour = "\x1b[32m"
	yellow colour = "\x1b[33m"
	red    colour = "\x1b[31m"
	reset         = "\x1b[0m"
)

// cell is a text that may have a colour.
type cell struct {
	text string
	colour
}

// page writes aligned columns, in colours only on a terminal.
type page struct {
	out     io.Writer
	colours bool
}

// newPage honours https://no-color.org.
func newPage(out io.Writer) page {
	file, is := out.(*os.File)
	return page{out, is && term.IsTerminal(int(file.Fd())) && os.Getenv("NO_COLOR") == ""}
}

func (p page) paint(c cell) string {
	if !p.colours || c.colour == plain {
		return c.text
	}
	return string(c.colour) + c.text + reset
}

// row is a line of a table, or, with no cells, a note under the line before it.
type row struct {
	cells []cell
	note  cell
}

// table writes rows below a header, each column as wide as its widest cell.
func (p page) table(header []string, rows []row) {
	first := row{}
	for _, title := range header {
		first.cells = append(first.cells, cell{text: title})
	}
	rows = append([]row{first}, rows...)
	widths := make([]int, len(header))
	for _, r := range rows {
		for i, c := range r.cells {
			widths[i] = max(widths[i], utf8.RuneCountInString(c.text))
		}
	}
	for _, r := range rows {
		if len(r.cells) == 0 {
			fmt.Fprintln(p.out, "  "+p.paint(r.note))
			continue
		}
		var line strings.Builder
		for i, c := range r.cells {
			line.WriteString(p.paint(c))
			if i < len(r.cells)-1 {
				line.WriteString(strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c.text)+2))
			}
		}
		fmt.Fprintln(p.out, strings.TrimRight(line.String(), " "))
	}
}
