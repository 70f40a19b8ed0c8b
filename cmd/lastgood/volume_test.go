package main

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"lastgood/cmd/lastgood/operator"
	"lastgood/shared/recovery"
)

func TestStatus_of_volumes(t *testing.T) {
	v := newVolumes(t)
	nightly := v.finished("nightly", time.Hour)
	v.pointTo(nightly)
	v.pointTo(v.copied(nightly, "dr"))
	v.later = 30 * time.Minute
	v.golden("status_volumes", v.expect(exitOK, "status", v.data))

	// Volumes come with the instance that they were taken of.
	status := decode[operator.Status](v.world, v.expect(exitFindings, "status", v.app, "-o", "json"))
	if len(status.Pointers) != 4 || len(status.Unknown) != 1 {
		t.Fatalf("%+v", status)
	}
	for _, p := range status.Pointers {
		if p.Run != nightly.run.String() || p.State != operator.Good || p.Copy != (p.Region == drRegion) {
			t.Errorf("%+v", p)
		}
	}
}

func TestStatus_of_volumes_warns(t *testing.T) {
	for name, c := range map[string]struct {
		setup func(v volumes, good set)
		state operator.State
		warns operator.WarningKind
		says  string
	}{
		"incomplete": {func(v volumes, _ set) { v.deleteSnapshot(mainRegion, v.finished("newer", 0).logs) },
			operator.Good, operator.WarnIncomplete, "1 of the 2 snapshots of its set are missing"},
		"failed": {func(v volumes, _ set) {
			newer := v.take("newer", 0)
			v.check(v.aws.FinishSnapshot(t.Context(), mainRegion, newer.data, "completed", ""))
			v.check(v.aws.FinishSnapshot(t.Context(), mainRegion, newer.logs, "error", "no disk"))
		}, operator.Good, operator.WarnIncomplete, "a snapshot of its set failed"},
		"half_quarantined": {func(v volumes, _ set) {
			v.tag(mainRegion, v.finished("newer", 0).logs, map[string]string{recovery.TagQuarantine: "ransomware"})
		}, operator.Good, operator.WarnIncomplete, "of its set is quarantined"},
		"pending":   {func(v volumes, _ set) { v.take("newer", 0) }, operator.Good, operator.WarnPending, "has been pending for"},
		"unsettled": {func(v volumes, _ set) { v.finished("newer", 0) }, operator.Good, operator.WarnUnsettled, "the newest good snapshot is"},
		"deleted": {func(v volumes, good set) {
			v.deleteSnapshot(mainRegion, good.data)
			v.deleteSnapshot(mainRegion, good.logs)
		}, operator.Deleted, operator.WarnDangling, "no good recovery point"},
		"half_of_it_is_gone": {func(v volumes, good set) { v.deleteSnapshot(mainRegion, good.logs) }, operator.Incomplete, operator.WarnDangling, "no good recovery point"},
		"quarantined": {func(v volumes, good set) {
			v.tag(mainRegion, good.data, map[string]string{recovery.TagQuarantine: "ransomware"})
		}, operator.Quarantined, operator.WarnQuarantined, "Delete what is bad"},
	} {
		t.Run(name, func(t *testing.T) {
			v := newVolumes(t)
			good := v.finished("good", time.Hour)
			v.pointTo(good)
			c.setup(v, good)
			status := decode[operator.Status](v.world, v.expect(exitFindings, "status", v.data, "-o", "json"))
			found := false
			for _, w := range status.Pointers[0].Warnings {
				found = found || w.Kind == c.warns && strings.Contains(w.Text, c.says)
			}
			if !found || status.Pointers[0].State != c.state {
				t.Errorf("%+v", status.Pointers)
			}
		})
	}
}

func TestStatus_of_copies_that_nobody_attested_yet(t *testing.T) {
	v := newVolumes(t)
	nightly := v.finished("nightly", time.Hour)
	copied := v.copied(nightly, "dr")
	v.tag(drRegion, copied.logs, map[string]string{recovery.TagSignature: ""})
	status := decode[operator.Status](v.world, v.expect(exitFindings, "status", v.data, "-o", "json"))
	last := status.Pointers[len(status.Pointers)-1]
	if last.Region != drRegion || len(last.Warnings) != 1 || !strings.Contains(last.Warnings[0].Text, "1 of the 2 snapshots of its set are not attested yet") {
		t.Errorf("%+v", last)
	}
}

