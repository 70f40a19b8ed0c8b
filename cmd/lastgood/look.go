package main

import (
	"github.com/spf13/cobra"

	"lastgood/cmd/lastgood/operator"
)

// lookCommands are the commands that change nothing.
func lookCommands(a *app) []*cobra.Command {
	return []*cobra.Command{statusCommand(a), historyCommand(a), planCommand(a), doctorCommand(a), restoreCommand(a)}
}

// lookFlag adds --region to a command that looks.
func lookFlag(cmd *cobra.Command, region *string) {
	cmd.Flags().StringVar(region, "region", "", "look at this Region only (default: every Region of the configuration)")
}

// looking opens the account for a command that looks at one Region, or with "" at all of them.
func (a *app) looking(cmd *cobra.Command, region string) (*operator.Account, error) {
	account, err := a.accountWith(cmd, region)
	if err != nil {
		return nil, err
	}
	return account.In(region), nil
}
