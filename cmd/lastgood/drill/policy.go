package drill

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"lastgood/shared/config"
	"lastgood/shared/inventory"
	"lastgood/shared/recovery"
)

// kept is how many sets the drill's policy keeps, in either Region.
const kept = 3

// nightly is the drill's policy: the application's state is a file on the host, and pre
// refuses while the application is "busy".
func nightly() config.Policy {
	return config.Policy{
		Name: "nightly", Schedule: "cron(0 2 * * ? *)", Timezone: "UTC",
		Target:  config.Target{Type: config.Instance, Tags: map[string]string{"Backup": "nightly"}},
		Produce: config.Snapshot,
		Scripts: &config.Scripts{
			Pre: "test ! -e busy && echo stopped > application", Post: "echo running > application",
			Timeout: config.Duration(10 * time.Second), OnFailure: config.CrashConsistent,
		},
		Retain: config.Retain{Count: kept},
		CopyTo: []config.CopyTo{{Region: DRRegion, Retain: config.Retain{Count: kept}}},
	}
}

// nights has the policy run four times, on a database with a root and a data volume.
func (s *stage) nights(ctx context.Context) error {
	s.out.event("The instance db-1 is launched in %s, with a boot and a data volume, and tagged for the policy %q. A run's snapshots of both are one set: their pointers move together, and a line names one of them.", MainRegion, nightly().Name)
	if err := s.launchDatabase(ctx); err != nil {
		return err
	}
	s.out.event("The nights are made up: the schedule fires four times in a row, as if at 02:00 of %s to %s.", at(1).Format(time.DateOnly), at(4).Format(time.DateOnly))
	first, err := s.night(ctx, 1, "Night 1: the schedule fires, and Scheduler delivers it twice.", 2)
	if err != nil {
		return err
	}
	s.list.check(len(first) == 2, "a run takes one set of snapshots, however often Scheduler delivers it", "there are %v", first)
	s.verdict(first, recovery.Success, "snapshots that were taken while the application stood still are tagged so")
	s.volumePoints(ctx, s.main, 1, "the data volume's pointer names its snapshot of the first night")
	s.volumePoints(ctx, s.dr, 1, "the data volume's pointer in the DR Region names the copy of its snapshot of the first night")
	state, err := s.application(ctx)
	s.list.check(state == "running", "the application runs again after the first night", "it is %s (%v)", state, err)

	if err := s.busy(ctx, true); err != nil {
		return err
	}
	second, err := s.night(ctx, 2, "Night 2: the application is busy, and its pre script fails. The policy takes the set all the same (\"onFailure\": \"crash-consistent\"; \"skip\" would take none): it is what a power cut leaves, better than no backup, and so a good recovery point.", 1)
	if err != nil {
		return err
	}
	s.verdict(second, recovery.Failure, "snapshots of a run whose pre script failed are tagged so")
	s.volumePoints(ctx, s.main, 2, "a crash-consistent set is good as well: the data volume's pointer names its snapshot of the second night")
	if err := s.busy(ctx, false); err != nil {
		return err
	}
	for n := 3; n <= 4; n++ {
		if _, err := s.night(ctx, n, fmt.Sprintf("Night %d: all goes well.", n), 1); err != nil {
			return err
		}
	}
	if err := s.plan(ctx); err != nil {
		return err
	}
	for _, p := range []place{s.main, s.dr} {
		nights, err := s.setsIn(ctx, p)
		s.list.check(err == nil && slices.Equal(nights, []int{2, 3, 4}), "after the fourth night nothing is deleted in "+p.region+" but the set of the first", "the nights left are %v (%v)", nights, err)
		s.volumePoints(ctx, p, 4, "after the fourth night the data volume's pointer in "+p.region+" names that night's snapshot")
	}
	return nil
}

// night is the schedule's time on one of the nights, fired so many times.
func (s *stage) night(ctx context.Context, n int, what string, times int) ([]types.Snapshot, error) {
	s.out.event("%s", what)
	for range times {
		if err := s.aws.FireScheduleAt(ctx, MainRegion, "lastgood-policy-"+nightly().Name, at(n)); err != nil {
			return nil, err
		}
	}
	if err := s.idle(ctx); err != nil {
		return nil, err
	}
	for _, p := range []place{s.main, s.dr} { // the snapshots, and then their copies
		if err := s.finishSnapshots(ctx, p, n); err != nil {
			return nil, err
		}
	}
	return s.main.snapshotsOf(ctx, s.run(n))
}

// finishSnapshots names a night's snapshots, ends the time that they are pending, and waits for what follows.
func (s *stage) finishSnapshots(ctx context.Context, p place, night int) error {
	snapshots, err := p.snapshotsOf(ctx, s.run(night))
	if err != nil {
		return err
	}
	s.nameSnapshots(night, snapshots)
	for _, snapshot := range snapshots {
		if err := s.aws.FinishSnapshot(ctx, p.region, *snapshot.SnapshotId, "completed", ""); err != nil {
			return err
		}
	}
	return s.idle(ctx)
}

// nameSnapshots names a night's snapshots after their volumes, and copies after what they were copied from.
func (s *stage) nameSnapshots(night int, snapshots []types.Snapshot) {
	var names []label
	for _, snapshot := range snapshots {
		name := fmt.Sprintf("night %d's snapshot of %s", night, s.out.called(*snapshot.VolumeId))
		if from := inventory.Tags(snapshot.Tags)[recovery.TagCopiedFrom]; from != "" {
			name = "the copy of " + s.out.called(from[strings.LastIndex(from, "/")+1:])
		}
		names = append(names, label{*snapshot.SnapshotId, name})
	}
	slices.SortFunc(names, func(a, b label) int { return strings.Compare(a.name, b.name) })
	s.out.nameAll(names...)
}

// at is when the schedule meant to fire on one of the nights.
func at(night int) time.Time { return time.Date(2026, 9, night, 2, 0, 0, 0, time.UTC) }

func (s *stage) run(night int) recovery.Run {
	return recovery.Run{Policy: nightly().Name, Scheduled: at(night), Target: s.db.id}
}

// verdict checks what the tags of a night's snapshots say of the scripts.
func (s *stage) verdict(snapshots []types.Snapshot, want, what string) {
	right := len(snapshots) > 0
	for _, snapshot := range snapshots {
		tags := inventory.Tags(snapshot.Tags)
		right = right && tags[recovery.TagPreScript] == want && tags[recovery.TagPostScript] == want
	}
	s.list.check(right, what, "they are %s", told(snapshots))
}

// volumePoints checks which night's snapshot the data volume's pointer names in a Region.
func (s *stage) volumePoints(ctx context.Context, p place, night int, what string) {
	value, err := p.value(ctx, s.parameter(s.db.data))
	if err == nil && value == "" {
		err = errors.New("there is no pointer")
	}
	var tags map[string]string
	if err == nil {
		tags, err = p.snapshotTags(ctx, value)
	}
	s.list.check(err == nil && tags[recovery.TagRun] == s.run(night).String(), what, "in %s it names %q of run %q (%v)", p.region, value, tags[recovery.TagRun], err)
}

// setsIn are the nights that a Region has snapshots of.
func (s *stage) setsIn(ctx context.Context, p place) ([]int, error) {
	var nights []int
	for n := 1; n <= 4; n++ {
		snapshots, err := p.snapshotsOf(ctx, s.run(n))
		if err != nil {
			return nil, err
		}
		if len(snapshots) == 2 {
			nights = append(nights, n)
		}
	}
	return nights, nil
}
