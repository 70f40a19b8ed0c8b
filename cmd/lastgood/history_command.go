package main

import (
	"cmp"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"lastgood/cmd/lastgood/operator"
)

func historyCommand(a *app) *cobra.Command {
	var region string
	cmd := &cobra.Command{
		Use:   "history i-… | vol-… | alias",
		Short: "Show what a pointer named, and when",
		Long: `Show what the pointer of an instance or a volume, or an alias, named in each Region,
the newest first, and what became of that since. Parameter Store keeps the last 100 values.

It changes nothing, and exits 2 if there is no such pointer in any Region or a Region does
not answer.`,
		Args: arguments(cobra.ExactArgs(1), nil),
		RunE: func(cmd *cobra.Command, args []string) error {
			account, err := a.looking(cmd, region)
			if err != nil {
				return err
			}
			if err := sourceOrAlias(account, args[0]); err != nil {
				return err
			}
			h, err := account.History(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if err := a.print(cmd.OutOrStdout(), h, func(out io.Writer) { showHistory(newPage(out), h) }); err != nil {
				return err
			}
			switch {
			case !h.Found():
				return exitError{exitFindings, fmt.Errorf("%s has no pointer", h.Source)}
			case len(h.Silent) > 0:
				return exitError{exitFindings, fmt.Errorf("%s does not answer", h.Silent[0].Region)}
			}
			return nil
		},
	}
	lookFlag(cmd, &region)
	return cmd
}

func showHistory(p page, h operator.History) {
	var rows []row
	for _, r := range h.Regions {
		for i, e := range r.Entries {
			state := cell{string(e.State), green}
			if e.State != operator.Good {
				state.colour = yellow
			}
			until := "now"
			if i > 0 {
				until = minute(r.Entries[i-1].At)
			}
			rows = append(rows, row{cells: []cell{
				{text: r.Region}, {text: minute(e.At)}, {text: until}, {text: strconv.FormatInt(e.Version, 10)}, {text: e.Point}, state,
				{text: orDash(e.Who())}, {text: cmp.Or(h.Words(e), e.Name, "-")},
			}})
		}
		if len(r.Entries) == 0 {
			rows = append(rows, row{cells: []cell{{text: r.Region}, {text: "no pointer"}, {}, {}, {}, {}, {}, {}}})
		}
	}
	p.table([]string{"REGION", "FROM", "UNTIL", "VERSION", "NAMED", "NOW", "WRITTEN BY", "WHAT"}, append(rows, silent(h.Silent)...))
	if h.Pinned {
		fmt.Fprintln(p.out, "Versioning is pinned: each move recreates the parameter, so there is no history before the last one.")
	}
}

// minute is a time in UTC, as long as any other.
func minute(t time.Time) string { return t.UTC().Format("2006-01-02 15:04Z") }
