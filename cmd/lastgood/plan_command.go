package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lastgood/cmd/lastgood/operator"
	"lastgood/shared/config"
	"lastgood/shared/recovery"
)

func planCommand(a *app) *cobra.Command {
	var region string
	cmd := &cobra.Command{
		Use:   "plan [policy]",
		Short: "Show what policies would capture, keep, delete and copy, and why",
		Long: `Show for every policy, or the one named, what its next run would capture in each Region,
and what the functions would keep, delete and copy if they looked now, each with the reason.
It decides with the functions' own code.

It changes nothing, and exits 2 if a Region does not answer.`,
		Args: arguments(cobra.MaximumNArgs(1), nil),
		RunE: func(cmd *cobra.Command, args []string) error {
			account, err := a.accountWith(cmd, region)
			if err != nil {
				return err
			}
			var only *config.Policy
			if len(args) == 1 {
				p, err := policyOf(account.Config, args[0])
				if err != nil {
					return err
				}
				only = &p
			}
			if err := a.asDeployed(cmd, account, region, true); err != nil {
				return err
			}
			plan, err := account.Plan(cmd.Context(), region, only)
			if err != nil {
				return err
			}
			if err := a.print(cmd.OutOrStdout(), plan, func(out io.Writer) { showPlan(newPage(out), plan) }); err != nil {
				return err
			}
			if plan.Unanswered() > 0 {
				return exitError{exitFindings, errors.New("a Region does not answer: this is not all")}
			}
			return nil
		},
	}
	lookFlag(cmd, &region)
	return cmd
}

func showPlan(p page, plan operator.Plan) {
	for i, policy := range plan.Policies {
		if i > 0 {
			fmt.Fprintln(p.out)
		}
		title := policy.Policy
		if policy.Schedule != "" {
			title = fmt.Sprintf("%s: %s, %s %s, next %s", policy.Policy, policy.Produce, policy.Schedule, policy.Timezone, when(policy.Next))
		}
		fmt.Fprintln(p.out, title)
		var rows []row
		for _, n := range policy.Notes {
			rows = append(rows, note(n, "", yellow))
		}
		for _, in := range policy.Regions {
			rows = append(rows, planRows(in)...)
		}
		p.table([]string{"REGION", "TARGET", "WOULD", "TAKEN", "WHAT", "WHY"}, rows)
	}
	if len(plan.Policies) == 0 {
		fmt.Fprintln(p.out, "There are no policies, and nothing that one made.")
	}
	for _, r := range silent(plan.Silent) {
		fmt.Fprintln(p.out, p.paint(r.note))
	}
}

func planRows(in operator.PlanIn) []row {
	var rows []row
	add := func(target string, would cell, taken, what, why string) {
		rows = append(rows, row{cells: []cell{{text: in.Region}, {text: target}, would, {text: taken}, {text: what}, {text: why}}})
	}
	for _, t := range in.Targets {
		why := "next run"
		if len(t.LeftOut) > 0 {
			why += "; the policy excludes " + strings.Join(t.LeftOut, ", ")
		}
		add(t.ID, cell{text: "capture"}, "-", count(len(t.Volumes), "volume"), why)
	}
	for _, s := range in.Sets {
		would := cell{"keep", green}
		if s.Delete {
			would = cell{"delete", red}
		}
		what := pointsText(s.Points[0], len(s.Points))
		if s.Copied {
			what += " (copy)"
		}
		add(s.Target, would, when(s.TakenAt), what, s.Reason)
	}
	for i, c := range in.Copies {
		if i > 0 && together(c, in.Copies[i-1]) {
			continue // counted with the one before
		}
		n := 1
		for n < len(in.Copies)-i && together(c, in.Copies[i+n]) {
			n++
		}
		add(c.Target, cell{text: "copy"}, "-", pointsText(c.Point, n)+" to "+c.To, c.Reason)
	}
	for _, region := range in.Unanswered {
		rows = append(rows, note(in.Region+" copies to "+region+", which does not answer: nobody can tell what is due", "", red))
	}
	return rows
}

// together reports whether two copies are told of in one line.
func together(a, b operator.PlannedCopy) bool {
	return a.Target == b.Target && a.To == b.To && a.Reason == b.Reason
}

// pointsText is one recovery point by its id, or how many there are.
func pointsText(first string, n int) string {
	if n == 1 {
		return first
	}
	if recovery.IsSnapshotID(first) {
		return count(n, "snapshot")
	}
	return count(n, "image")
}

func when(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Format(time.RFC3339)
}
