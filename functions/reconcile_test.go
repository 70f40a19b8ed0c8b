package functions_test

import (
	"context"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"lastgood/functions/reconcile"
	"lastgood/shared/attest"
	"lastgood/shared/awsfake"
	"lastgood/shared/config"
	"lastgood/shared/event"
	"lastgood/shared/pointer"
	"lastgood/shared/recovery"
	"lastgood/shared/signature"
	"lastgood/shared/telemetry"
)

// reconciler is reconcile as it is deployed, in a process.
func (a account) reconciler(p *awsfake.Process, region string) reconcile.Handler {
	c := p.Client(region)
	s := a.settler(p, region)
	return reconcile.Handler{
		Images:    s.Points.Images,
		Originals: attest.Originals{Client: func(r string) ec2.DescribeImagesAPIClient { return p.Client(r) }, Timeout: time.Second},
		Attestor:  attest.Attestor{EC2: c, Signer: signature.Key{KMS: c, ID: "key"}, TrustsClaimed: a.trust == config.Claimed},
		Sweep:     &pointer.Sweep{Settler: s, Parameters: c, Pace: func(context.Context) error { return nil }, Grace: time.Minute},
		Watch:     recovery.Watch{MaxAge: 26 * time.Hour, RetireAfter: 14 * 24 * time.Hour},
		Every:     15 * time.Minute,
		Log:       slog.New(slog.DiscardHandler),
		Metrics:   &telemetry.Recorder{Function: telemetry.Reconcile, Out: io.Discard, Now: a.now},
		Now:       a.now,
	}
}

// scheduled is the schedule's request to reconcile a Region.
func scheduled(region string) notice {
	return notice{"reconcile", region, func(a account, p *awsfake.Process, m event.Meta) telemetry.Outcome {
		return a.reconciler(p, region).Handle(context.Background(), []event.Reconcile{{Meta: m}})[0]
	}, t0}
}

func reconciled(t *testing.T, a account, region string) *awsfake.Process {
	t.Helper()
	o, p := scheduled(region).deliver(a, nil)
	if o.Err != nil || o.Name != "reconciled" {
		t.Fatalf("%+v", o)
	}
	return p
}

// Nothing was heard of anything: images and copies from before the deployment. (I2.)
func TestReconcile_backfills(t *testing.T) {
	for _, p := range []config.Parameter{latest, pinned} {
		a := newAccount(p)
		copies(a, 3)
		for _, region := range []string{tokyo, singapore} {
			reconciled(t, a, region)
			if err := a.right(region); err != nil {
				t.Error(err)
			}
			if a.Value(region, a.name()) == "" {
				t.Errorf("there is no pointer in %s", region)
			}
			if n := len(reconciled(t, a, region).Calls); n != 2 && region == tokyo && p == latest {
				t.Errorf("a second run costs %d calls, want 2", n)
			}
		}
	}
}

