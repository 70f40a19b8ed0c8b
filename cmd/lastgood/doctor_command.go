package main

import (
	"errors"
	"io"

	"github.com/spf13/cobra"

	"lastgood/cmd/lastgood/operator"
)

func doctorCommand(a *app) *cobra.Command {
	var without bool
	var region string
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check whether lastgood can do its work, and say what mends it",
		Long: `Check in every Region what lastgood needs: credentials, stack, trail, rules, schedules,
queues, the policies' targets and scripts, the Auto Scaling groups that follow instances,
parameters, and who may sign. One running target of each policy with scripts is asked what it
lacks for them, by a dry run of the policy's document. What cannot be told, for want of a
permission or otherwise, is "unknown", with the reason, and nothing to act on.

It changes nothing, and exits 2 if there is something to act on.`,
		Args: arguments(cobra.NoArgs, nil),
		RunE: func(cmd *cobra.Command, _ []string) error {
			account, err := a.open(cmd)
			if err != nil {
				return err
			}
			if err := inRegion(account, region); err != nil {
				return err
			}
			findings := account.Doctor(cmd.Context(), region, !without)
			if err := a.print(cmd.OutOrStdout(), findings, func(out io.Writer) { showFindings(newPage(out), findings) }); err != nil {
				return err
			}
			if n := findings.ToActOn(); n > 0 {
				return exitError{exitFindings, errors.New(count(n, "finding") + " to act on")}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&without, "no-dry-run", false, "send no commands to hosts")
	lookFlag(cmd, &region)
	return cmd
}

func showFindings(p page, findings operator.Findings) {
	colours := map[operator.Level]colour{operator.OK: green, operator.Warn: yellow, operator.Fail: red, operator.Unknown: plain}
	var rows []row
	for _, f := range findings {
		rows = append(rows, row{cells: []cell{{text: f.Region}, {text: f.Check}, {string(f.Level), colours[f.Level]}, {text: f.Text}}})
		if f.Command != "" {
			rows = append(rows, row{note: cell{text: "-> " + f.Command}})
		}
	}
	p.table([]string{"REGION", "CHECK", "", "FINDING"}, rows)
}
