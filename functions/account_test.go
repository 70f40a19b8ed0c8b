// Package functions_test puts all functions into one account, as they are deployed, and
// tries every order and every failure on them.
package functions_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"lastgood/functions/copyimage"
	"lastgood/functions/createimage"
	"lastgood/functions/imagestate"
	"lastgood/shared/attest"
	"lastgood/shared/awsfake"
	"lastgood/shared/config"
	"lastgood/shared/event"
	"lastgood/shared/inventory"
	"lastgood/shared/pointer"
	"lastgood/shared/recovery"
	"lastgood/shared/signature"
	"lastgood/shared/telemetry"
)

const (
	tokyo     = "ap-northeast-1"
	singapore = "ap-southeast-1"
	web       = "i-0123456789abcdef0"
	evil      = "i-0eeeeeeeeeeeeeeee"
	backup    = "AwsBackup_" + web + "_0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"
)

var (
	t0     = time.Date(2026, 9, 1, 2, 0, 0, 0, time.UTC)
	latest = config.Default().Parameter
	pinned = config.Parameter{Prefix: "/", Versioning: config.Pinned, DataType: config.Text}
	// validated takes its values only some time after they are put.
	validated = config.Parameter{Prefix: "/lastgood/", Versioning: config.Latest, DataType: config.EC2Image}
)

// ami is the id of the nth image in Tokyo, copied the id of its copy in Singapore.
func ami(n int) string    { return fmt.Sprintf("ami-%017x", n) }
func copied(n int) string { return fmt.Sprintf("ami-c%016x", n) }

// account is a world and how lastgood is configured in it.
type account struct {
	*awsfake.World
	parameter config.Parameter
	trust     config.Trust
}

func newAccount(parameter config.Parameter) account {
	w := awsfake.New(tokyo, singapore)
	w.MayDelete = parameter.Versioning == config.Pinned
	w.KnowsSources = true
	w.Validates = true
	return account{w, parameter, config.Attested}
}

// name is the parameter's name for web.
func (a account) name() string { return pointer.Names(a.parameter.Prefix).Parameter(web) }

// right says whether web's pointer is where it belongs.
func (a account) right(region string) error {
	want := a.Newest(region, web)
	if got := a.Value(region, a.name()); want != "" && got != want {
		return fmt.Errorf("in %s the pointer names %q, and the newest good image is %q", region, got, want)
	}
	if v := a.Version(region, a.name()); v > 1 && a.parameter.Versioning == config.Pinned {
		return fmt.Errorf("in %s the pinned pointer is at version %d", region, v)
	}
	if len(a.Broken) > 0 {
		return errors.New(a.Broken[0])
	}
	return nil
}

// notice is an event on its way to the function that handles it.
type notice struct {
	name   string
	region string
	handle func(a account, p *awsfake.Process, m event.Meta) telemetry.Outcome
	at     time.Time
}

// deliver hands the event to its function, in a process of its own.
func (n notice) deliver(a account, hook func(int, awsfake.Call) awsfake.Fault) (telemetry.Outcome, *awsfake.Process) {
	p := a.Process(hook)
	return n.handle(a, p, n.meta()), p
}

// redeliver hands it over once more, after an attempt that failed.
func (n notice) redeliver(a account) telemetry.Outcome {
	m := n.meta()
	m.Redelivered = true
	return n.handle(a, a.Process(nil), m)
}

func (n notice) meta() event.Meta {
	return event.Meta{ID: "event", Name: n.name, Region: n.region, Time: n.at}
}

func (a account) settler(p *awsfake.Process, region string) *pointer.Settler {
	c := p.Client(region)
	return &pointer.Settler{
		Points:   inventory.PointsIn(c, region),
		Store:    pointer.Store{SSM: c, Parameter: a.parameter},
		Verifier: signature.Key{KMS: c, ID: "key"},
		Included: func(string) bool { return true },
		Pause:    func(context.Context, time.Duration) error { return nil },
	}
}

func (a account) now() time.Time { return a.Now }

// created is CloudTrail's event of a CreateImage in Tokyo. Without instance, CloudTrail
// left the request out.
func created(image, instance string, at time.Time) notice {
	return notice{"created " + image, tokyo, func(a account, p *awsfake.Process, m event.Meta) telemetry.Outcome {
		s := a.settler(p, tokyo)
		h := createimage.Handler{Images: s.Points.Images, Settler: s, Now: a.now}
		return h.Handle(context.Background(), []event.CreateImage{{Meta: m, ImageID: image, InstanceID: instance}})[0]
	}, at}
}

// copiedTo is CloudTrail's event of a CopyImage from Tokyo to Singapore.
func copiedTo(image, original string, byBackup bool, at time.Time) notice {
	return notice{"copied " + image, singapore, func(a account, p *awsfake.Process, m event.Meta) telemetry.Outcome {
		s := a.settler(p, singapore)
		h := copyimage.Handler{
			Images: s.Points.Images, Settler: s, Now: a.now,
			Originals: attest.Originals{Client: func(r string) ec2.DescribeImagesAPIClient { return p.Client(r) }, Timeout: time.Second},
			Attestor:  attest.Attestor{EC2: p.Client(singapore), Signer: signature.Key{KMS: p.Client(singapore), ID: "key"}, TrustsClaimed: a.trust == config.Claimed},
		}
		return h.Handle(context.Background(), []event.CopyImage{{
			Meta: m, ImageID: image, SourceImageID: original, SourceRegion: tokyo, ByBackup: byBackup}})[0]
	}, at}
}

// became is EC2's event of an image's new state.
func became(region, image string, state recovery.State, at time.Time) notice {
	return notice{string(state) + " " + image, region, func(a account, p *awsfake.Process, m event.Meta) telemetry.Outcome {
		s := a.settler(p, region)
		h := imagestate.Handler{Images: s.Points.Images, Parameters: p.Client(region), Settler: s, Now: a.now}
		return h.Handle(context.Background(), []event.ImageState{{Meta: m, ImageID: image, State: state}})[0]
	}, at}
}
