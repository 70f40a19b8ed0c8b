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
	Image   string         `json:"image"`
	Reason  string         `json:"reason,omitempty"`
	Note    string         `json:"note,omitempty"`
	Regions operator.Moves `json:"regions"`
}

func quarantineCommand(a *app) *cobra.Command {
	var q operator.MarkRequest
	var reason string
	cmd := &cobra.Command{
		Use:   `quarantine ami-… --reason "…"`,
		Short: "Mark an image and its copies as not good, and move the pointers off them at once",
		Long: `Mark an image, and every copy of it in every Region, as not good, and settle the
pointers of its source at once. It asks before it leaves a pointer without a good image.
Given a copy, it marks that copy only, unless told --everywhere.`,
		Args: arguments(cobra.ExactArgs(1), operator.CheckImageID),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := operator.CheckReason(reason); err != nil {
				return exitError{exitUsage, err}
			}
			account, err := a.acting(cmd, q.Region)
			if err != nil {
				return err
			}
			q.Image = args[0]
			mark, err := account.Quarantine(cmd.Context(), q, reason)
			if err != nil {
				return err
			}
			if len(mark.Leaves) > 0 {
				question := fmt.Sprintf("This leaves no good image for %s. Quarantine %s all the same?", strings.Join(mark.Leaves, ", "), q.Image)
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
		Use:   "release ami-…",
		Short: "Take the quarantine off an image and its copies, and settle at once",
		Args:  arguments(cobra.ExactArgs(1), operator.CheckImageID),
		RunE: func(cmd *cobra.Command, args []string) error {
			account, err := a.acting(cmd, q.Region)
			if err != nil {
				return err
			}
			q.Image = args[0]
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
	cmd.Flags().BoolVar(&q.Everywhere, "everywhere", false, "given a copy: its original and all its copies too")
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
	result := markResult{Image: mark.Image, Reason: reason, Note: mark.Note, Regions: moves}
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
