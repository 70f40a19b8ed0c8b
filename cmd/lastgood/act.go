package main

import "github.com/spf13/cobra"

// actCommands are the commands that change something.
func actCommands(*app) []*cobra.Command {
	return nil
}
