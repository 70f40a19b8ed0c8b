package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"lastgood/cmd/lastgood/operator"
	"lastgood/shared/config"
)

func runCommand(a *app) *cobra.Command {
	var q operator.RunRequest
	cmd := &cobra.Command{
		Use:   "run <policy>",
		Short: "Run a policy once, now",
		Long: `Run a policy once, now, on all of its targets in every Region, or on some of them: it
sends what the policy's schedule would send. The functions do the rest, as they always do:
scripts, snapshots or images, copies, and retention, which counts this run as any other.

It asks first, and does not wait for the end.`,
		Args: arguments(cobra.ExactArgs(1), nil),
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, id := range q.Targets {
				if err := operator.CheckSourceID(id); err != nil {
					return exitError{exitUsage, fmt.Errorf("--target: %w", err)}
				}
			}
			account, err := a.accountWith(cmd, q.Region)
			if err != nil {
				return err
			}
			if q.Policy, err = policyOf(account.Config, args[0]); err != nil {
				return err
			}
			if err := a.asDeployed(cmd, account, q.Region, false); err != nil {
				return err
			}
			run, err := account.PolicyRun(cmd.Context(), q)
			if err != nil {
				return err
			}
			if err := a.ask(cmd, questionOf(run, q.Policy)); err != nil {
				return err
			}
			if err := run.Do(cmd.Context()); err != nil {
				return err
			}
			if err := a.print(cmd.OutOrStdout(), run, func(out io.Writer) { printRun(out, run) }); err != nil {
				return err
			}
			return findings(run.Findings())
		},
	}
	cmd.Flags().StringArrayVar(&q.Targets, "target", nil, "only this of the policy's targets; may be given several times")
	regionFlag(cmd, &q.Region)
	a.actingFlag(cmd)
	return cmd
}

// policyOf finds a policy. One that is not configured is a usage error.
func policyOf(c config.Config, name string) (config.Policy, error) {
	p, known := c.Policy(name)
	if known {
		return p, nil
	}
	if len(c.Policies) == 0 {
		return p, exitError{exitUsage, fmt.Errorf("%q is no policy: the configuration has none", name)}
	}
	var names []string
	for _, p := range c.Policies {
		names = append(names, p.Name)
	}
	return p, exitError{exitUsage, fmt.Errorf("%q is no policy of the configuration, which has: %s", name, strings.Join(names, ", "))}
}

func questionOf(run *operator.PolicyRun, p config.Policy) string {
	var where []string
	for _, in := range run.Regions {
		if n := len(in.Runs); n > 0 {
			where = append(where, count(n, string(p.Target.Type))+" in "+in.Region)
		}
	}
	question := fmt.Sprintf("Run %s now on %s?", run.Policy, strings.Join(where, " and "))
	switch {
	case p.Scripts != nil:
		question += " Its scripts stop and start what runs there."
	case p.Reboot:
		question += " They are rebooted."
	}
	return question
}

// listed is how many runs of a Region are listed; the rest is counted.
const listed = 20

func printRun(out io.Writer, run *operator.PolicyRun) {
	for _, in := range run.Regions {
		switch {
		case in.Error != "":
			fmt.Fprintf(out, "%s\n  FAILED: %s\n", in.Region, in.Error)
			continue
		case len(in.Runs) == 0:
			fmt.Fprintf(out, "%s\n  no targets\n", in.Region)
			continue
		}
		fmt.Fprintf(out, "%s\n", in.Region)
		for _, name := range in.Runs[:min(listed, len(in.Runs))] {
			fmt.Fprintf(out, "  queued %s\n", name)
		}
		if more := len(in.Runs) - listed; more > 0 {
			fmt.Fprintf(out, "  and %d more\n", more)
		}
	}
	fmt.Fprintln(out, "to follow it:")
	for _, command := range run.Follow() {
		fmt.Fprintln(out, "  "+command)
	}
}
