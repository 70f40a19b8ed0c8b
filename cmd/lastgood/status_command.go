package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"lastgood/cmd/lastgood/operator"
	"lastgood/shared/recovery"
)

func statusCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "status [i-… | vol-… | alias]…",
		Short: "Show what every pointer names, which Auto Scaling groups follow it, and what is wrong",
		Long: `Show for every instance, volume and alias, or those named, what its pointer names in each
Region, how old that is, and what there is to act on. With an instance come the volumes that
policies took with it, and the Auto Scaling groups that follow it.

It changes nothing, and exits 2 if there is a warning or a Region does not answer.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			account, err := a.account(cmd)
			if err != nil {
				return err
			}
			for _, arg := range args {
				if err := sourceOrAlias(account, arg); err != nil {
					return err
				}
			}
			status, err := account.Status(cmd.Context(), args...)
			if err != nil {
				return err
			}
			if err := a.print(cmd.OutOrStdout(), status, func(out io.Writer) { showStatus(newPage(out), status) }); err != nil {
				return err
			}
			if n := status.Warnings(); n > 0 {
				return exitError{exitFindings, errors.New(count(n, "warning"))}
			}
			return nil
		},
	}
}

// sourceOrAlias is a usage error unless id is that of an instance or a volume, or a configured alias.
func sourceOrAlias(account *operator.Account, id string) error {
	if _, alias := account.Config.Aliases[id]; !alias && !recovery.IsSourceID(id) {
		return exitError{exitUsage, fmt.Errorf("%q is neither the id of an instance or a volume nor a configured alias", id)}
	}
	return nil
}

func showStatus(p page, s operator.Status) {
	var rows []row
	for _, at := range s.Pointers {
		state := cell{string(at.State), green}
		if at.State != operator.Good {
			state.colour = red
		}
		age, lag := "-", "-"
		if !at.TakenAt.IsZero() {
			age = seconds(at.AgeSeconds)
			if at.Copy {
				lag = seconds(at.CopyLagSeconds)
			}
		}
		rows = append(rows, row{cells: []cell{
			{text: at.Source}, {text: at.Region}, {text: orDash(at.Point)}, state, {text: age}, {text: lag}, {text: made(at)},
		}})
		for _, w := range at.Warnings {
			rows = append(rows, note(string(w.Kind)+": "+w.Text, w.Command, yellow))
		}
	}
	for _, id := range s.Unknown {
		rows = append(rows, note(id+" has no pointer and no recovery point in any Region that answers", "", yellow))
	}
	p.table([]string{"SOURCE", "REGION", "POINTER NAMES", "STATE", "AGE", "COPY LAG", "IMAGE OR RUN"}, append(rows, silent(s.Silent)...))
	showGroups(p, s)
}

// showGroups shows the Auto Scaling groups, where there are any that follow.
func showGroups(p page, s operator.Status) {
	var rows []row
	for _, g := range s.Groups {
		state, refresh, colour := cell{string(g.State), green}, "-", plain
		if g.Warns() {
			state.colour, colour = red, yellow
		}
		if g.Refresh != nil {
			refresh = g.Refresh.Status
		}
		rows = append(rows, row{cells: []cell{
			{text: g.Group}, {text: g.Region}, {text: g.Follows}, {text: orDash(g.Runs)}, {text: orDash(g.Target)}, state, {text: refresh},
		}})
		if g.State != operator.GroupCurrent && g.State != operator.GroupRefreshing { // the refresh says it all
			rows = append(rows, note(g.Reason, g.Command, colour))
		}
	}
	for _, r := range s.Ungrouped {
		rows = append(rows, note("the Auto Scaling groups of "+r.Region+" could not be looked at: "+r.Error, "", yellow))
	}
	if len(rows) > 0 {
		fmt.Fprintln(p.out)
		p.table([]string{"GROUP", "REGION", "FOLLOWS", "LAUNCHES", "TARGET", "STATE", "REFRESH"}, rows)
	}
}

// made says what made a point: the run of a snapshot, the name of an image.
func made(at operator.Standing) string {
	what := at.Name
	if recovery.IsSnapshotID(at.Point) {
		what = at.Run
	}
	if at.Scripts != "" {
		what += ", scripts " + at.Scripts
	}
	return what
}

// silent are notes of the Regions that did not answer.
func silent(regions []operator.Silent) []row {
	var rows []row
	for _, r := range regions {
		rows = append(rows, note(r.Region+" does not answer: "+r.Error, "", red))
	}
	return rows
}

// note is a line under a row, and the command that mends it.
func note(text, command string, c colour) row {
	if command != "" {
		text += "  -> " + command
	}
	return row{note: cell{"! " + text, c}}
}

func seconds(n int64) string { return operator.Age(time.Duration(n) * time.Second) }

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}
