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
	var region string
	cmd := &cobra.Command{
		Use:   "status [i-… | vol-… | alias]…",
		Short: "Show what every pointer names, which Auto Scaling groups follow it, and what is wrong",
		Long: `Show for every instance, volume and alias, or those named, what its pointer names in each
Region, how old that is, and what there is to act on. With an instance come the volumes that
policies took with it, and the Auto Scaling groups that follow it.

It changes nothing, and exits 2 if there is something to act on or a Region does not answer.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			account, err := a.looking(cmd, region)
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
				return exitError{exitFindings, errors.New(count(n, "finding"))}
			}
			return nil
		},
	}
	lookFlag(cmd, &region)
	return cmd
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
			{text: at.Source}, {text: orDash(at.SourceName)}, {text: at.Region}, {text: orDash(at.Point)}, state, {text: age}, {text: lag}, {text: orDash(made(at))},
		}})
		for _, w := range at.Warnings {
			rows = append(rows, note(string(w.Kind)+": "+w.Text, w.Command, yellow))
		}
		for _, n := range at.Notes {
			rows = append(rows, aside(n, ""))
		}
	}
	for _, id := range s.Unknown {
		rows = append(rows, note(id+" has no pointer and no recovery point in any Region that answers", "", yellow))
	}
	p.table([]string{"SOURCE", "NAME", "REGION", "POINTER NAMES", "STATE", "AGE", "COPY LAG", "IMAGE OR RUN"}, append(rows, silent(s.Silent)...))
	showGroups(p, s)
}

// showGroups shows the Auto Scaling groups, where there are any that follow.
func showGroups(p page, s operator.Status) {
	var rows []row
	for _, g := range s.Groups {
		state, refresh, under := cell{string(g.State), green}, "-", aside(g.Reason, g.Command)
		if g.Warns() {
			state.colour, under = red, note(g.Reason, g.Command, yellow)
		}
		if g.Refresh != nil {
			refresh = g.Refresh.Status
		}
		rows = append(rows, row{cells: []cell{
			{text: g.Group}, {text: g.Region}, {text: g.Follows}, {text: orDash(g.Runs)}, {text: orDash(g.Target)}, state, {text: refresh},
		}})
		if g.State != operator.GroupCurrent && g.State != operator.GroupRefreshing { // the refresh says it all
			rows = append(rows, under)
		}
	}
	for _, r := range s.Ungrouped {
		rows = append(rows, note("the Auto Scaling groups of "+r.Region+" could not be looked at: "+r.Error, "", yellow))
	}
	if len(rows) > 0 {
		fmt.Fprintln(p.out)
		p.table([]string{"GROUP", "REGION", "FOLLOWS", "LAUNCHES IMAGE", "POINTER NAMES", "STATE", "REFRESH"}, rows)
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

// note is a line under a row, about what there is to act on, and the command that mends it.
func note(text, command string, c colour) row {
	under := aside("! "+text, command)
	under.note.colour = c
	return under
}

// aside is a line under a row about what is as it should be.
func aside(text, command string) row {
	if command != "" {
		text += "  -> " + command
	}
	return row{note: cell{text: text}}
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
