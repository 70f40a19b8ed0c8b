// Command lastgood is the operator's command line.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	code := execute(ctx, newRoot(&app{now: time.Now}))
	stop()
	os.Exit(code)
}

// execute runs the command line and returns the code to exit with.
func execute(ctx context.Context, root *cobra.Command) int {
	err := root.ExecuteContext(ctx)
	if err != nil {
		fmt.Fprintln(root.ErrOrStderr(), "lastgood:", err)
	}
	return exitCode(err)
}

// newRoot is the whole command line.
func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:           "lastgood",
		Short:         "Keeps one SSM parameter per EC2 instance at the newest AMI you can really restore from",
		Version:       version(),
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return exitError{exitUsage, fmt.Errorf("%q is no command; lastgood --help lists them", args[0])}
			}
			return cmd.Help()
		},
	}
	root.SetVersionTemplate("lastgood {{.Version}}\n")
	a.flags(root)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return exitError{exitUsage, err} })
	addGroup(root, "Look, and change nothing:", lookCommands(a)...)
	addGroup(root, "Act:", actCommands(a)...)
	addGroup(root, "On this machine:", drillCommand())
	return root
}

// addGroup adds commands below a title of their own in the help.
func addGroup(root *cobra.Command, title string, commands ...*cobra.Command) {
	root.AddGroup(&cobra.Group{ID: title, Title: title})
	for _, c := range commands {
		c.GroupID = title
	}
	root.AddCommand(commands...)
}
