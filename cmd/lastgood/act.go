package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"lastgood/cmd/lastgood/operator"
	"lastgood/shared/pointer"
)

// actCommands are the commands that change something.
func actCommands(a *app) []*cobra.Command {
	return []*cobra.Command{
		quarantineCommand(a),
		releaseCommand(a),
		acceptCommand(a),
		settleCommand(a),
		retireCommand(a),
		runCommand(a),
		rolloutCommand(a),
	}
}

// errUnanswered is a no to a question, or no answer.
var errUnanswered = errors.New("not confirmed: nothing was changed; --yes answers the question")

// ask is an error unless the question is answered with yes.
func (a *app) ask(cmd *cobra.Command, question string) error {
	yes, err := a.confirm(cmd, question)
	if err == nil && !yes {
		err = errUnanswered
	}
	return err
}

// findings is the error that ends a command whose output says what to act on.
func findings(found bool) error {
	if !found {
		return nil
	}
	return exitError{exitFindings, errors.New("done, but there is something to act on: see standard output")}
}

// regionFlag adds --region to a command that acts.
func regionFlag(cmd *cobra.Command, region *string) {
	cmd.Flags().StringVar(region, "region", "", "act in this Region only (default: every Region of the configuration)")
}

// printMoves tells what became of the pointers in each Region.
func printMoves(out io.Writer, moves operator.Moves, tagged string, dryRun bool) {
	for _, r := range moves {
		printRegion(out, r, tagged, dryRun)
		if len(r.Points)+len(r.Pointers)+len(r.Errors) == 0 {
			fmt.Fprintln(out, "  nothing to do")
		}
	}
}

func printRegion(out io.Writer, r operator.RegionMoves, tagged string, dryRun bool) {
	fmt.Fprintln(out, r.Region)
	for _, point := range r.Points {
		fmt.Fprintf(out, "  %s %s\n", tagged, point)
	}
	for _, p := range r.Pointers {
		fmt.Fprintf(out, "  %s: %s\n", p.Parameter, moveText(p, dryRun))
	}
	for _, problem := range r.Errors {
		fmt.Fprintf(out, "  FAILED: %s\n", problem)
	}
}

func movedText(p operator.PointerMove, dryRun bool) string {
	switch {
	case dryRun && p.From == "":
		return "does not exist, would name " + p.To
	case dryRun:
		return fmt.Sprintf("names %s, would name %s", p.From, p.To)
	case p.From == "":
		return fmt.Sprintf("did not exist, names %s now", p.To)
	default:
		return fmt.Sprintf("named %s, names %s now", p.From, p.To)
	}
}

// moveText is what became, or would become, of one pointer.
func moveText(p operator.PointerMove, dryRun bool) string {
	var text string
	switch p.Move {
	case pointer.Moved:
		text = movedText(p, dryRun)
	case pointer.Unchanged:
		text = fmt.Sprintf("names %s, as before", p.To)
	case pointer.Dangling:
		text = fmt.Sprintf("DANGLING: names %s: %s", p.To, p.Reason)
	case pointer.Behind:
		text = fmt.Sprintf("BEHIND: names %s: %s", p.To, p.Reason)
	case pointer.Conflict:
		text = "CONFLICT: " + p.Reason
	default:
		text = p.Reason
	}
	if len(p.Forged) > 0 {
		text += fmt.Sprintf("; passed over %s, whose signature does not fit", strings.Join(p.Forged, ", "))
	}
	return text
}
