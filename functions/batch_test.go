package functions_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"lastgood/functions/copyimage"
	"lastgood/functions/createimage"
	"lastgood/functions/imagestate"
	"lastgood/shared/attest"
	"lastgood/shared/event"
	"lastgood/shared/recovery"
	"lastgood/shared/signature"
	"lastgood/shared/telemetry"
)

// A batch costs one look at its images, not one for each: these images are nobody's, so
// there is nothing but the look.
func TestFunctions_a_batch_costs_one_DescribeImages(t *testing.T) {
	const size = 100
	a := newAccount(latest)
	created, copies, states := make([]event.CreateImage, size), make([]event.CopyImage, size), make([]event.ImageState, size)
	for i := range size {
		m := event.Meta{ID: fmt.Sprint(i), Region: tokyo, Time: t0}
		a.Create(tokyo, ami(i), "", t0)
		a.Copy(singapore, copied(i), tokyo, ami(i), "golden", t0.Add(time.Minute))
		created[i] = event.CreateImage{Meta: m, ImageID: ami(i)}
		copies[i] = event.CopyImage{Meta: m, ImageID: copied(i), SourceImageID: ami(i), SourceRegion: tokyo}
		states[i] = event.ImageState{Meta: m, ImageID: ami(i), State: recovery.Available}
	}
	ctx, now := context.Background(), a.now

	p := a.Process(nil)
	s := a.settler(p, tokyo)
	createimage.Handler{Images: s.Points.Images, Settler: s, Now: now}.Handle(ctx, created)
	if len(p.Calls) != 1 {
		t.Errorf("createimage: %d calls for %d images, want 1", len(p.Calls), size)
	}

	p = a.Process(nil)
	s = a.settler(p, tokyo)
	imagestate.Handler{Images: s.Points.Images, Parameters: p.Client(tokyo), Settler: s, Now: now}.Handle(ctx, states)
	if len(p.Calls) != 1 {
		t.Errorf("imagestate: %d calls for %d images, want 1", len(p.Calls), size)
	}

	p = a.Process(nil)
	s = a.settler(p, singapore)
	copyimage.Handler{
		Images: s.Points.Images, Settler: s, Now: now,
		Originals: attest.Originals{Client: func(r string) ec2.DescribeImagesAPIClient { return p.Client(r) }, Timeout: time.Second},
		Attestor:  attest.Attestor{EC2: p.Client(singapore), Signer: signature.Key{KMS: p.Client(singapore), ID: "key"}},
	}.Handle(ctx, copies)
	if len(p.Calls) != 2 {
		t.Errorf("copyimage: %d calls for %d copies, want one in each Region", len(p.Calls), size)
	}
}

// The pointers are listed once for a batch of deregistered images, ten a page.
func TestImagestate_lists_the_pointers_once_for_a_batch(t *testing.T) {
	a := newAccount(latest)
	for i := range 25 {
		a.SetParameter(tokyo, fmt.Sprintf("/lastgood/i-%017x", i), ami(i), "String", "text", 1)
	}
	var batch []event.ImageState
	for i := range 50 { // half of them are named by nobody
		batch = append(batch, event.ImageState{Meta: event.Meta{Region: tokyo, Time: t0}, ImageID: ami(i), State: recovery.Gone})
	}
	p := a.Process(nil)
	s := a.settler(p, tokyo)
	outcomes := imagestate.Handler{Images: s.Points.Images, Parameters: p.Client(tokyo), Settler: s, Now: a.now}.Handle(context.Background(), batch)
	if n := p.Count("GetParametersByPath"); n != 3 {
		t.Errorf("%d calls to list 25 pointers, want 3", n)
	}
	for i, o := range outcomes {
		if want := map[bool]telemetry.OutcomeName{true: "dangling", false: "not-named"}[i < 25]; o.Name != want {
			t.Errorf("image %d: %s, want %s", i, o.Name, want)
		}
	}
}
