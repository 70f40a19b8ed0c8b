package main

import "github.com/spf13/cobra"

// lookCommands are the commands that change nothing.
func lookCommands(*app) []*cobra.Command {
	return nil
}
