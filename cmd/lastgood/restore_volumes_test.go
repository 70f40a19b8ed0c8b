package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"lastgood/cmd/lastgood/operator"
	"lastgood/shared/recovery"
)

// createVolumes makes a stack of the template, and returns the snapshots its volumes are of.
func (v volumes) createVolumes(region, name, template string) map[string]bool {
	v.Helper()
	client := cloudformation.NewFromConfig(operatorConfig(region))
	_, err := client.CreateStack(v.Context(), &cloudformation.CreateStackInput{
		StackName: &name, TemplateBody: &template,
		Parameters: []cfn.Parameter{{ParameterKey: aws.String("AvailabilityZone"), ParameterValue: aws.String(region + "a")}},
	})
	v.check(err)
	stack, err := client.DescribeStacks(v.Context(), &cloudformation.DescribeStacksInput{StackName: &name})
	v.check(err)
	v.cleanup(func() error {
		_, err := client.DeleteStack(v.after(), &cloudformation.DeleteStackInput{StackName: &name})
		return err
	})
	var ids []string
	for _, o := range stack.Stacks[0].Outputs {
		ids = append(ids, *o.OutputValue)
	}
	made, err := v.ec2(region).DescribeVolumes(v.Context(), &ec2.DescribeVolumesInput{VolumeIds: ids})
	v.check(err)
	snapshots := map[string]bool{}
	for _, volume := range made.Volumes {
		snapshots[*volume.SnapshotId] = *volume.AvailabilityZone == region+"a"
	}
	return snapshots
}

// isOf checks that volumes were made of a set.
func (v volumes) isOf(got map[string]bool, want set) {
	v.Helper()
	if len(got) != 2 || !got[want.data] || !got[want.logs] {
		v.Errorf("the volumes are of %v", got)
	}
}

func TestRestore_of_volumes(t *testing.T) {
	v := newVolumes(t)
	copied := v.copied(v.finished("nightly", 0), "dr")
	v.tag(drRegion, copied.data, map[string]string{"Name": `the "data"`})
	v.pointTo(copied)
	before := lastCall(v.world)
	template, notes, code := v.run("restore", v.data, v.logs, "--region", drRegion)
	if code != exitOK {
		t.Fatalf("exit code %d: %s", code, notes)
	}
	if n := writes(v.world, before); n != 0 {
		t.Errorf("it wrote %d times", n)
	}
	v.golden("restore_volumes", template)
	v.golden("restore_volumes_notes", notes)
	v.isOf(v.createVolumes(drRegion, "restored-volumes", template), copied)

	file := filepath.Join(t.TempDir(), "volumes.yaml")
	commands := v.expect(exitOK, "restore", v.logs, "--region", drRegion, "--template", file)
	written, err := os.ReadFile(file)
	v.check(err)
	if !strings.Contains(commands, "--snapshot-id "+copied.logs) || strings.Contains(string(written), copied.data) || !strings.Contains(string(written), copied.logs) {
		t.Errorf("%s%s", commands, written)
	}
	v.expect(exitFailed, "restore", v.logs, "--region", drRegion, "--template", file) // the file is there
}

