package functions_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"lastgood/functions/createimage"
	"lastgood/functions/imagestate"
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
		Images:    s.Images,
		Originals: attest.Originals{Client: func(r string) pointer.EC2 { return p.Client(r) }, Timeout: time.Second},
		Attestor:  attest.Attestor{EC2: c, Signer: signature.Key{KMS: c, ID: "key"}, TrustsClaimed: a.trust == config.Claimed},
		Sweep:     &pointer.Sweep{Settler: s, Parameters: c, Pace: func(context.Context) error { return nil }},
		Watch:     reconcile.Watch{MaxAge: 26 * time.Hour, RetireAfter: 14 * 24 * time.Hour},
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

// An instance is watched as long as it is backed up: one that is gone, or was imaged once,
// does not keep an alarm red.
func TestReconcile_counts_as_stale_only_what_is_still_backed_up(t *testing.T) {
	for name, f := range map[string]struct {
		images  int
		later   time.Duration
		aliases map[string][]string
		want    float64
	}{
		"fresh":                      {3, 25 * time.Hour, nil, 0},
		"too_old":                    {3, 27 * time.Hour, nil, 1},
		"too_old_and_an_alias_of_it": {3, 27 * time.Hour, map[string][]string{"web": {web, evil}}, 2},
		"imaged_once":                {1, 27 * time.Hour, nil, 0},
		"gone_for_weeks":             {3, 15 * 24 * time.Hour, nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAccount(latest)
			backups(a, f.images)
			a.Now = t0.Add(f.later)
			var out bytes.Buffer
			h := a.reconciler(a.Process(nil), tokyo)
			h.Sweep.Aliases, h.Metrics.Out = f.aliases, &out
			h.Handle(t.Context(), []event.Reconcile{{}})
			if err := h.Metrics.Flush(); err != nil {
				t.Fatal(err)
			}
			var line map[string]any
			if err := json.NewDecoder(&out).Decode(&line); err != nil {
				t.Fatal(err)
			}
			if got := line[string(telemetry.PointersStale)]; got != f.want {
				t.Errorf("%v stale, want %v", got, f.want)
			}
		})
	}
}

// Repairs are lost events, and nothing else.
func TestReconcile_counts_as_repaired_only_what_an_event_should_have_done(t *testing.T) {
	for name, f := range map[string]struct {
		make func(a account)
		want float64
	}{
		"lost_availability": {func(a account) { backups(a, 2); settled(a, tokyo, ami(0)) }, 1},
		"lost_end":          {func(a account) { backups(a, 2); settled(a, tokyo, ami(1)); a.Deregister(tokyo, ami(1)) }, 1},
		"backfill":          {func(a account) { backups(a, 1) }, 0},
		"quarantine": {func(a account) {
			backups(a, 2)
			settled(a, tokyo, ami(1))
			a.Tag(tokyo, ami(1), map[string]string{recovery.TagQuarantine: ""})
		}, 0},
		"another_data_type": {func(a account) {
			a.MayDelete = true
			backups(a, 1)
			a.SetParameter(tokyo, a.name(), ami(0), "String", "aws:ec2:image", 1)
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAccount(latest)
			f.make(a)
			var out bytes.Buffer
			h := a.reconciler(a.Process(nil), tokyo)
			h.Metrics.Out = &out
			h.Handle(t.Context(), []event.Reconcile{{}})
			if err := h.Metrics.Flush(); err != nil {
				t.Fatal(err)
			}
			var line map[string]any
			if err := json.NewDecoder(&out).Decode(&line); err != nil {
				t.Fatal(err)
			}
			if got := line[string(telemetry.PointersRepaired)]; got != f.want {
				t.Errorf("%v repairs, want %v", got, f.want)
			}
		})
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

// Reconcile runs beside an event function, their calls in every order. (I1, I2.)
func TestReconcile_beside_event_functions_in_every_order(t *testing.T) {
	for name, change := range map[string]struct {
		happens func(w *awsfake.World)
		event   notice
	}{
		"a_newer_image":        {func(w *awsfake.World) { w.SetState(tokyo, ami(1), "available") }, became(tokyo, ami(1), recovery.Available, t0)},
		"a_creation_told_late": {func(w *awsfake.World) { w.SetState(tokyo, ami(1), "available") }, created(ami(1), web, t0)},
		"the_end":              {func(w *awsfake.World) { w.Deregister(tokyo, ami(0)) }, became(tokyo, ami(0), recovery.Gone, t0)},
	} {
		for _, p := range []config.Parameter{latest, pinned} {
			t.Run(name+"/"+string(p.Versioning), func(t *testing.T) {
				explored, err := awsfake.Explore(func() awsfake.Scenario {
					a := newAccount(p)
					backups(a, 1)
					settled(a, tokyo, ami(0))
					a.Create(tokyo, ami(1), web, t0.Add(time.Hour))
					if name == "the_end" {
						a.Create(tokyo, ami(2), web, t0.Add(-time.Hour))
						a.SetState(tokyo, ami(2), "available")
					}
					failed := false
					return awsfake.Scenario{
						World: a.World,
						Actors: []awsfake.Actor{
							{Run: func(process *awsfake.Process) { process.Change(name, change.happens) }},
							{Run: func(process *awsfake.Process) {
								failed = change.event.handle(a, process, change.event.meta()).Err != nil
							}, After: []int{0}},
							{Run: func(process *awsfake.Process) { scheduled(tokyo).handle(a, process, event.Meta{}) }},
						},
						Check: func() error {
							if failed {
								if o := change.event.redeliver(a); o.Err != nil {
									return o.Err
								}
							}
							return a.right(tokyo)
						},
					}
				})
				if err != nil {
					t.Fatal(err)
				}
				t.Log(explored)
			})
		}
	}
}

// Reconcile attributes a copy while copyimage does, their calls in every order. (I1, I2, I6.)
func TestReconcile_beside_copyimage_in_every_order(t *testing.T) {
	for _, p := range []config.Parameter{latest, pinned} {
		t.Run(string(p.Versioning), func(t *testing.T) {
			explored, err := awsfake.Explore(func() awsfake.Scenario {
				a := newAccount(p)
				copies(a, 1)
				failed, heard := false, copiedTo(copied(0), ami(0), false, t0)
				return awsfake.Scenario{
					World: a.World,
					Actors: []awsfake.Actor{
						{Run: func(process *awsfake.Process) { failed = heard.handle(a, process, heard.meta()).Err != nil }},
						{Run: func(process *awsfake.Process) { scheduled(singapore).handle(a, process, event.Meta{}) }},
					},
					Check: func() error {
						if failed {
							if o := heard.redeliver(a); o.Err != nil {
								return o.Err
							}
						}
						return a.right(singapore)
					},
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			t.Log(explored)
		})
	}
}

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
			return createimage.Handler{Images: s.Images, Settler: s, Now: a.now}.Handle(context.Background(), creations)
		}
		return imagestate.Handler{Images: s.Images, Parameters: p.Client(tokyo), Settler: s, Now: a.now}.Handle(context.Background(), states)
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
