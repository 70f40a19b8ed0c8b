package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"lastgood/cmd/lastgood/operator"
	"lastgood/shared/recovery"
	"lastgood/shared/rollout"
)

// rolloutResult is what rollout prints.
type rolloutResult struct {
	DryRun bool `json:"dryRun"`
	*operator.GroupRollout
}

func rolloutCommand(a *app) *cobra.Command {
	var q operator.RolloutRequest
	var dryRun bool
	cmd := &cobra.Command{
		Use:   "rollout <group>",
		Short: "Bring one Auto Scaling group to its pointer's image, to another one, or back",
		Long: `Bring one Auto Scaling group that follows an instance to the image that the instance's
pointer names, to another image of the instance (--to), or to the newest good one that is older
than what the group launches (--back): with the checks that the function makes, and by the
method that the group's tags say. It also tries again what failed. With any image but the
pointer's the group is held (tag lastgood:hold), or the function would bring it back; with the
pointer's, the hold comes off.

It asks first, and does not wait for an instance refresh to end.`,
		Args: arguments(cobra.ExactArgs(1), nil),
		RunE: func(cmd *cobra.Command, args []string) error {
			q.Group = args[0]
			switch {
			case q.To != "" && q.Back:
				return exitError{exitUsage, errors.New("--to and --back exclude each other")}
			case q.To != "" && !recovery.IsImageID(q.To):
				return exitError{exitUsage, fmt.Errorf("--to: %q is no image's id", q.To)}
			}
			account, err := a.accountWith(cmd, q.Region)
			if err != nil {
				return err
			}
			if err := a.asDeployed(cmd, account, q.Region, dryRun); err != nil {
				return err
			}
			g, err := account.Rollout(cmd.Context(), q)
			if err != nil {
				return err
			}
			if !dryRun && g.Changes() {
				if err := a.ask(cmd, rolloutQuestion(g, a.again(g))); err != nil {
					return err
				}
				if err := g.Do(cmd.Context()); err != nil {
					return err
				}
			}
			return a.print(cmd.OutOrStdout(), rolloutResult{dryRun, g}, func(out io.Writer) { printRollout(out, g, dryRun, a.again(g)) })
		},
	}
	cmd.Flags().StringVar(&q.To, "to", "", "this image of the followed instance (default: the one that its pointer names)")
	cmd.Flags().BoolVar(&q.Back, "back", false, "the newest good image that is older than the one the group launches")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "change nothing, print what would be done")
	cmd.Flags().StringVar(&q.Region, "region", "", "the Region of the group (default: the one that has a group of the name)")
	a.actingFlag(cmd)
	return cmd
}

// again is the command that brings a group back to its pointer.
func (a *app) again(g *operator.GroupRollout) string {
	return a.file().Command("lastgood rollout " + g.Group)
}

func rolloutQuestion(g *operator.GroupRollout, again string) string {
	var question string
	switch g.Verdict {
	case rollout.Start:
		question = fmt.Sprintf("Replace the instances of the group %s in %s, which launches %s, by such of %s?", g.Group, g.Region, g.From, g.To)
	case rollout.Point:
		question = fmt.Sprintf("Have the group %s in %s, which launches %s, launch %s from now on?", g.Group, g.Region, g.From, g.To)
	default:
		question = fmt.Sprintf("The group %s in %s has %s already: change how it goes on?", g.Group, g.Region, g.To)
	}
	switch g.Hold {
	case operator.HoldSet:
		question += " It is held there, and does not follow its pointer, until: " + again + "."
	case operator.HoldTaken:
		question += " It is held, and follows its pointer again."
	case operator.HoldStays:
	}
	if g.Again {
		question += " A refresh to that image has failed before."
	}
	return question
}

func printRollout(out io.Writer, g *operator.GroupRollout, dryRun bool, again string) {
	fmt.Fprintln(out, g.Region)
	say := func(did, would string, args ...any) {
		text := did
		if dryRun {
			text = would
		}
		fmt.Fprintf(out, "  "+text+"\n", args...)
	}
	switch g.Verdict {
	case rollout.Start:
		say("the group %s is being refreshed from %s to %s", "the group %s would be refreshed from %s to %s", g.Group, g.From, g.To)
	case rollout.Point:
		say("the group %s launched %s, launches %s now", "the group %s launches %s, would launch %s", g.Group, g.From, g.To)
	default:
		fmt.Fprintf(out, "  the group %s has %s already: %s\n", g.Group, g.To, g.Reason)
		g.Reason = ""
	}
	if g.Reason != "" {
		fmt.Fprintf(out, "  note: %s\n", g.Reason)
	}
	switch g.Hold {
	case operator.HoldSet:
		say("it is held; to bring it back to its pointer: %s", "it would be held; to bring it back to its pointer then: %s", again)
	case operator.HoldTaken:
		say("it follows the pointer of %s again", "it would follow the pointer of %s again", g.Follows)
	case operator.HoldStays:
	}
}