func TestRestore_of_volumes_refuses_to_mix_runs(t *testing.T) {
	v := newVolumes(t)
	older, newer := v.finished("older", time.Hour), v.finished("newer", 0)
	v.point(mainRegion, v.data, newer.data)
	v.point(mainRegion, v.logs, older.logs)
	out, errs, code := v.run("restore", v.data, v.logs, "--region", mainRegion)
	if code != exitFailed || out != "" || !strings.Contains(errs, "snapshots of different moments") || !strings.Contains(errs, "--run "+newer.run.String()+" restores it") {
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
	for _, s := range []set{older, newer} {
		restore := decode[operator.RestoreVolumes](v.world, v.expect(exitOK, "restore", v.logs, v.data, "--region", mainRegion, "--run", s.run.String(), "-o", "json"))
		if restore.Run != s.run.String() || restore.Scripts != recovery.Success || restore.Volumes[0].Snapshot != s.logs || restore.Volumes[1].Snapshot != s.data {
			t.Errorf("%+v", restore)
		}
	}
	v.deleteSnapshot(mainRegion, newer.logs) // and so no pointer may name newer.data
	_, errs, code = v.run("restore", v.data, v.logs, "--region", mainRegion)
	if code != exitFailed || !strings.Contains(errs, "lastgood settle "+v.data) || !strings.Contains(errs, older.data+" is") {
		t.Errorf("exit code %d: %s", code, errs)
	}
	_, errs, code = v.run("restore", v.data, v.logs, "--region", mainRegion, "--run", newer.run.String())
	if code != exitFailed || !strings.Contains(errs, "has no set in "+mainRegion+" that is good and whole") {
		t.Errorf("exit code %d: %s", code, errs)
	}
}

// Volumes that were taken each by itself are of no common moment.
func TestRestore_of_volumes_of_different_servers(t *testing.T) {
	one, other := newVolumes(t), newVolumes(t)
	one.pointTo(one.finished("one", 0))
	other.pointTo(other.finished("other", 0))
	_, errs, code := one.run("restore", one.data, other.data, "--region", mainRegion)
	if code != exitFailed || !strings.Contains(errs, "no run is whole for all of them: restore each by itself") {
		t.Errorf("exit code %d: %s", code, errs)
	}
}

func TestRestore_of_volumes_warns(t *testing.T) {
	for name, c := range map[string]struct {
		setup func(v volumes)
		want  string
	}{
		"stale":    {func(v volumes) { v.later = 27 * time.Hour }, "the pointer is stale"},
		"behind":   {func(v volumes) { v.finished("newer", 0) }, "settle it first"},
		"unsigned": {func(v volumes) { v.point(mainRegion, v.data, v.unsigned()) }, "nobody attests"},
	} {
		t.Run(name, func(t *testing.T) {
			v := newVolumes(t)
			v.pointTo(v.finished("good", time.Hour))
			c.setup(v)
			_, errs, code := v.run("restore", v.data, "--region", mainRegion)
			if code != exitFindings || !strings.Contains(errs, "WARNING: ") || !strings.Contains(errs, c.want) {
				t.Errorf("exit code %d: %s", code, errs)
			}
		})
	}
}

// unsigned is a snapshot whose tags say that it is a copy of a run's, which nobody signed.
func (v volumes) unsigned() string {
	v.Helper()
	made, err := v.ec2(mainRegion).CreateSnapshot(v.Context(), &ec2.CreateSnapshotInput{VolumeId: &v.logs})
	v.check(err)
	v.check(v.aws.FinishSnapshot(v.Context(), mainRegion, *made.SnapshotId, "completed", ""))
	v.tag(mainRegion, *made.SnapshotId, map[string]string{recovery.TagSourceID: v.data, recovery.TagCopiedFrom: drRegion + "/snap-00000000000000000"})
	return *made.SnapshotId
}

func TestRestore_of_volumes_usage(t *testing.T) {
	w := newWorld(t)
	const one, other = "vol-00000000000000000", "vol-00000000000000001"
	for name, args := range map[string][]string{
		"no_region":         {"restore", one},
		"unknown_region":    {"restore", one, "--region", "mars"},
		"a_server_too":      {"restore", one, "i-00000000000000000", "--region", mainRegion},
		"twice":             {"restore", one, one, "--region", mainRegion},
		"no_run":            {"restore", one, other, "--region", mainRegion, "--run", "yesterday"},
		"a_type":            {"restore", one, other, "--region", mainRegion, "--instance-type", "t3.medium"},
		"a_run_of_a_server": {"restore", "i-00000000000000000", "--region", mainRegion, "--run", "daily/2026-11-20T02:00:00Z/i-00000000000000000"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, errs, code := w.run(args...); code != exitUsage {
				t.Errorf("exit code %d, want %d: %s", code, exitUsage, errs)
			}
		})
	}
	if _, errs, code := w.run("restore", one, "--region", mainRegion); code != exitFailed || !strings.Contains(errs, "there is no pointer") {
		t.Errorf("exit code %d: %s", code, errs)
	}
}
