package inventory

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"

	"lastgood/shared/awsfake"
	"lastgood/shared/recovery"
)

func nth(i int) string { return fmt.Sprintf("ami-%017x", i) }

// many makes n available images of web.
func many(w *awsfake.World, n int) []string {
	var ids []string
	for i := range n {
		ids = append(ids, nth(i))
		imageOf(w, nth(i), web)
	}
	return ids
}

// asked is an EC2 that notes the requests it gets.
type asked struct {
	ec2.DescribeImagesAPIClient
	requests []ec2.DescribeImagesInput
}

func (a *asked) DescribeImages(ctx context.Context, in *ec2.DescribeImagesInput, o ...func(*ec2.Options)) (*ec2.DescribeImagesOutput, error) {
	a.requests = append(a.requests, *in)
	return a.DescribeImagesAPIClient.DescribeImages(ctx, in, o...)
}

func imagesOf(w *awsfake.World) (Images, *asked) {
	a := &asked{DescribeImagesAPIClient: w.Process(nil).Client(tokyo)}
	return Images{EC2: a, Region: tokyo}, a
}

func idsOf(points []recovery.Point) []string {
	var ids []string
	for _, p := range points {
		ids = append(ids, p.ID)
	}
	return ids
}

func TestByID_asks_for_two_hundred_a_call_each_once(t *testing.T) {
	for n, calls := range map[int][]int{0: nil, 1: {1}, 200: {200}, 201: {200, 1}, 450: {200, 200, 50}} {
		w := awsfake.New(tokyo, singapore)
		want := many(w, n)
		ids := append(slices.Clone(want), want...) // every id twice
		slices.Reverse(ids)
		before := slices.Clone(ids)
		i, a := imagesOf(w)
		got, err := i.ByID(t.Context(), ids...)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, slices.Sorted(maps.Keys(got))); diff != "" {
			t.Errorf("%d images: %s", n, diff)
		}
		var sizes []int
		for _, r := range a.requests {
			sizes = append(sizes, len(r.Filters[0].Values))
		}
		if diff := cmp.Diff(calls, sizes); diff != "" {
			t.Errorf("%d images: %s", n, diff)
		}
		if diff := cmp.Diff(before, ids); diff != "" {
			t.Errorf("the argument was changed: %s", diff)
		}
	}
}

func TestByID_shows_disabled_images_and_leaves_out_unknown_ones(t *testing.T) {
	w := awsfake.New(tokyo, singapore)
	imageOf(w, ami1, web)
	imageOf(w, ami2, web)
	w.SetState(tokyo, ami2, "disabled")
	i, _ := imagesOf(w)
	got, err := i.ByID(t.Context(), ami1, ami2, ami3)
	if err != nil {
		t.Fatal(err)
	}
	states := map[string]recovery.State{}
	for id, p := range got {
		states[id] = p.State
	}
	if diff := cmp.Diff(map[string]recovery.State{ami1: recovery.Available, ami2: recovery.Gone}, states); diff != "" {
		t.Error(diff)
	}
}

func TestByID_a_failure_says_what_was_asked_for(t *testing.T) {
	w := awsfake.New(tokyo, singapore)
	ids := many(w, 201)
	p := w.Process(func(n int, _ awsfake.Call) awsfake.Fault {
		if n == 1 {
			return awsfake.Fault{Before: awsfake.ErrThrottled}
		}
		return awsfake.Fault{}
	})
	got, err := Images{EC2: p.Client(tokyo), Region: tokyo}.ByID(t.Context(), ids...)
	if got != nil || !errors.Is(err, awsfake.ErrThrottled) || !strings.Contains(err.Error(), nth(200)) {
		t.Errorf("%v, %v", got, err)
	}
}

func TestOfSource_finds_originals_by_EC2_and_copies_by_tag(t *testing.T) {
	w := awsfake.New(tokyo, singapore)
	imageOf(w, ami1, web)
	imageOf(w, nth(10), other)
	w.Copy(tokyo, ami2, singapore, nth(11), "signed", t0)
	w.SetState(tokyo, ami2, "available")
	w.Tag(tokyo, ami2, map[string]string{recovery.TagSourceID: web})
	w.Copy(tokyo, nth(12), singapore, nth(13), "of nobody", t0)
	imageOf(w, ami3, web)
	w.SetState(tokyo, ami3, "disabled")
	imageOf(w, nth(14), other) // says it is web's
	w.Tag(tokyo, nth(14), map[string]string{recovery.TagSourceID: web})
	i, a := imagesOf(w)
	got, err := i.OfSource(t.Context(), web)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{ami1, ami2, nth(14)}, idsOf(got)); diff != "" {
		t.Error(diff)
	}
	var filters []string
	for _, r := range a.requests {
		filters = append(filters, *r.Filters[0].Name+"="+r.Filters[0].Values[0])
		if diff := cmp.Diff([]string{"self"}, r.Owners); diff != "" || *r.MaxResults != 1000 || *r.IncludeDisabled {
			t.Errorf("asks for %+v", r)
		}
	}
	if diff := cmp.Diff([]string{"source-instance-id=" + web, "tag:" + recovery.TagSourceID + "=" + web}, filters); diff != "" {
		t.Error(diff)
	}
}

