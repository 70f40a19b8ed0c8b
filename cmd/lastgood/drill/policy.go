package drill

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"lastgood/shared/config"
	"lastgood/shared/pointer"
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

// server is an instance that the policy backs up.
type server struct{ id, data string }

// nights has the policy run four times, on a database with a root and a data volume.
func (s *stage) nights(ctx context.Context) error {
	s.out.event("The instance db-1 is launched in %s, with a data volume, and tagged for the policy %q.", MainRegion, nightly().Name)
	if err := s.launchDatabase(ctx); err != nil {
		return err
	}
	first, err := s.night(ctx, 1, "The first night: the schedule fires, and Scheduler delivers it twice.", 2)
	if err != nil {
		return err
	}
	s.list.check(len(first) == 2, "a run takes one set of snapshots, however often it is delivered", "there are %v", first)
	s.verdict(first, recovery.Success, "what was taken while the application stood still says so")
	s.volumePoints(ctx, s.main, 1, "the data volume's pointer names its snapshot of the first night")
	s.volumePoints(ctx, s.dr, 1, "and in the DR Region the copy of it")
	if state, err := s.application(ctx); state != "running" {
		s.list.check(false, "the application runs again", "it is %s (%v)", state, err)
	}

	if err := s.busy(ctx, true); err != nil {
		return err
	}
	second, err := s.night(ctx, 2, "The second night the application is busy, and its pre script fails.", 1)
	if err != nil {
		return err
	}
	s.verdict(second, recovery.Failure, "a set whose pre script failed is crash-consistent, and says so")
	s.volumePoints(ctx, s.main, 2, "it is a recovery point all the same")
	if err := s.busy(ctx, false); err != nil {
		return err
	}
	for n := 3; n <= 4; n++ {
		if _, err := s.night(ctx, n, fmt.Sprintf("Night %d.", n), 1); err != nil {
			return err
		}
	}
	if err := s.plan(ctx); err != nil {
		return err
	}
	for _, p := range []place{s.main, s.dr} {
		nights, err := s.setsIn(ctx, p)
		s.list.check(err == nil && slices.Equal(nights, []int{2, 3, 4}), "after the fourth night the first is gone from "+p.region+", and nothing else", "the nights left are %v (%v)", nights, err)
		s.volumePoints(ctx, p, 4, "the data volume's pointer names the fourth night in "+p.region)
	}
	return nil
}

// plan is what lastgood says of the next night.
func (s *stage) plan(ctx context.Context) error {
	s.out.event("lastgood plan shows what the next night would do.")
	said, code, err := s.lastgood(ctx, "plan", nightly().Name)
	if err != nil {
		return err
	}
	s.out.quote(said)
	s.list.check(code == 0 && strings.Contains(said, s.db.id), "lastgood plan names the target", "it exits with %d", code)
	return nil
}

// night is the schedule's time on one of the nights, fired so many times.
func (s *stage) night(ctx context.Context, n int, what string, times int) (map[string]map[string]string, error) {
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
		if err := s.finishSnapshots(ctx, p, s.run(n)); err != nil {
			return nil, err
		}
	}
	return s.main.snapshotsOf(ctx, s.run(n))
}

// finishSnapshots ends the time that a run's snapshots are pending, and waits for what follows.
func (s *stage) finishSnapshots(ctx context.Context, p place, run recovery.Run) error {
	snapshots, err := p.snapshotsOf(ctx, run)
	if err != nil {
		return err
	}
	for id := range snapshots {
		if err := s.aws.FinishSnapshot(ctx, p.region, id, "completed", ""); err != nil {
			return err
		}
	}
	return s.idle(ctx)
}

// at is when the schedule meant to fire on one of the nights.
func at(night int) time.Time { return time.Date(2026, 9, night, 2, 0, 0, 0, time.UTC) }

func (s *stage) run(night int) recovery.Run {
	return recovery.Run{Policy: nightly().Name, Scheduled: at(night), Target: s.db.id}
}

// verdict checks what the tags of a night's snapshots say of the scripts.
func (s *stage) verdict(snapshots map[string]map[string]string, want, what string) {
	right := len(snapshots) > 0
	for _, tags := range snapshots {
		right = right && tags[recovery.TagPreScript] == want && tags[recovery.TagPostScript] == want
	}
	s.list.check(right, what, "its tags are %v", snapshots)
}

