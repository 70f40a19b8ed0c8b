package snapshotstate

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"lastgood/shared/attest"
	"lastgood/shared/awsfake"
	"lastgood/shared/config"
	"lastgood/shared/event"
	"lastgood/shared/inventory"
	"lastgood/shared/lifecycle"
	"lastgood/shared/pointer"
	"lastgood/shared/recovery"
	"lastgood/shared/signature"
	"lastgood/shared/telemetry"
)

const (
	tokyo     = "ap-northeast-1"
	singapore = "ap-southeast-1"
	web       = "i-0123456789abcdef0"
	daily     = "daily-data"
)

var (
	volumes = []string{"vol-0123456789abcdef0", "vol-0123456789abcdef1"}
	start   = time.Date(2026, 11, 1, 2, 0, 0, 0, time.UTC)
)

// account is a world in which a policy takes two volumes, keeps two sets and copies them.
type account struct {
	*awsfake.World
	config config.Config
}

func newAccount() account {
	c := config.Default()
	c.Regions = config.Regions{Main: tokyo, DR: []string{singapore}}
	two := config.Retain{Count: 2}
	c.Policies = []config.Policy{{Name: daily, Retain: two, CopyTo: []config.CopyTo{{Region: singapore, Retain: two}}}}
	a := account{awsfake.New(tokyo, singapore), c}
	a.Retain[daily] = 2
	a.Launch(tokyo, web, nil, volumes...)
	a.Now = start
	return a
}

// capture takes both volumes, and returns the pending snapshots' ids.
func (a account) capture(t testing.TB) []string {
	t.Helper()
	run := recovery.Run{Policy: daily, Scheduled: a.Now, Target: web}
	var tags []types.Tag
	for key, value := range map[string]string{
		recovery.TagPolicy: daily, recovery.TagRun: run.String(), recovery.TagAttempt: "1", recovery.TagSetSize: "2"} {
		tags = append(tags, types.Tag{Key: aws.String(key), Value: aws.String(value)})
	}
	out, err := a.Process(nil).Client(tokyo).CreateSnapshots(t.Context(), &ec2.CreateSnapshotsInput{
		InstanceSpecification: &types.InstanceSpecification{InstanceId: aws.String(web)},
		TagSpecifications:     []types.TagSpecification{{ResourceType: types.ResourceTypeSnapshot, Tags: tags}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return []string{*out.Snapshots[0].SnapshotId, *out.Snapshots[1].SnapshotId}
}

func (a account) handler(p *awsfake.Process, region string) Handler {
	c := p.Client(region)
	key := signature.Key{KMS: c, ID: "key"}
	points := inventory.PointsIn(c, region)
	now := func() time.Time { return a.Now }
	return Handler{
		Snapshots: points.Snapshots,
		Copies: attest.Snapshots{
			Client:  func(region string) ec2.DescribeSnapshotsAPIClient { return p.Client(region) },
			Timeout: time.Second, Attestor: attest.Attestor{EC2: c, Signer: key},
		},
		Settler: &pointer.Settler{
			Points: points, Store: pointer.Store{SSM: c, Parameter: a.config.Parameter}, Verifier: key,
			Included: func(string) bool { return true },
			Pause:    func(context.Context, time.Duration) error { return nil },
		},
		Keeper: &lifecycle.Keeper{
			Config: a.config, Points: points, EC2: c, Groups: c, SSM: c, Verifier: key,
			Elsewhere: func(region string) lifecycle.Destination { return p.Client(region) }, Timeout: time.Second, Now: now,
		},
		Now: now,
	}
}

// done are EBS's events of these snapshots, all completed: of a set in one event, of copies in one each.
func (a account) done(region string, ids ...string) []event.SnapshotState {
	var events []event.SnapshotState
	all := event.SnapshotState{Meta: event.Meta{ID: "set", Name: "createSnapshots", Region: region, Time: a.Now}}
	for n, id := range ids {
		change := event.SnapshotChange{ID: id, State: recovery.Available}
		if from, original := a.CopiedFrom(region, id); original != "" {
			change.OriginalRegion, change.Original = from, original
			events = append(events, event.SnapshotState{
				Meta: event.Meta{ID: fmt.Sprint(n), Name: "copySnapshot", Region: region, Time: a.Now}, Snapshots: []event.SnapshotChange{change}})
			continue
		}
		all.Snapshots = append(all.Snapshots, change)
	}
	if len(all.Snapshots) > 0 {
		events = append(events, all)
	}
	return events
}

type hook func(int, awsfake.Call) awsfake.Fault

// handle hands events to the function, in a process of its own.
func (a account) handle(region string, h hook, events ...event.SnapshotState) ([]telemetry.Outcome, *awsfake.Process) {
	p := a.Process(h)
	return a.handler(p, region).Handle(context.Background(), events), p
}

// right says whether the pointers of both volumes are where they belong in both Regions.
func (a account) right() error {
	for _, region := range []string{tokyo, singapore} {
		for _, v := range volumes {
			if got, want := a.Value(region, "/lastgood/"+v), a.NewestSnapshot(region, v); got != want {
				return fmt.Errorf("in %s the pointer of %s names %q, and the newest good snapshot is %q", region, v, got, want)
			}
		}
	}
	if len(a.Broken) > 0 {
		return errors.New(a.Broken[0])
	}
	return nil
}

// day lets a set be taken, done, heard of, copied and heard of there.
func (a account) day(t testing.TB) {
	t.Helper()
	ids := a.capture(t)
	a.Finish(tokyo)
	for _, region := range []string{tokyo, singapore} {
		outcomes, _ := a.handle(region, nil, a.done(region, ids...)...)
		for _, o := range outcomes {
			if o.Err != nil {
				t.Fatal(o.Err)
			}
		}
		ids = a.Finish(singapore)
	}
}

// count is how many snapshots there are.
func (a account) count(region string) int { return len(a.Points(region)) }

func subject() lifecycle.Subject { return lifecycle.Subject{Policy: daily, Target: web} }
