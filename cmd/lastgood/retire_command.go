package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"lastgood/cmd/lastgood/operator"
)

func retireCommand(a *app) *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:   "retire i-…|vol-…",
		Short: "Delete the pointers of an instance or a volume that is gone for good",
		Long: `Delete the pointer of an instance or a volume that is gone for good, in every Region. It asks
first. It is refused while the instance or volume exists, while a Region gives no answer, and
while a good image or snapshot of it exists: reconcile would bring the pointer back.`,
		Args: arguments(cobra.ExactArgs(1), operator.CheckSourceID),
		RunE: func(cmd *cobra.Command, args []string) error {
			account, err := a.acting(cmd, "")
			if err != nil {
				return err
			}
			t, err := account.Retire(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if err := t.Refusal(); err != nil && !force {
				return fmt.Errorf("refused, --force does it all the same: %w", err)
			}
			if pointers := t.Pointers(); len(pointers) > 0 {
				if err := a.ask(cmd, fmt.Sprintf("Delete %s?", strings.Join(pointers, " and "))); err != nil {
					return err
				}
				if err := t.Do(cmd.Context()); err != nil {
					return err
				}
			}
			if err := a.print(cmd.OutOrStdout(), t, func(out io.Writer) { printRetired(out, t) }); err != nil {
				return err
			}
			return findings(t.Findings())
		},
	}
	a.actingFlag(cmd)
	cmd.Flags().BoolVar(&force, "force", false, "although it exists, or has good images or snapshots")
	return cmd
}

func printRetired(out io.Writer, t *operator.Retirement) {
	for _, in := range t.Regions {
		switch {
		case in.Error != "":
			fmt.Fprintf(out, "%s: FAILED: %s\n", in.Region, in.Error)
		case in.Deleted:
			fmt.Fprintf(out, "%s: deleted %s, which named %s\n", in.Region, in.Parameter, in.Named)
		default:
			fmt.Fprintf(out, "%s: there is no pointer\n", in.Region)
		}
	}
	for _, note := range t.Notes {
		fmt.Fprintln(out, note)
	}
}
