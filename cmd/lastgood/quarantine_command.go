package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"lastgood/cmd/lastgood/operator"
)

// markResult is what quarantine and release print.
type markResult struct {
	Point   string         `json:"point"`
	Reason  string         `json:"reason,omitempty"`
	Note    string         `json:"note,omitempty"`
	Regions operator.Moves `json:"regions"`
}

func quarantineCommand(a *app) *cobra.Command {
	var q operator.MarkRequest
	var reason string
	cmd := &cobra.Command{
		Use:   `quarantine ami-…|snap-… --reason "…"`,
		Short: "Mark an image, or a run's snapshots, and the copies as not good, and have the pointers fall back at once",
		Long: `Mark an image, and every copy of it in every Region, as not good, and settle the
pointers of its source at once. Given a snapshot, it marks the whole set that was taken
with it: a set is restored as a whole or not at all. Given a copy, it marks the copies in
that Region only, unless told --everywhere. It asks before it leaves a pointer without
anything good.`,
		Args: arguments(cobra.ExactArgs(1), operator.CheckPointID),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := operator.CheckReason(reason); err != nil {
				return exitError{exitUsage, err}
			}
			account, err := a.acting(cmd, q.Region)
			if err != nil {
				return err
			}
			q.Point = args[0]
			mark, err := account.Quarantine(cmd.Context(), q, reason)
			if err != nil {
				return err
			}
			if len(mark.Leaves) > 0 {
				question := fmt.Sprintf("This leaves nothing good for %s. Quarantine %s all the same?", strings.Join(mark.Leaves, ", "), q.Point)
				if err := a.ask(cmd, question); err != nil {
					return err
				}
			}
			return a.mark(cmd, mark, reason)
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "what is wrong with it; becomes the tag's value")
	a.markFlags(cmd, &q)
	return cmd
}

func releaseCommand(a *app) *cobra.Command {
	var q operator.MarkRequest
	cmd := &cobra.Command{
		Use:   "release ami-…|snap-…",
		Short: "Take the quarantine off again, and bring the pointers back at once",
		Long: `Take the quarantine off an image, or a snapshot's whole set, and off every copy in every
Region, and settle the pointers of its source at once. Given a copy, it releases the copies
in that Region only, unless told --everywhere.`,
		Args: arguments(cobra.ExactArgs(1), operator.CheckPointID),
		RunE: func(cmd *cobra.Command, args []string) error {
			account, err := a.acting(cmd, q.Region)
			if err != nil {
				return err
			}
			q.Point = args[0]
			mark, err := account.Release(cmd.Context(), q)
			if err != nil {
				return err
			}
			return a.mark(cmd, mark, "")
		},
	}
	a.markFlags(cmd, &q)
	return cmd
}

func (a *app) markFlags(cmd *cobra.Command, q *operator.MarkRequest) {
	a.actingFlag(cmd)
	regionFlag(cmd, &q.Region)
	cmd.Flags().BoolVar(&q.Everywhere, "everywhere", false, "given a copy: what it was copied from and all copies of that too")
}

// mark does it, and tells what came of it.
func (a *app) mark(cmd *cobra.Command, mark *operator.Mark, reason string) error {
	moves, err := mark.Do(cmd.Context())
	if err != nil {
		return err
	}
	did := "quarantined"
	if reason == "" {
		did = "released"
	}
	result := markResult{Point: mark.Point, Reason: reason, Note: mark.Note, Regions: moves}
	err = a.print(cmd.OutOrStdout(), result, func(out io.Writer) {
		printMoves(out, moves, did, false)
		if mark.Note != "" {
			fmt.Fprintln(out, mark.Note)
		}
	})
	if err != nil {
		return err
	}
	return findings(moves.Findings())
}