func TestOfSource_reads_every_page(t *testing.T) {
	w := awsfake.New(tokyo, singapore)
	want := many(w, 25)
	w.PageSize = 10
	i, a := imagesOf(w)
	got, err := i.OfSource(t.Context(), web)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, idsOf(got)); diff != "" || len(a.requests) != 4 {
		t.Errorf("%d calls: %s", len(a.requests), diff)
	}
}

func TestOfSource_a_failure_names_the_source(t *testing.T) {
	for fails := range 2 {
		p := awsfake.New(tokyo, singapore).Process(func(n int, _ awsfake.Call) awsfake.Fault {
			if n == fails {
				return awsfake.Fault{Before: awsfake.ErrThrottled}
			}
			return awsfake.Fault{}
		})
		got, err := Images{EC2: p.Client(tokyo), Region: tokyo}.OfSource(t.Context(), web)
		if got != nil || !errors.Is(err, awsfake.ErrThrottled) || !strings.Contains(err.Error(), web) {
			t.Errorf("call %d: %v, %v", fails, got, err)
		}
	}
}

func TestAll_lists_every_sources_images_in_its_Region(t *testing.T) {
	w := awsfake.New(tokyo, singapore)
	imageOf(w, ami1, web)
	imageOf(w, ami2, other)
	w.Copy(singapore, ami3, tokyo, ami1, "copy", t0)
	w.PageSize = 1
	i, _ := imagesOf(w)
	got, err := i.All(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{ami1, ami2}, idsOf(got)); diff != "" {
		t.Error(diff)
	}
}

func TestAll_a_failure_names_the_Region(t *testing.T) {
	w := awsfake.New(tokyo, singapore)
	w.Down(tokyo, true)
	i, _ := imagesOf(w)
	if got, err := i.All(t.Context()); got != nil || err == nil || !strings.Contains(err.Error(), tokyo) {
		t.Errorf("%v, %v", got, err)
	}
}

func TestPoint_is_the_image_as_EC2_describes_it(t *testing.T) {
	whole := types.Image{
		ImageId: aws.String(ami1), Name: aws.String("daily"), State: types.ImageStateAvailable,
		CreationDate: aws.String("2026-09-01T02:00:00.123Z"), SourceInstanceId: aws.String(web),
		SourceImageId: aws.String(ami2), SourceImageRegion: aws.String(singapore),
		Tags: []types.Tag{{Key: aws.String("Name"), Value: aws.String("web")}, {Key: aws.String("empty")}},
	}
	for name, tc := range map[string]struct {
		image types.Image
		want  recovery.Point
	}{
		"everything_said": {whole, recovery.Point{
			ID: ami1, Region: tokyo, Name: "daily", State: recovery.Available, Created: t0.Add(123 * time.Millisecond),
			OriginalOf: web, SourceImage: ami2, SourceRegion: singapore, Tags: map[string]string{"Name": "web", "empty": ""}}},
		"nothing_said": {types.Image{}, recovery.Point{Region: tokyo, State: recovery.Gone, Tags: map[string]string{}}},
		"whole_seconds": {types.Image{ImageId: aws.String(ami1), CreationDate: aws.String("2026-09-01T02:00:00Z")},
			recovery.Point{ID: ami1, Region: tokyo, State: recovery.Gone, Created: t0, Tags: map[string]string{}}},
		"creation_date_unreadable": {types.Image{ImageId: aws.String(ami1), CreationDate: aws.String("yesterday")},
			recovery.Point{ID: ami1, Region: tokyo, State: recovery.Gone, Tags: map[string]string{}}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, Images{Region: tokyo}.point(tc.image)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A state that is not known is none to restore from.
func TestState_every_state_of_EC2(t *testing.T) {
	good := map[types.ImageState]recovery.State{
		types.ImageStateAvailable: recovery.Available,
		types.ImageStatePending:   recovery.Pending,
		types.ImageStateTransient: recovery.Pending,
	}
	for _, s := range append(types.ImageState("").Values(), "", "archived", "Available") {
		want, known := good[s]
		if !known {
			want = recovery.Gone
		}
		if got := state(s); got != want {
			t.Errorf("%q is %s, want %s", s, got, want)
		}
	}
}
