package functions_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"lastgood/functions/imagestate"
	"lastgood/functions/reconcile"
	"lastgood/shared/attest"
	"lastgood/shared/awsfake"
	"lastgood/shared/config"
	"lastgood/shared/event"
	"lastgood/shared/inventory"
	"lastgood/shared/lifecycle"
	"lastgood/shared/recovery"
	"lastgood/shared/signature"
	"lastgood/shared/telemetry"
)

const (
	dailyData  = "daily-data"  // takes snapshots
	dailyImage = "daily-image" // makes images
)

var webVolumes = []string{"vol-0123456789abcdef0", "vol-0123456789abcdef1"}

// policies is an account in which two policies keep two sets each, in both Regions.
type policies struct {
	account
	config  config.Config
	metrics io.Writer // what reconcile tells
}

func newPolicies() policies {
	c := config.Default()
	two := config.Retain{Count: 2}
	for _, name := range []string{dailyData, dailyImage} {
		c.Policies = append(c.Policies, config.Policy{Name: name, Retain: two, CopyTo: []config.CopyTo{{Region: singapore, Retain: two}}})
	}
	a := policies{newAccount(latest), c, io.Discard}
	a.Launch(tokyo, web, nil, webVolumes...)
	a.Retain[dailyData], a.Retain[dailyImage] = 2, 2
	return a
}

// capture takes what both policies take, on a day, and lets it be done; nobody hears of it.
func (a policies) capture(t testing.TB, day int) {
	t.Helper()
	a.Now = t0.AddDate(0, 0, day)
	client := a.Process(nil).Client(tokyo)
	specify := func(kind types.ResourceType, tags map[string]string) types.TagSpecification {
		s := types.TagSpecification{ResourceType: kind}
		for key, value := range tags {
			s.Tags = append(s.Tags, types.Tag{Key: aws.String(key), Value: aws.String(value)})
		}
		return s
	}
	run := recovery.Run{Policy: dailyData, Scheduled: a.Now, Target: web}
	_, err := client.CreateSnapshots(t.Context(), &ec2.CreateSnapshotsInput{
		InstanceSpecification: &types.InstanceSpecification{InstanceId: aws.String(web)},
		TagSpecifications: []types.TagSpecification{specify(types.ResourceTypeSnapshot, map[string]string{
			recovery.TagPolicy: dailyData, recovery.TagRun: run.String(), recovery.TagAttempt: "1", recovery.TagSetSize: "2"})},
	})
	if err != nil {
		t.Fatal(err)
	}
	run.Policy = dailyImage
	_, err = client.CreateImage(t.Context(), &ec2.CreateImageInput{
		InstanceId: aws.String(web), Name: aws.String(run.ImageName()),
		TagSpecifications: []types.TagSpecification{
			specify(types.ResourceTypeImage, map[string]string{
				recovery.TagPolicy: dailyImage, recovery.TagRun: run.String(), recovery.TagAttempt: "1", recovery.TagSetSize: "1"}),
			specify(types.ResourceTypeSnapshot, map[string]string{recovery.TagPolicy: dailyImage, recovery.TagBacks: run.String()}),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	a.Finish(tokyo)
	a.Now = a.Now.Add(time.Hour)
}

func (a policies) keeper(p *awsfake.Process, region string) *lifecycle.Keeper {
	c := p.Client(region)
	return &lifecycle.Keeper{
		Config: a.config, Points: inventory.PointsIn(c, region), EC2: c, Groups: c, SSM: c, Verifier: signature.Key{KMS: c, ID: "key"},
		Elsewhere: func(region string) lifecycle.Destination { return p.Client(region) }, Timeout: time.Second, Now: a.now,
	}
}

// history is CloudTrail's.
type history struct {
	*awsfake.World
	region string
}

func (h history) CopiedFrom(_ context.Context, p recovery.Point) (attest.Origin, error) {
	region, id := h.World.CopiedFrom(h.region, p.ID)
	return attest.Origin{Region: region, Image: id}, nil
}

// reconcile runs reconcile once.
func (a policies) reconcile(region string, hook func(int, awsfake.Call) awsfake.Fault) (telemetry.Outcome, *awsfake.Process) {
	p := a.Process(hook)
	h := a.reconciler(p, region)
	c := p.Client(region)
	h.Policies = &reconcile.Policies{
		Snapshots: inventory.Snapshots{EC2: c, Region: region},
		Copies: attest.Snapshots{
			Client: func(region string) ec2.DescribeSnapshotsAPIClient { return p.Client(region) }, Timeout: time.Second,
			Attestor: attest.Attestor{EC2: c, Signer: signature.Key{KMS: c, ID: "key"}},
		},
		History: history{a.World, region},
		Pace:    func(context.Context) error { return nil },
		Keeper:  a.keeper(p, region),
	}
	h.Log, h.Metrics = slog.New(slog.DiscardHandler), &telemetry.Recorder{Function: telemetry.Reconcile, Out: a.metrics, Now: a.now}
	o := h.Handle(context.Background(), []event.Reconcile{{}})[0]
	o.Err = errors.Join(o.Err, h.Metrics.Flush())
	return o, p
}

// settled lets reconcile run in both Regions until everything is where it belongs, and copies be done.
func (a *policies) settled(t testing.TB) {
	t.Helper()
	for range 4 {
		for _, region := range []string{tokyo, singapore} {
			if o, _ := a.reconcile(region, nil); o.Err != nil {
				t.Error(o.Err)
			}
			a.Finish(singapore)
			a.Now = a.Now.Add(15 * time.Minute)
		}
	}
}

// right says whether both Regions hold two of everything, and every pointer is where it belongs.
func (a policies) right() error {
	for _, region := range []string{tokyo, singapore} {
		if err := a.account.right(region); err != nil {
			return err
		}
		if a.Value(region, a.name()) == "" {
			return fmt.Errorf("in %s there is no pointer of the instance", region)
		}
		for _, v := range webVolumes {
			if got, want := a.Value(region, "/lastgood/"+v), a.NewestSnapshot(region, v); got != want || got == "" {
				return fmt.Errorf("in %s the pointer of %s names %q, and the newest good snapshot is %q", region, v, got, want)
			}
		}
		count := map[string]int{}
		for _, id := range a.Points(region) {
			kind, _, _ := strings.Cut(id, "-")
			count[kind]++
		}
		if count["ami"] != 2 || count["snap"] != 2*2+2*2 { // two sets of two, and two images of two
			return fmt.Errorf("in %s there are %v: %v", region, count, a.Points(region))
		}
	}
	return nil
}

// three is a history of three days, of which the third is news.
func three(t testing.TB) policies {
	a := newPolicies()
	for day := range 2 {
		a.capture(t, day)
		a.settled(t)
	}
	a.capture(t, 2)
	return a
}

// became is EC2's event that the newest image of a Region is available.
func (a policies) became(region string) notice {
	id := a.Newest(region, web)
	return notice{"available " + id, region, func(_ account, p *awsfake.Process, m event.Meta) telemetry.Outcome {
		s := a.settler(p, region)
		h := imagestate.Handler{Images: s.Points.Images, Parameters: p.Client(region), Settler: s, Keeper: a.keeper(p, region), Now: a.now}
		return h.Handle(context.Background(), []event.ImageState{{Meta: m, ImageID: id, State: recovery.Available}})[0]
	}, a.Now}
}
