package main

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"lastgood/cmd/lastgood/drill"
	"lastgood/shared/config"
)

func drillCommand() *cobra.Command {
	var keep, pinned bool
	cmd := &cobra.Command{
		Use:   "drill",
		Short: "Act out the main job on a local AWS: backups, policies, copies, groups that follow, and a restore with the main Region down",
		Long: `Act out lastgood's main job on a local AWS, with both Regions deployed by the cdk
command line and the functions' real binaries. It prints a timeline and a checklist,
and exits 1 if anything on it failed. Run it in the repository's root; "make drill"
sets up what it needs.`,
		Args: arguments(cobra.NoArgs, nil),
		RunE: func(cmd *cobra.Command, _ []string) error {
			binary, err := os.Executable()
			if err != nil {
				return fmt.Errorf("finding this program: %w", err)
			}
			o := drill.Options{Binary: binary, Out: cmd.OutOrStdout(), Versioning: config.Latest}
			if pinned {
				o.Versioning = config.Pinned
			}
			if keep {
				o.Keep = lookAround
			}
			return drill.Run(cmd.Context(), o)
		},
	}
	cmd.Flags().BoolVar(&keep, "keep", false, "leave the local AWS up afterwards and print how to look around in it")
	cmd.Flags().BoolVar(&pinned, "pinned", false, "use versioning \"pinned\" with the prefix \"/\"")
	return cmd
}

// lookAround waits for an interrupt, with the local AWS still up.
func lookAround(ctx context.Context, environment []string, configFile string, c config.Config) {
	list := "aws ssm get-parameters-by-path --path " + c.Parameter.Prefix
	if c.Parameter.Prefix == "/" {
		list = "aws ssm describe-parameters"
	}
	say := func(line string) { fmt.Fprintln(os.Stdout, line) }
	say("\nThe local AWS stays up, the main Region too, and the functions keep answering, until Ctrl-C.")
	say("To look around with the AWS CLI, version 2 (version 1 sends SQS calls elsewhere):")
	for _, variable := range environment {
		say("  export " + variable)
	}
	say("  " + list)
	say("  aws ec2 describe-images --owners self --region " + drill.DRRegion)
	say("  aws ec2 create-image --name mine-1 --instance-id <id>     # available after 2 seconds; see its pointer move")
	say("  aws sqs list-queues")
	say("  aws logs tail /aws/lambda/lastgood-reconcile")
	say("  bin/lastgood status --config " + configFile)
	say("  bin/lastgood doctor --config " + configFile)
	<-ctx.Done()
}
