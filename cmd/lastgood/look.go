package main

import "github.com/spf13/cobra"

// lookCommands are the commands that change nothing.
func lookCommands(a *app) []*cobra.Command {
	return []*cobra.Command{statusCommand(a), historyCommand(a), planCommand(a), doctorCommand(a), restoreCommand(a)}
}