// Whatever becomes of the events, one reconcile puts right. (I2, I6.)
func TestReconcile_puts_right(t *testing.T) {
	for name, f := range map[string]struct {
		region string
		make   func(a account)
		want   string
	}{
		"a_newer_image":  {tokyo, func(a account) { backups(a, 2); settled(a, tokyo, ami(0)) }, ami(1)},
		"the_end_of_one": {tokyo, func(a account) { backups(a, 2); settled(a, tokyo, ami(1)); a.Deregister(tokyo, ami(1)) }, ami(0)},
		"a_quarantine": {tokyo, func(a account) {
			backups(a, 2)
			settled(a, tokyo, ami(1))
			a.Tag(tokyo, ami(1), map[string]string{recovery.TagQuarantine: "bad"})
		}, ami(0)},
		"dangling":         {tokyo, func(a account) { backups(a, 1); settled(a, tokyo, ami(0)); a.Deregister(tokyo, ami(0)) }, ami(0)},
		"a_lost_parameter": {tokyo, func(a account) { backups(a, 1) }, ami(0)},
		"an_unsigned_copy": {singapore, func(a account) { copies(a, 1) }, copied(0)},
		"a_copy_whose_tags_lie": {singapore, func(a account) {
			copies(a, 1)
			a.Tag(singapore, copied(0), map[string]string{recovery.TagSourceID: evil})
		}, copied(0)},
		"a_tag_against_EC2": {tokyo, func(a account) {
			backups(a, 1)
			a.Tag(tokyo, ami(0), map[string]string{recovery.TagSourceID: evil})
		}, ami(0)},
		"not_a_lookalike": {singapore, func(a account) {
			copies(a, 1)
			a.Create(tokyo, ami(9), evil, t0.Add(2*time.Hour))
			a.Copy(singapore, copied(9), tokyo, ami(9), backup, t0.Add(3*time.Hour))
			a.SetState(singapore, copied(9), "available")
			a.Tag(singapore, copied(9), map[string]string{recovery.TagSourceID: web})
		}, copied(0)},
		"signed_copies_while_the_main_Region_is_down": {singapore, func(a account) { copies(a, 2); attested(a, 2); a.Down(tokyo, true) }, copied(1)},
	} {
		for _, p := range []config.Parameter{latest, pinned} {
			t.Run(name+"/"+string(p.Versioning), func(t *testing.T) {
				a := newAccount(p)
				f.make(a)
				reconciled(t, a, f.region)
				if got := a.Value(f.region, a.name()); got != f.want {
					t.Errorf("the pointer names %q, want %q", got, f.want)
				}
				if err := a.right(f.region); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// The tags of a signed copy were changed: the run that finds out puts them right, and the
// next one the pointer.
func TestReconcile_signs_again_what_was_tampered_with(t *testing.T) {
	a := newAccount(latest)
	copies(a, 2)
	attested(a, 2)
	a.Tag(singapore, copied(1), map[string]string{recovery.TagTakenAt: t0.Add(30 * time.Minute).Format(time.RFC3339)})
	for range 2 {
		scheduled(singapore).deliver(a, nil)
	}
	if got := a.Value(singapore, a.name()); got != copied(1) {
		t.Errorf("the pointer names %q, want %q", got, copied(1))
	}
}

// The image that a server was launched from is not what an image of the server was copied
// from: its quarantine and its age are not handed on.
func TestReconcile_does_not_take_the_launch_image_for_an_original(t *testing.T) {
	a := newAccount(latest)
	a.Create(tokyo, ami(8), "", t0.Add(-time.Hour))
	a.Tag(tokyo, ami(8), map[string]string{recovery.TagQuarantine: "old"})
	a.Create(tokyo, ami(1), web, t0)
	a.LaunchedFrom(tokyo, ami(1), ami(8))
	a.SetState(tokyo, ami(1), "available")
	a.Tag(tokyo, ami(1), map[string]string{recovery.TagSourceID: evil})
	reconciled(t, a, tokyo)
	if _, bad := a.Tags(tokyo, ami(1))[recovery.TagQuarantine]; bad || a.Value(tokyo, a.name()) != ami(1) {
		t.Errorf("tags %v, the pointer names %q", a.Tags(tokyo, ami(1)), a.Value(tokyo, a.name()))
	}
}

// Every call of a reconcile fails, loses its answer, or is its last; the next one puts it right.
func TestReconcile_survives_every_failure_of_every_call(t *testing.T) {
	runs := 0
	for _, p := range []config.Parameter{latest, pinned} {
		for region, make := range map[string]func(a account){
			tokyo: func(a account) {
				backups(a, 2)
				settled(a, tokyo, ami(0))
				a.Tag(tokyo, ami(0), map[string]string{recovery.TagSourceID: evil})
			},
			singapore: func(a account) { copies(a, 2) },
		} {
			a := newAccount(p)
			make(a)
			_, process := scheduled(region).deliver(a, nil)
			for n := range process.Calls {
				for _, fault := range faults {
					runs++
					a := newAccount(p)
					make(a)
					scheduled(region).deliver(a, func(i int, _ awsfake.Call) awsfake.Fault {
						if i == n {
							return fault
						}
						return awsfake.Fault{}
					})
					if o := scheduled(region).redeliver(a); o.Err != nil {
						t.Fatalf("%s, call %d %+v: %v", region, n, fault, o.Err)
					}
					if err := a.right(region); err != nil {
						t.Fatalf("%s, %s, call %d %v %+v: %v", region, p.Versioning, n, process.Calls[n], fault, err)
					}
				}
			}
		}
	}
	t.Logf("%d failures, each followed by another reconcile", runs)
}
