// Command lastgood is the operator's command line.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	root := newRoot()
	err := root.ExecuteContext(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "lastgood:", err)
	}
	os.Exit(exitCode(err))
}

// newRoot is the whole command line.
func newRoot() *cobra.Command {
	a := &app{}
	root := &cobra.Command{
		Use:           "lastgood",
		Short:         "Keeps one SSM parameter per EC2 instance at the newest AMI you can really restore from",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	a.flags(root)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return exitError{exitUsage, err} })
	root.AddCommand(drillCommand())
	return root
}
