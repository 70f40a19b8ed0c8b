package lifecycle

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"lastgood/shared/awsfake"
	"lastgood/shared/config"
	"lastgood/shared/inventory"
	"lastgood/shared/recovery"
	"lastgood/shared/signature"
)

const (
	tokyo     = "ap-northeast-1"
	singapore = "ap-southeast-1"
	sydney    = "ap-southeast-2"
	web       = "i-0123456789abcdef0"
	data      = "daily-data"  // takes snapshots
	golden    = "daily-image" // makes images
)

var (
	volumes = []string{"vol-0123456789abcdef0", "vol-0123456789abcdef1"}
	start   = time.Date(2026, 11, 1, 2, 0, 0, 0, time.UTC)
)

// account is a world in which two policies have taken what they take of one instance.
type account struct {
	*awsfake.World
	config config.Config
}

// newAccount has days of history: a set of snapshots and an image each.
func newAccount(t testing.TB, days, keep int, copyTo ...config.CopyTo) account {
	t.Helper()
	c := config.Default()
	c.Regions = config.Regions{Main: tokyo, DR: []string{singapore, sydney}}
	for _, name := range []string{data, golden} {
		c.Policies = append(c.Policies, config.Policy{Name: name, Retain: config.Retain{Count: keep}, CopyTo: copyTo,
			CopyTags: true, Tags: map[string]string{"Team": "web"}})
	}
	a := account{awsfake.New(tokyo, singapore, sydney), c}
	a.Launch(tokyo, web, map[string]string{"Backup": "daily"}, volumes...)
	for day := range days {
		a.Now = start.AddDate(0, 0, day)
		a.capture(t, data, 1)
		a.capture(t, golden, 1)
	}
	for _, name := range []string{data, golden} {
		a.Retain[name] = keep
	}
	a.Now = a.Now.Add(3 * time.Hour)
	return a
}

// capture takes what a policy takes, now, and waits until it is done.
func (a account) capture(t testing.TB, policy string, attempt int) {
	t.Helper()
	run := recovery.Run{Policy: policy, Scheduled: a.Now, Target: web}
	tags := map[string]string{recovery.TagPolicy: policy, recovery.TagRun: run.String(), recovery.TagAttempt: strconv.Itoa(attempt),
		recovery.TagSetSize: "2", "Name": "web", "Team": "nobody"}
	client := a.Process(nil).Client(tokyo)
	var err error
	if policy == data {
		_, err = client.CreateSnapshots(t.Context(), &ec2.CreateSnapshotsInput{
			InstanceSpecification: &types.InstanceSpecification{InstanceId: aws.String(web)},
			TagSpecifications:     []types.TagSpecification{{ResourceType: types.ResourceTypeSnapshot, Tags: inventory.TagList(tags)}},
		})
	} else {
		tags[recovery.TagSetSize] = "1"
		_, err = client.CreateImage(t.Context(), &ec2.CreateImageInput{
			InstanceId: aws.String(web), Name: aws.String(run.ImageName()),
			TagSpecifications: []types.TagSpecification{
				{ResourceType: types.ResourceTypeImage, Tags: inventory.TagList(tags)},
				{ResourceType: types.ResourceTypeSnapshot, Tags: inventory.TagList(map[string]string{recovery.TagPolicy: policy, recovery.TagBacks: run.String()})},
			},
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	a.Finish(tokyo)
}

func (a account) keeper(p *awsfake.Process, region string) *Keeper {
	c := p.Client(region)
	return &Keeper{
		Config: a.config, Points: inventory.PointsIn(c, region), EC2: c, Groups: c, SSM: c,
		Verifier:  signature.Key{KMS: c, ID: "key"},
		Elsewhere: func(region string) Destination { return p.Client(region) },
		Timeout:   time.Second,
		Now:       func() time.Time { return a.Now },
	}
}

func subjects() []Subject { return []Subject{{data, web}, {golden, web}} }

// keep lets a keeper work once, undisturbed.
func (a account) keep(t testing.TB, region string) []Result {
	t.Helper()
	results, err := a.keeper(a.Process(nil), region).Keep(t.Context(), subjects()...)
	if err != nil {
		t.Fatal(err)
	}
	return results
}

// finish completes the copies in a Region and attests them, as their events have it done.
func (a account) finish(t testing.TB, region string) {
	t.Helper()
	a.Finish(region)
	client := a.Process(nil).Client(region)
	for _, p := range a.points(t, region) {
		if p.Original() || p.Tags[recovery.TagSignature] != "" {
			continue
		}
		from, original := p.SourceRegion, p.SourceImage
		if recovery.IsSnapshotID(p.ID) {
			from, original = a.CopiedFrom(region, p.ID)
		}
		points := inventory.PointsIn(a.Process(nil).Client(from), from)
		of, err := points.ByID(t.Context(), original)
		if err != nil {
			t.Fatal(err)
		}
		if of[original].ID == "" {
			continue
		}
		claim := recovery.Claim{Region: region, Point: p.ID, Source: of[original].OriginalOf, TakenAt: of[original].Created}
		tags, err := claim.Tags(context.Background(), signature.Key{KMS: client, ID: "key"})
		if err != nil {
			t.Fatal(err)
		}
		a.Tag(region, p.ID, tags)
	}
}

// points are all points of the policies' runs in a Region, each in its own state, in the order of their ids.
func (a account) points(t testing.TB, region string) []recovery.Point {
	t.Helper()
	points, err := inventory.PointsIn(a.Process(nil).Client(region), region).OfRuns(t.Context(), "*")
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(points, func(x, y recovery.Point) int { return x.Created.Compare(y.Created) })
	return points
}

// days counts the points of each policy by the day of their run.
func (a account) days(t testing.TB, region string) map[string]int {
	t.Helper()
	days := map[string]int{}
	for _, p := range a.points(t, region) {
		run, _ := recovery.ParseRun(p.Tags[recovery.TagRun])
		days[fmt.Sprintf("%s %02d", run.Policy, run.Scheduled.Day())]++
	}
	return days
}

// of are the ids of what a policy made on a day, from 1 on.
func (a account) of(t testing.TB, region, policy string, day int) []string {
	t.Helper()
	var ids []string
	for _, p := range a.points(t, region) {
		run, _ := recovery.ParseRun(p.Tags[recovery.TagRun])
		if run.Policy == policy && run.Scheduled.Day() == day {
			ids = append(ids, p.ID)
		}
	}
	return ids
}

func (a account) whole(t testing.TB) {
	t.Helper()
	for _, broken := range a.Broken {
		t.Error(broken)
	}
}

// all are the ids of the snapshots that carry a tag.
func (a account) all(t testing.TB, region, tag string) []string {
	t.Helper()
	out, err := a.Process(nil).Client(region).DescribeSnapshots(t.Context(), &ec2.DescribeSnapshotsInput{
		OwnerIds: []string{"self"}, Filters: []types.Filter{{Name: aws.String("tag-key"), Values: []string{tag}}}})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, s := range out.Snapshots {
		ids = append(ids, *s.SnapshotId)
	}
	return ids
}
