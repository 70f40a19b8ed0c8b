package main

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"lastgood/cmd/lastgood/operator"
	"lastgood/shared/recovery"
)

// restoreVolumes is restore for volumes; server has the flags that are for a server.
func (a *app) restoreVolumes(cmd *cobra.Command, account *operator.Account, server operator.RestoreRequest, q operator.VolumesRequest) error {
	if err := checkRestoreVolumes(account, server, q); err != nil {
		return exitError{exitUsage, err}
	}
	file := q.File
	q.File = cmp.Or(file, "restore.yaml")
	restore, err := account.RestoreVolumes(cmd.Context(), q)
	if err != nil {
		return err
	}
	return a.showRestored(cmd, file, restore, restored{restore.Notes, restore.Warnings, restore.Commands, restore.Template})
}

func checkRestoreVolumes(account *operator.Account, server operator.RestoreRequest, q operator.VolumesRequest) error {
	if err := operator.CheckVolumes(q.Volumes); err != nil {
		return err
	}
	if server.InstanceType != "" || server.Subnet != "" {
		return errors.New("--instance-type and --subnet are for a server")
	}
	if _, ok := recovery.ParseRun(q.Run); q.Run != "" && !ok {
		return fmt.Errorf("--run: found %q, expected policy/time/target, as in the tag %s", q.Run, recovery.TagRun)
	}
	return checkRestoreRegion(account, q.Region)
}
