package main

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"lastgood/cmd/lastgood/operator"
	"lastgood/shared/pointer"
)

// settleResult is what settle prints.
type settleResult struct {
	DryRun  bool           `json:"dryRun"`
	Regions operator.Moves `json:"regions"`
}

func settleCommand(a *app) *cobra.Command {
	var q operator.SettleRequest
	var all bool
	cmd := &cobra.Command{
		Use:   "settle i-…|vol-…|alias|--all",
		Short: "Do about pointers what the functions would do, now and from this machine",
		Long: `Bring pointers to the newest good image or snapshot of their source, as the functions do,
now and from this machine: one instance's or volume's, one alias, or with --all every
pointer there is. Nothing is signed: what is only claimed stays so.`,
		Args: arguments(cobra.MaximumNArgs(1), func(string) error { return nil }),
		RunE: func(cmd *cobra.Command, args []string) error {
			if all == (len(args) == 1) {
				return exitError{exitUsage, errors.New("expected the id of an instance or a volume, an alias, or --all")}
			}
			account, err := a.accountWith(cmd, q.Region)
			if err != nil {
				return err
			}
			if !all {
				q.Target = args[0]
				if err := account.CheckTarget(q.Target); err != nil {
					return exitError{exitUsage, err}
				}
			}
			if err := a.asDeployed(cmd, account, q.Region, q.DryRun); err != nil {
				return err
			}
			moves, err := account.Settle(cmd.Context(), q)
			if err != nil {
				return err
			}
			err = a.print(cmd.OutOrStdout(), settleResult{q.DryRun, moves}, func(out io.Writer) {
				if all {
					printSweep(out, moves, q.DryRun)
				} else {
					printMoves(out, moves, "", q.DryRun)
				}
			})
			if err != nil {
				return err
			}
			return findings(moves.Findings())
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "every pointer, and everything that has a recovery point")
	cmd.Flags().BoolVar(&q.DryRun, "dry-run", false, "change nothing, print what would move")
	regionFlag(cmd, &q.Region)
	a.actingFlag(cmd)
	return cmd
}

// printSweep tells what became of many pointers: those that stand where they belong are counted.
func printSweep(out io.Writer, moves operator.Moves, dryRun bool) {
	moved := "moved"
	if dryRun {
		moved = "would move"
	}
	for _, r := range moves {
		counts := map[pointer.Move]int{}
		for _, p := range r.Pointers {
			counts[p.Move]++
		}
		r.Pointers = slices.DeleteFunc(slices.Clone(r.Pointers), func(p operator.PointerMove) bool {
			return (p.Move == pointer.Unchanged || p.Move == pointer.Nothing) && len(p.Forged) == 0
		})
		printRegion(out, r, "", dryRun)
		fmt.Fprintf(out, "  %d %s, %d unchanged, %d dangling, %d with neither a good recovery point nor a pointer\n",
			counts[pointer.Moved], moved, counts[pointer.Unchanged], counts[pointer.Dangling], counts[pointer.Nothing])
	}
}
