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
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	root := &cobra.Command{
		Use:           "lastgood",
		Short:         "Keeps one SSM parameter per EC2 instance at the newest AMI you can really restore from",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(drillCommand())
	err := root.ExecuteContext(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "lastgood:", err)
		os.Exit(1)
	}
}
