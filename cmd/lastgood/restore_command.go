package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"

	"github.com/spf13/cobra"

	"lastgood/cmd/lastgood/operator"
	"lastgood/shared/recovery"
)

var (
	instanceTypePattern = regexp.MustCompile(`^[a-z0-9-]+\.[a-z0-9-]+$`)
	subnetPattern       = regexp.MustCompile(`^subnet-([0-9a-f]{8}|[0-9a-f]{17})$`)
)

func restoreCommand(a *app) *cobra.Command {
	var q operator.RestoreRequest
	var run string
	cmd := &cobra.Command{
		Use:   "restore i-…|alias|vol-… [vol-…]… --region R",
		Short: "Print a template and the commands that launch a server, or make volumes, of what pointers name",
		Long: `Print a CloudFormation template, and the commands, that launch a server from the image
that a pointer names, or that make volumes of the snapshots that their pointers name. The
ids are written out, so that no later stack update can replace what was restored. Volumes that
are restored together have to be of one moment: pointers of different runs are refused.

It changes nothing in the account, and asks only the one Region. It exits 2 if there is a warning.`,
		Args: arguments(cobra.MinimumNArgs(1), func(string) error { return nil }),
		RunE: func(cmd *cobra.Command, args []string) error {
			account, err := a.account(cmd)
			if err != nil {
				return err
			}
			if len(args) > 1 || recovery.IsVolumeID(args[0]) {
				return a.restoreVolumes(cmd, account, q, operator.VolumesRequest{Volumes: args, Region: q.Region, Run: run, File: q.File})
			}
			if run != "" {
				return exitError{exitUsage, errors.New("--run: it is for volumes")}
			}
			q.Target = args[0]
			if err := checkRestore(account, q); err != nil {
				return exitError{exitUsage, err}
			}
			file := q.File
			q.File = cmp.Or(file, "restore.yaml")
			restore, err := account.Restore(cmd.Context(), q)
			if err != nil {
				return err
			}
			return a.showRestored(cmd, file, restore, restored{restore.Notes, restore.Warnings, restore.Commands, restore.Template})
		},
	}
	cmd.Flags().StringVar(&q.Region, "region", "", "the Region to restore in")
	cmd.Flags().StringVar(&q.File, "template", "", "write the template to this new file, and print the commands only")
	cmd.Flags().StringVar(&run, "run", "", "volumes: the run to restore, in place of where the pointers stand")
	cmd.Flags().StringVar(&q.InstanceType, "instance-type", "", "default: t3.medium or t4g.medium, as the image's architecture is")
	cmd.Flags().StringVar(&q.Subnet, "subnet", "", "default: a default subnet of the default VPC")
	return cmd
}

func checkRestore(account *operator.Account, q operator.RestoreRequest) error {
	if err := checkRestoreRegion(account, q.Region); err != nil {
		return err
	}
	if q.InstanceType != "" && !instanceTypePattern.MatchString(q.InstanceType) {
		return fmt.Errorf("--instance-type: found %q, expected a type such as m7g.large", q.InstanceType)
	}
	if q.Subnet != "" && !subnetPattern.MatchString(q.Subnet) {
		return fmt.Errorf("--subnet: found %q, expected subnet- and 8 or 17 hex digits", q.Subnet)
	}
	return account.CheckTarget(q.Target)
}

func checkRestoreRegion(account *operator.Account, region string) error {
	if region == "" {
		return errors.New("--region: name the Region to restore in")
	}
	_, err := account.Region(region)
	return err
}

// writeNew writes a file that is not there yet.
func writeNew(path, text string) error {
	const mode = 0o644
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return fmt.Errorf("writing the template: %w", err)
	}
	_, err = file.WriteString(text)
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("writing the template: %w", err)
	}
	return nil
}

// restored is what restore prints of a server, or of volumes.
type restored struct {
	notes, warnings, commands []string
	template                  string
}

// showRestored writes the template to file, if that names one, and prints result: as JSON whole, or
// what r has of it.
func (a *app) showRestored(cmd *cobra.Command, file string, result any, r restored) error {
	if file != "" {
		if err := writeNew(file, r.template); err != nil {
			return err
		}
	}
	err := a.print(cmd.OutOrStdout(), result, func(out io.Writer) { r.print(out, cmd.ErrOrStderr(), file != "") })
	if err != nil {
		return err
	}
	if n := len(r.warnings); n > 0 {
		return exitError{exitFindings, errors.New(count(n, "warning"))}
	}
	return nil
}

// print writes to out what can be saved and run, and to errs what to think of.
func (r restored) print(out, errs io.Writer, written bool) {
	for _, warning := range r.warnings {
		fmt.Fprintln(errs, "WARNING:", warning)
	}
	for _, note := range r.notes {
		fmt.Fprintln(errs, "note:", note)
	}
	if !written {
		fmt.Fprint(out, r.template)
		return
	}
	for _, command := range r.commands {
		fmt.Fprintln(out, command)
	}
}