// volumePoints checks which night's snapshot the data volume's pointer names in a Region.
func (s *stage) volumePoints(ctx context.Context, p place, night int, what string) {
	value, err := p.value(ctx, pointer.Names(s.config.Parameter.Prefix).Parameter(s.db.data))
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

func (s *stage) launchDatabase(ctx context.Context) error {
	id, err := s.launch(ctx, "db-1")
	if err != nil {
		return err
	}
	s.db.id = id
	if _, err := s.main.ec2.CreateTags(ctx, &ec2.CreateTagsInput{Resources: []string{id}, Tags: []types.Tag{{Key: aws.String("Backup"), Value: aws.String("nightly")}}}); err != nil {
		return fmt.Errorf("tagging %s: %w", id, err)
	}
	made, err := s.main.ec2.CreateVolume(ctx, &ec2.CreateVolumeInput{AvailabilityZone: aws.String(MainRegion + "a"), Size: aws.Int32(1)})
	if err != nil {
		return fmt.Errorf("making a data volume: %w", err)
	}
	s.db.data = *made.VolumeId
	s.out.name(s.db.data, "the data volume")
	if _, err := s.main.ec2.AttachVolume(ctx, &ec2.AttachVolumeInput{Device: aws.String("/dev/sdf"), InstanceId: &id, VolumeId: made.VolumeId}); err != nil {
		return fmt.Errorf("attaching %s: %w", s.db.data, err)
	}
	return nil
}

// busy has db-1's application refuse to stand still, or no longer.
func (s *stage) busy(ctx context.Context, busy bool) error {
	dir, err := s.aws.HostDir(ctx, s.db.id)
	if err != nil {
		return err
	}
	file := filepath.Join(dir, "home", "busy")
	if busy {
		return os.WriteFile(file, nil, 0o600)
	}
	return os.Remove(file)
}

// application is what db-1's application does.
func (s *stage) application(ctx context.Context) (string, error) {
	dir, err := s.aws.HostDir(ctx, s.db.id)
	if err != nil {
		return "", err
	}
	state, err := os.ReadFile(filepath.Join(dir, "home", "application"))
	return string(trimmed(state)), err
}

func trimmed(line []byte) []byte {
	return slices.DeleteFunc(line, func(b byte) bool { return b == '\n' })
}

// restoreVolume restores db-1's data volume in the DR Region while the main one is down.
func (s *stage) restoreVolume(ctx context.Context) error {
	file := filepath.Join("examples", "cloudformation-volume", "template.yaml")
	if s.config.Parameter.Versioning == config.Pinned { // the pointer's bare name works as well
		s.out.event("CloudFormation restores the data volume of db-1 in %s from %s, by the pointer's bare name.", DRRegion, file)
	} else {
		s.out.event("CloudFormation restores the data volume of db-1 in %s from %s.", DRRegion, file)
	}
	template, err := os.ReadFile(filepath.Join(s.root, file))
	if err != nil {
		return fmt.Errorf("reading the example: %w", err)
	}
	parameter := pointer.Names(s.config.Parameter.Prefix).Parameter(s.db.data)
	stack := aws.String("db-1-data")
	_, err = s.dr.templates.CreateStack(ctx, &cloudformation.CreateStackInput{
		StackName: stack, TemplateBody: aws.String(string(template)),
		Parameters: []cfntypes.Parameter{
			{ParameterKey: aws.String("Snapshot"), ParameterValue: &parameter},
			{ParameterKey: aws.String("AvailabilityZone"), ParameterValue: aws.String(DRRegion + "a")},
		},
	})
	if err != nil {
		return fmt.Errorf("creating the stack: %w", err)
	}
	volume, status, err := s.dr.made(ctx, stack, "Volume")
	if err != nil {
		return err
	}
	out, err := s.dr.ec2.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{VolumeIds: []string{volume}})
	if err != nil {
		return fmt.Errorf("describing %s: %w", volume, err)
	}
	tags, err := s.dr.snapshotTags(ctx, aws.ToString(out.Volumes[0].SnapshotId))
	s.list.check(err == nil && status == cfntypes.StackStatusCreateComplete && tags[recovery.TagRun] == s.run(4).String() && tags[recovery.TagSourceID] == s.db.data,
		"the data volume is restored in the DR Region from the copy of the fourth night", "it is of %s (%v), the stack is %s", tags, err, status)
	return nil
}