func TestHistory_of_a_volume(t *testing.T) {
	v := newVolumes(t)
	older := v.finished("older", time.Hour)
	v.expect(exitOK, "settle", v.data, "--region", mainRegion)
	v.finished("newer", 0)
	v.expect(exitOK, "settle", v.data, "--region", mainRegion)
	v.deleteSnapshot(mainRegion, older.data)
	v.golden("history_volume", v.expect(exitOK, "history", v.data))
}

func TestSettle_moves_the_pointers_of_volumes(t *testing.T) {
	v := newVolumes(t)
	v.config.Parameter.Prefix = "/settle-volumes/"
	older := v.finished("older", time.Hour)
	v.expect(exitOK, "settle", v.data, "--region", mainRegion)
	if got := v.pointer(mainRegion, v.data); got != older.data {
		t.Errorf("it names %s", v.called[got])
	}
	newer := v.finished("newer", 0)
	v.run("settle", "--all", "--region", mainRegion) // what other tests left may dangle
	v.names(newer)
}

func TestQuarantine_of_a_snapshot_takes_its_whole_set_in_every_Region(t *testing.T) {
	v := newVolumes(t)
	older := v.finished("older", time.Hour)
	olderDR := v.copied(older, "older-dr")
	newer := v.finished("newer", 0)
	newerDR := v.copied(newer, "newer-dr")
	v.pointTo(newer)
	v.pointTo(newerDR)
	v.expect(exitOK, "quarantine", newer.data, "--reason", "ransomware")
	for s, want := range map[set]bool{newer: true, newerDR: true, older: false, olderDR: false} {
		v.marked(s, want)
	}
	v.names(older)
	v.names(olderDR)
	v.expect(exitOK, "release", newer.logs)
	v.marked(newer, false)
	v.marked(newerDR, false)
	v.names(newer)
	v.names(newerDR)

	// Given a copy, it takes the copies in that Region.
	out := v.expect(exitOK, "quarantine", newerDR.logs, "--reason", "does not mount")
	if !strings.Contains(out, newerDR.logs+" is a copy of "+newer.logs+" in "+mainRegion) {
		t.Error(out)
	}
	v.marked(newerDR, true)
	v.marked(newer, false)
	v.names(newer)
	v.names(olderDR)
	v.expect(exitOK, "quarantine", newerDR.logs, "--reason", "does not mount", "--everywhere")
	v.marked(newer, true)
	v.names(older)
}

func TestQuarantine_of_the_last_set_asks(t *testing.T) {
	v := newVolumes(t)
	only := v.finished("only", 0)
	v.pointTo(only)
	v.stdin = "n\n"
	_, errs, code := v.run("quarantine", only.data, "--reason", "ransomware")
	if code != exitFailed || !strings.Contains(errs, "This leaves nothing good for") || !strings.Contains(errs, v.logs+" in "+mainRegion) {
		t.Errorf("exit code %d: %s", code, errs)
	}
	v.marked(only, false)
}

func TestQuarantine_of_a_snapshot_that_no_policy_took(t *testing.T) {
	v := newVolumes(t)
	made, err := v.ec2(mainRegion).CreateSnapshot(t.Context(), &ec2.CreateSnapshotInput{VolumeId: &v.data})
	v.check(err)
	_, errs, code := v.run("quarantine", *made.SnapshotId, "--reason", "ransomware")
	if code != exitFailed || !strings.Contains(errs, "is of no run of a policy") {
		t.Errorf("exit code %d: %s", code, errs)
	}
}

func TestRetire_of_a_volume(t *testing.T) {
	v := newVolumes(t)
	only := v.finished("only", 0)
	v.point(mainRegion, v.data, only.data)
	_, errs, code := v.run("retire", v.data, "--yes")
	if code != exitFailed || !strings.Contains(errs, v.data+" is in-use in "+mainRegion) || !strings.Contains(errs, only.data+" is a good snapshot of it") {
		t.Errorf("exit code %d: %s", code, errs)
	}
	client := v.ec2(mainRegion)
	_, err := client.DetachVolume(t.Context(), &ec2.DetachVolumeInput{VolumeId: &v.data, InstanceId: &v.app, Device: aws.String("/dev/sdf")})
	v.check(err)
	_, err = client.DeleteVolume(t.Context(), &ec2.DeleteVolumeInput{VolumeId: &v.data})
	v.check(err)
	v.deleteSnapshot(mainRegion, only.data)
	v.expect(exitOK, "retire", v.data, "--yes")
	if got := v.pointer(mainRegion, v.data); got != "" {
		t.Errorf("it names %s", got)
	}
}
