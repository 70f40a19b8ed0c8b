package functions_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"lastgood/functions/createimage"
	"lastgood/functions/imagestate"
	"lastgood/shared/awsfake"
	"lastgood/shared/event"
	"lastgood/shared/recovery"
	"lastgood/shared/telemetry"
)

// Ten thousand images of a thousand instances fit into half of what reconcile is given.
func TestReconcile_fits_into_memory(t *testing.T) {
	const images, megabytes = 10_000, 256
	a := newAccount(latest)
	a.Bulk(func() {
		for i := range images {
			a.Create(tokyo, ami(i), fmt.Sprintf("i-%017x", i/10), t0.Add(time.Duration(i)*time.Second))
			a.SetState(tokyo, ami(i), "available")
			a.SetParameter(tokyo, fmt.Sprintf("/lastgood/i-%017x", i/10), ami(i-i%10+9), "String", "text", 1)
		}
	})
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	reconciled(t, a, tokyo)
	runtime.ReadMemStats(&after)
	if grown := (after.HeapSys - before.HeapSys) >> 20; grown > megabytes {
		t.Errorf("the heap grew by %d MB, want at most %d", grown, megabytes)
	}
	t.Logf("the heap grew by %d MB", (after.HeapSys-before.HeapSys)>>20)
}

// A reconcile of many costs its listings, its writes, and little more.
func TestReconcile_keeps_to_its_budget(t *testing.T) {
	const instances, perInstance = 1000, 3
	a := newAccount(latest)
	changed := 0
	a.Bulk(func() {
		for i := range instances {
			id := fmt.Sprintf("i-%017x", i)
			for n := range perInstance {
				image := fmt.Sprintf("ami-%011x%06x", i, n)
				a.Create(tokyo, image, id, t0.Add(time.Duration(n)*time.Minute))
				a.SetState(tokyo, image, "available")
			}
			named := fmt.Sprintf("ami-%011x%06x", i, perInstance-1)
			if i%4 == 0 {
				changed++
				named = fmt.Sprintf("ami-%011x%06x", i, 0)
			}
			a.SetParameter(tokyo, "/lastgood/"+id, named, "String", "text", 1)
		}
	})
	p := reconciled(t, a, tokyo)
	budget := instances*perInstance/1000 + instances/10 + 2*changed
	if len(p.Calls) > budget {
		t.Errorf("%d calls, want at most %d", len(p.Calls), budget)
	}
	if n := p.Count("PutParameter"); n != changed {
		t.Errorf("%d writes for %d changes", n, changed)
	}
	t.Logf("%d calls of a budget of %d", len(p.Calls), budget)
}

// A thousand instances are backed up at once: creation and availability within a minute, puts
// throttled to three a second, a tenth of the events lost, a tenth doubled. One reconcile
// later every pointer is right, and no good event is left over.
func TestReconcile_after_a_storm(t *testing.T) {
	const instances = 1000
	r := rand.New(rand.NewPCG(1, 2))
	a := newAccount(latest)
	type heard struct {
		instance, image int
		creation        bool
	}
	id := func(i int) string { return fmt.Sprintf("i-%017x", i) }
	var events []heard
	a.Bulk(func() {
		for i := range instances {
			a.Create(tokyo, ami(i), id(i), t0)
			a.SetState(tokyo, ami(i), "available")
		}
	})
	for i := range instances {
		for _, creation := range []bool{true, false} {
			for range []int{1, 1, 1, 1, 1, 1, 1, 1, 2, 0}[r.IntN(10)] {
				events = append(events, heard{i, i, creation})
			}
		}
	}
	r.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })

	// Three puts succeed in a second. A batch takes what the SDK's four tries of each throttled
	// put take, a second at least; what failed comes again after the visibility timeout.
	second, puts := 0, 0
	hook := func(_ int, c awsfake.Call) awsfake.Fault {
		if c.Action == "PutParameter" {
			if puts++; puts > 3*(second+1) {
				puts--
				return awsfake.Fault{Before: awsfake.ErrThrottled}
			}
		}
		return awsfake.Fault{}
	}
	receives := map[heard]int{}
	handle := func(batch []heard) []telemetry.Outcome {
		p := a.Process(hook)
		s := a.settler(p, tokyo)
		var creations []event.CreateImage
		var states []event.ImageState
		for _, e := range batch {
			m := event.Meta{ID: id(e.instance), Region: tokyo, Time: t0}
			creations = append(creations, event.CreateImage{Meta: m, ImageID: ami(e.image), InstanceID: id(e.instance)})
			states = append(states, event.ImageState{Meta: m, ImageID: ami(e.image), State: recovery.Available})
		}
		if batch[0].creation {
			return createimage.Handler{Images: s.Points.Images, Settler: s, Now: a.now}.Handle(context.Background(), creations)
		}
		return imagestate.Handler{Images: s.Points.Images, Parameters: p.Client(tokyo), Settler: s, Now: a.now}.Handle(context.Background(), states)
	}
	for len(events) > 0 {
		var again []heard
		for _, creation := range []bool{true, false} {
			mine := slices.DeleteFunc(slices.Clone(events), func(e heard) bool { return e.creation != creation })
			for batch := range slices.Chunk(mine, map[bool]int{true: 10, false: 100}[creation]) {
				for i, o := range handle(batch) {
					if o.Err == nil {
						continue
					}
					if receives[batch[i]]++; receives[batch[i]] < 10 { // else: the dead-letter queue
						again = append(again, batch[i])
					}
				}
				second++
			}
		}
		second += 180 // the visibility timeout
		events = again
	}
	for e, n := range receives {
		if n >= 10 {
			t.Fatalf("%+v ended in the dead-letter queue", e)
		}
	}
	t.Logf("%d events came again", len(receives))
	reconciled(t, a, tokyo)
	for i := range instances {
		if got := a.Value(tokyo, "/lastgood/"+id(i)); got != ami(i) {
			t.Fatalf("the pointer of %s names %q", id(i), got)
		}
	}
}
