package pointer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/google/go-cmp/cmp"

	"lastgood/shared/awsfake"
	"lastgood/shared/config"
	"lastgood/shared/recovery"
	"lastgood/shared/telemetry"
)

func sweep(t *testing.T, w *awsfake.World, parameter config.Parameter, change func(*Sweep)) (SweepResult, *awsfake.Process) {
	t.Helper()
	p := w.Process(nil)
	s := &Sweep{Settler: settler(p, tokyo, parameter), Parameters: p.Client(tokyo), Pace: func(context.Context) error { return nil }}
	if change != nil {
		change(s)
	}
	images, err := s.Points.Images.All(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	result, err := s.Sweep(t.Context(), images)
	if err != nil {
		t.Fatal(err)
	}
	return result, p
}

// moves are what became of each pointer.
func moves(r SweepResult) map[string]Move {
	m := map[string]Move{}
	for _, result := range r.Results {
		m[result.Source] = result.Move
	}
	return m
}

func TestSweep_settles_every_kind_of_source(t *testing.T) {
	w := world(latest)
	w.MayDelete = true
	named := func(n int) string { return fmt.Sprintf("i-%017x", n) }
	image := func(id string, n int, state string) {
		w.Create(tokyo, id, named(n), t0)
		w.SetState(tokyo, id, state)
	}
	image("ami-00000000000000011", 1, "available") // right
	w.SetParameter(tokyo, "/lastgood/"+named(1), "ami-00000000000000011", "String", "text", 7)
	image("ami-00000000000000012", 2, "available") // behind
	w.SetParameter(tokyo, "/lastgood/"+named(2), "ami-0000000000000dead", "String", "text", 7)
	image("ami-00000000000000013", 3, "available") // no pointer yet
	image("ami-00000000000000014", 4, "pending")   // nothing good, no pointer
	w.SetParameter(tokyo, "/lastgood/"+named(5), "ami-0000000000000dead", "String", "text", 7)
	image("ami-00000000000000016", 6, "available") // wrong data type
	w.SetParameter(tokyo, "/lastgood/"+named(6), "ami-00000000000000016", "String", "aws:ec2:image", 7)
	w.SetParameter(tokyo, "/lastgood/"+named(7), "no image at all", "String", "text", 7)
	w.SetParameter(tokyo, "/lastgood/not-ours", "value", "String", "text", 7)

	r, _ := sweep(t, w, latest, nil)
	want := map[string]Move{named(1): Unchanged, named(2): Moved, named(3): Moved, named(4): Nothing, named(5): Dangling, named(6): Moved, named(7): Conflict}
	if diff := cmp.Diff(want, moves(r)); diff != "" {
		t.Error(diff)
	}
	if len(r.Errors) > 0 || len(w.Broken) > 0 {
		t.Error(r.Errors, w.Broken)
	}
	for n, value := range map[int]string{1: "ami-00000000000000011", 2: "ami-00000000000000012", 3: "ami-00000000000000013", 5: "ami-0000000000000dead", 6: "ami-00000000000000016", 7: "no image at all"} {
		if got := w.Value(tokyo, "/lastgood/"+named(n)); got != value {
			t.Errorf("%s names %q, want %q", named(n), got, value)
		}
	}
	if w.Value(tokyo, "/lastgood/not-ours") != "value" {
		t.Error("somebody else's parameter was written")
	}
}

// The newest image was pending when the images were listed, and an event has moved the
// pointer to it since: the sweep does not move it back, not even for a moment.
func TestSweep_does_not_undo_what_an_event_did_meanwhile(t *testing.T) {
	for name, after := range map[string]string{"before_the_pointers_are_listed": "DescribeImages", "while_it_writes": "GetParametersByPath"} {
		t.Run(name, func(t *testing.T) {
			w := world(latest)
			images(w, ami1)
			w.Create(tokyo, ami2, web, t0.Add(time.Hour))
			w.SetParameter(tokyo, parameter, "ami-0000000000000dead", "String", "text", 1)
			moved := false
			p := w.Process(func(_ int, c awsfake.Call) awsfake.Fault {
				if c.Action == "PutParameter" && w.Value(tokyo, parameter) == ami2 && !moved {
					t.Error("the pointer was moved away from the newest image")
				}
				return awsfake.Fault{}
			})
			s := &Sweep{Settler: settler(p, tokyo, latest), Parameters: p.Client(tokyo), Pace: func(context.Context) error { return nil }}
			listed, err := s.Points.Images.All(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			event := func() {
				w.SetState(tokyo, ami2, "available")
				w.SetParameter(tokyo, parameter, ami2, "String", "text", 2)
			}
			if after == "DescribeImages" {
				event()
			} else {
				inner := p.Hook
				p.Hook = func(n int, c awsfake.Call) awsfake.Fault {
					if c.Action == "DescribeImages" && !moved {
						moved = true
						event()
					}
					return inner(n, c)
				}
			}
			if _, err := s.Sweep(t.Context(), listed); err != nil {
				t.Fatal(err)
			}
			if got := w.Value(tokyo, parameter); got != ami2 {
				t.Errorf("the pointer names %q", got)
			}
		})
	}
}

// What a pointer names is told, and not what it should name.
func TestSweep_tells_what_pointers_name_that_could_not_be_moved(t *testing.T) {
	w := world(latest)
	images(w, ami1, ami2)
	w.SetParameter(tokyo, parameter, ami1, "String", "text", 1)
	p := w.Process(func(_ int, c awsfake.Call) awsfake.Fault {
		if c.Action == "PutParameter" {
			return awsfake.Fault{Before: awsfake.ErrServer}
		}
		return awsfake.Fault{}
	})
	s := &Sweep{Settler: settler(p, tokyo, latest), Parameters: p.Client(tokyo), Pace: func(context.Context) error { return nil }}
	listed, err := s.Points.Images.All(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Sweep(t.Context(), listed)
	if err != nil || len(r.Errors) != 1 || len(r.Results) != 1 || r.Results[0].Move != Behind || r.Results[0].To != ami1 || !r.Results[0].TakenAt.Equal(t0) {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestSweep_passes_over_forgeries(t *testing.T) {
	w := world(latest)
	images(w, ami1)
	w.Copy(tokyo, ami3, singapore, ami2, "copy", t0.Add(time.Hour))
	w.SetState(tokyo, ami3, "available")
	w.Tag(tokyo, ami3, map[string]string{recovery.TagSourceID: web, recovery.TagTakenAt: t0.Add(time.Hour).Format(time.RFC3339), recovery.TagSignature: "AAAA"})
	r, _ := sweep(t, w, latest, nil)
	if got := w.Value(tokyo, parameter); got != ami1 || len(r.Results) != 1 || !cmp.Equal(r.Results[0].Forged, []string{ami3}) {
		t.Errorf("the pointer names %q: %+v", got, r.Results)
	}
}

func TestSweep_moves_the_newest_first_and_stops_in_time(t *testing.T) {
	w := world(latest)
	const n = 3 * chunk
	for i := range n {
		id, source := fmt.Sprintf("ami-%017x", i), fmt.Sprintf("i-%017x", i)
		w.Create(tokyo, id, source, t0.Add(time.Duration(i)*time.Minute))
		w.SetState(tokyo, id, "available")
	}
	written := 0
	r, _ := sweep(t, w, latest, func(s *Sweep) {
		s.Pace = func(context.Context) error {
			if written++; written > chunk {
				return errors.New("the time is over")
			}
			return nil
		}
	})
	for i := range n {
		written := w.Value(tokyo, fmt.Sprintf("/lastgood/i-%017x", i)) != ""
		if newest := i >= n-chunk; written != newest {
			t.Fatalf("image %d of %d: written %v", i, n, written)
		}
	}
	if r.Unfinished != n-chunk || len(r.Errors) > 0 {
		t.Errorf("%d unfinished for %d pointers that were not written: %v", r.Unfinished, n-chunk, r.Errors)
	}
	if r, _ = sweep(t, w, latest, nil); len(r.Errors) > 0 || r.Unfinished > 0 {
		t.Error(r.Errors, r.Unfinished)
	}
	if got := len(moves(r)); got != n {
		t.Errorf("the next sweep knows %d pointers, want %d", got, n)
	}
}

func TestSweep_begins_nothing_when_the_time_is_over(t *testing.T) {
	w := world(latest)
	images(w, ami1)
	p := w.Process(nil)
	s := &Sweep{Settler: settler(p, tokyo, latest), Parameters: p.Client(tokyo), Pace: func(context.Context) error { return nil }, Reserve: time.Hour}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	listed, err := s.Points.Images.All(ctx)
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Sweep(ctx, listed)
	if err != nil || r.Unfinished != 1 || w.Value(tokyo, parameter) != "" {
		t.Errorf("%+v, %v", r, err)
	}
}

// An alias stands at the newest good image of any of its instances. (A restored server has
// a new id.)
func TestAliases_follow_all_their_sources(t *testing.T) {
	for _, p := range []config.Parameter{latest, {Prefix: "/", Versioning: config.Pinned, DataType: config.Text}} {
		w := world(p)
		alias := Names(p.Prefix).Parameter("web")
		aliases := map[string][]string{"web": {web, other}}
		images(w, ami1)
		sweep(t, w, p, func(s *Sweep) { s.Aliases = aliases })
		if got := w.Value(tokyo, alias); got != ami1 {
			t.Fatalf("after a sweep the alias names %q", got)
		}
		w.Create(tokyo, ami2, other, t0.Add(time.Hour))
		w.SetState(tokyo, ami2, "available")
		s := settler(w.Process(nil), tokyo, p)
		s.Aliases = aliases
		var b Batch
		b.Add(0, other, Hint{Image: ami2, State: recovery.Available, Fresh: true})
		b.Settle(t.Context(), s, func(_ int, o telemetry.Outcome) {
			if o.Err != nil || !o.Moved() {
				t.Errorf("%+v", o)
			}
		})
		if got := w.Value(tokyo, alias); got != ami2 {
			t.Errorf("after an event of the other instance the alias names %q", got)
		}
		if got := w.Value(tokyo, Names(p.Prefix).Parameter(web)); got != ami1 {
			t.Errorf("the instance's own pointer names %q", got)
		}
		w.Deregister(tokyo, ami2)
		sweep(t, w, p, func(s *Sweep) { s.Aliases = aliases })
		if got := w.Value(tokyo, alias); got != ami1 {
			t.Errorf("after its end the alias names %q", got)
		}
	}
}

func BenchmarkSweep(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		points := make([]recovery.Point, n)
		pointers := map[string]types.Parameter{}
		for i := range points {
			source := fmt.Sprintf("i-%017x", i/10)
			points[i] = recovery.Point{
				ID: fmt.Sprintf("ami-%017x", i), Region: tokyo, State: recovery.Available,
				OriginalOf: source, Created: t0.Add(time.Duration(i) * time.Minute), Tags: map[string]string{"Name": "web"},
			}
			pointers[source] = types.Parameter{Value: &points[i].ID, Version: 1, Type: "String", DataType: aws.String("text")}
		}
		b.Run(fmt.Sprintf("images=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				w := &sweeping{
					Sweep: &Sweep{Settler: &Settler{Store: Store{Parameter: latest}, Included: all}},
					found: newFound(points), results: map[string]*Result{},
				}
				if len(slices.DeleteFunc(w.aims(context.Background(), pointers), w.stands)) > 0 {
					b.Fatal("something moved")
				}
			}
		})
	}
}
