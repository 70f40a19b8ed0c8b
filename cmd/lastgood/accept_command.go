package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"lastgood/cmd/lastgood/operator"
	"lastgood/shared/recovery"
)

func acceptCommand(a *app) *cobra.Command {
	var q operator.AcceptRequest
	cmd := &cobra.Command{
		Use:   "accept ami-…",
		Short: "Sign whose image it is, where only a tag or a name says so",
		Long: `Sign whose image it is, where only a tag or a name says so, and settle its source's
pointer in the image's Region. It shows what is known of the image, and asks first. Attested
evidence cannot be overruled. Signing takes kms:GenerateMac on alias/lastgood, which the stack
allows to the roles in the configuration's "signers" only.`,
		Args: arguments(cobra.ExactArgs(1), operator.CheckImageID),
		RunE: func(cmd *cobra.Command, args []string) error {
			if q.Source != "" {
				if !recovery.IsInstanceID(q.Source) {
					return exitError{exitUsage, fmt.Errorf("--source: %q is no instance id: expected i- and 8 or 17 hex digits", q.Source)}
				}
			}
			account, err := a.acting(cmd, q.Region)
			if err != nil {
				return err
			}
			q.Image = args[0]
			found, err := account.Accept(cmd.Context(), q)
			if found != nil { // what the question, or the refusal, is about
				printKnown(cmd.ErrOrStderr(), found)
			}
			if err != nil {
				return err
			}
			if found.Settled() {
				return a.print(cmd.OutOrStdout(), operator.Accepted{Acceptance: *found, Moves: []operator.PointerMove{}}, func(out io.Writer) {
					fmt.Fprintf(out, "%s is known to be an image of %s already: there is nothing to accept\n", found.Image, found.Source)
				})
			}
			if err := a.ask(cmd, fmt.Sprintf("Sign that %s is an image of %s?", found.Image, found.Source)); err != nil {
				return err
			}
			return a.accept(cmd, found)
		},
	}
	cmd.Flags().StringVar(&q.Source, "source", "", "the instance it is an image of, where the claim is missing or wrong")
	cmd.Flags().StringVar(&q.Region, "region", "", "the Region of the image (default: the one that has it)")
	a.actingFlag(cmd)
	return cmd
}

func (a *app) accept(cmd *cobra.Command, found *operator.Acceptance) error {
	accepted, err := found.Do(cmd.Context())
	if err != nil {
		return err
	}
	moves := operator.Moves{{Region: found.Region, Pointers: accepted.Moves}}
	err = a.print(cmd.OutOrStdout(), accepted, func(out io.Writer) {
		fmt.Fprintf(out, "signed: %s is an image of %s, taken %s\n", found.Image, found.Source, stamp(accepted.TakenAt))
		printMoves(out, moves, "", false)
	})
	if err != nil {
		return err
	}
	return findings(moves.Findings())
}

// printKnown tells what is known of an image.
func printKnown(out io.Writer, c *operator.Acceptance) {
	line := func(what, is string) { fmt.Fprintf(out, "  %-12s %s\n", what, is) }
	fmt.Fprintf(out, "%s in %s\n", c.Image, c.Region)
	line("name", c.Name)
	line("owner", c.Owner)
	line("created", stamp(c.Created))
	line("copied from", cmp.Or(c.Copied, "nothing, says EC2"))
	if c.Copied != "" {
		line("original", c.Original)
	}
	switch {
	case c.By != recovery.NoEvidence:
		line("attested", fmt.Sprintf("an image of %s, by %s", cmp.Or(c.Source, "another instance"), c.By))
	case c.Claimed != "":
		line("claimed", fmt.Sprintf("an image of %s, by %s, which proves nothing", c.Claimed, c.ClaimedBy))
	default:
		line("claimed", "nothing")
	}
	for _, key := range slices.Sorted(maps.Keys(c.Tags)) {
		line("tag", key+" = "+c.Tags[key])
	}
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
