package capture

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"lastgood/shared/awsfake"
	"lastgood/shared/config"
	"lastgood/shared/consistency"
	"lastgood/shared/event"
	"lastgood/shared/inventory"
	"lastgood/shared/recovery"
	"lastgood/shared/telemetry"
)

const (
	tokyo = "ap-northeast-1"
	web   = "i-0123456789abcdef0"
	root  = "vol-00000000000000001"
	data  = "vol-00000000000000002"
	logs  = "vol-00000000000000003"
)

var run = recovery.Run{Policy: "daily", Scheduled: time.Date(2026, 11, 20, 2, 0, 0, 0, time.UTC), Target: web}

// scripts carries commands to the hosts of the fake account, in one call each.
type scripts struct{ client *awsfake.Client }

func (s scripts) Run(ctx context.Context, instance, _, executionID, command string, _ time.Duration) (consistency.Result, error) {
	exit, reached, err := s.client.RunCommand(ctx, awsfake.Command{Instance: instance, ExecutionID: executionID, Command: command})
	switch {
	case errors.Is(err, awsfake.ErrTimedOut):
		return consistency.Result{Outcome: consistency.TimedOut}, nil
	case err != nil:
		return consistency.Result{Outcome: consistency.Unknown}, err
	case !reached:
		return consistency.Result{Outcome: consistency.NotRun}, nil
	case exit != 0:
		return consistency.Result{Outcome: consistency.Failed, ExitCode: exit, Meaning: consistency.Meaning(exit)}, nil
	}
	return consistency.Result{Outcome: consistency.Succeeded}, nil
}

func server() *awsfake.World {
	w := awsfake.New(tokyo)
	w.Launch(tokyo, web, map[string]string{"Name": "web", "aws:cloudformation:stack-name": "s", "lastgood:policy": "x"}, root, data, logs)
	w.TagVolume(tokyo, root, map[string]string{"Name": "root"})
	w.TagVolume(tokyo, data, map[string]string{"Name": "data", "lastgood:run": "x"})
	w.TagVolume(tokyo, logs, map[string]string{"Name": "logs", "Backup": "no"})
	return w
}

func daily(change ...func(p *config.Policy)) config.Policy {
	p := config.Policy{Name: "daily", Target: config.Target{Type: config.Instance}, Produce: config.Snapshot, Tags: map[string]string{"Team": "web"}}
	for _, c := range change {
		c(&p)
	}
	return p
}

func scripted(p *config.Policy) {
	p.Scripts = &config.Scripts{Pre: "stop", Post: "start", Timeout: config.Duration(10 * time.Second), OnFailure: config.CrashConsistent}
}

func skipping(p *config.Policy) { p.Scripts.OnFailure = config.Skip }
func image(p *config.Policy)    { p.Produce = config.Image }

func handler(p *awsfake.Process, policy config.Policy) Handler {
	c := p.Client(tokyo)
	return Handler{
		EC2: c, Snapshots: inventory.Snapshots{EC2: c, Region: tokyo}, Scripts: scripts{c},
		Policies: config.Config{Policies: []config.Policy{policy}}.Policy, ThawQueue: telemetry.ThawQueue,
		Metrics: &telemetry.Recorder{Out: io.Discard, Now: time.Now},
		Now:     func() time.Time { return p.World.Now },
		Pause:   func(context.Context, time.Duration) error { p.World.Now = p.World.Now.Add(time.Minute); return nil },
	}
}

// deliver hands the capture over for the nth time; over Attempts, from the thaw queue.
func deliver(p *awsfake.Process, policy config.Policy, n int) telemetry.Outcome {
	e := event.Capture{Meta: event.Meta{Receives: n, Queue: telemetry.CaptureQueue}, Run: run}
	if n > Attempts {
		e.Receives, e.Queue = n-Attempts, telemetry.ThawQueue
	}
	return handler(p, policy).Handle(context.Background(), []event.Capture{e})[0]
}

// An application waits for an image's snapshots so long, and no longer; and the log says that.
func TestHandle_an_image_whose_snapshots_are_slow_to_begin(t *testing.T) {
	w := server()
	h := handler(w.Process(nil), daily(scripted, image))
	h.EC2 = slow{h.EC2}
	o := h.Handle(t.Context(), []event.Capture{{Meta: event.Meta{Receives: 1}, Run: run}})[0]
	if o.Err != nil || !strings.Contains(o.Reason, errSlow.Error()) || !slices.Contains(o.Metrics, telemetry.ScriptsFailed) {
		t.Errorf("%s (%s), %v: %v", o.Name, o.Reason, o.Metrics, o.Err)
	}
	for _, id := range points(w) {
		if got := w.Tags(tokyo, id)[recovery.TagPreScript]; got != recovery.Failure || w.Host(tokyo, web).Frozen != "" {
			t.Errorf("%s says %s, frozen by %q", id, got, w.Host(tokyo, web).Frozen)
		}
	}
}

// A thaw that failed is counted with its capture, and comes again.
func TestHandle_a_thaw_that_fails_comes_again(t *testing.T) {
	w := server()
	w.SetHost(tokyo, web, awsfake.Host{PostExit: 1})
	o := deliver(w.Process(nil), daily(scripted), 1)
	for _, m := range []telemetry.Metric{telemetry.CapturesMade, telemetry.ScriptsFailed, telemetry.EventsFailed} {
		if !slices.Contains(o.Metrics, m) {
			t.Errorf("%v lacks %s", o.Metrics, m)
		}
	}
	if o.Err == nil || !strings.Contains(o.Err.Error(), web) {
		t.Errorf("%s: %v", o.Name, o.Err)
	}
	h := w.Host(tokyo, web)
	h.PostExit = 0
	w.SetHost(tokyo, web, h)
	if o := deliver(w.Process(nil), daily(scripted), 2); o.Err != nil || len(o.Metrics) > 0 || w.Host(tokyo, web).Frozen != "" {
		t.Errorf("%s %v: %v, frozen by %q", o.Name, o.Metrics, o.Err, w.Host(tokyo, web).Frozen)
	}
}

// A message that comes again after all went well raises no alarm.
func TestHandle_what_is_judged_stays_judged(t *testing.T) {
	w := server()
	policy := daily(scripted)
	for n := 1; n <= 2; n++ {
		o := deliver(w.Process(nil), policy, n)
		if o.Err != nil || o.Name != "captured" || slices.Contains(o.Metrics, telemetry.ScriptsFailed) {
			t.Errorf("delivery %d: %s (%s), %v, %v", n, o.Name, o.Reason, o.Metrics, o.Err)
		}
	}
	for _, id := range points(w) {
		if got := w.Tags(tokyo, id)[recovery.TagPostScript]; got != recovery.Success {
			t.Errorf("%s says %s", id, got)
		}
	}
}

func TestHandle(t *testing.T) {
	for name, tc := range map[string]struct {
		policy  config.Policy
		prepare func(w *awsfake.World)
		outcome telemetry.OutcomeName
		volumes []string // that snapshots were taken of
		script  string   // what the tags say of both scripts
		reason  string
		metrics []telemetry.Metric
	}{
		"a set of snapshots": {policy: daily(), outcome: "captured", volumes: []string{root, data, logs}},
		"frozen":             {policy: daily(scripted), outcome: "captured", volumes: []string{root, data, logs}, script: "SUCCESS"},
		"volumes left out": {
			policy: daily(func(p *config.Policy) {
				p.Exclude = config.Exclude{BootVolume: true, VolumeTags: map[string]string{"Backup": "no", "Other": "tag"}}
			}),
			outcome: "captured", volumes: []string{data},
		},
		"all volumes left out": {
			policy: daily(func(p *config.Policy) {
				p.Exclude = config.Exclude{BootVolume: true, VolumeTags: map[string]string{"Name": "data", "Backup": "no"}}
			}),
			outcome: "skipped", reason: "leaves out all volumes", metrics: []telemetry.Metric{telemetry.CapturesSkipped},
		},
		"stopped instances need no scripts": {
			policy: daily(scripted), prepare: func(w *awsfake.World) { w.SetInstance(tokyo, web, "stopped") },
			outcome: "captured", volumes: []string{root, data, logs},
		},
		"terminated": {
			policy: daily(scripted), prepare: func(w *awsfake.World) { w.SetInstance(tokyo, web, "terminated") },
			outcome: "skipped", reason: "terminated", metrics: []telemetry.Metric{telemetry.CapturesSkipped},
		},
		"pre fails": {
			policy: daily(scripted), prepare: func(w *awsfake.World) { w.SetHost(tokyo, web, awsfake.Host{PreExit: 1}) },
			outcome: "captured", volumes: []string{root, data, logs}, script: "FAILED",
			reason: "was not frozen", metrics: []telemetry.Metric{telemetry.ScriptsFailed},
		},
		"pre fails, and the policy skips": {
			policy: daily(scripted, skipping), prepare: func(w *awsfake.World) { w.SetHost(tokyo, web, awsfake.Host{PreExit: 1}) },
			outcome: "skipped", reason: "could not be frozen", metrics: []telemetry.Metric{telemetry.ScriptsFailed, telemetry.CapturesSkipped},
		},
		"frozen by somebody else": {
			policy: daily(scripted), prepare: func(w *awsfake.World) { w.SetHost(tokyo, web, awsfake.Host{Frozen: "other.1"}) },
			outcome: "captured", volumes: []string{root, data, logs}, script: "SUCCESS",
		},
		"agent offline": {
			policy: daily(scripted), prepare: func(w *awsfake.World) { w.Offline = true },
			outcome: "captured", volumes: []string{root, data, logs}, script: "FAILED",
			reason: "was not frozen", metrics: []telemetry.Metric{telemetry.ScriptsFailed},
		},
		"agent offline, and the policy skips": {
			policy: daily(scripted, skipping), prepare: func(w *awsfake.World) { w.Offline = true },
			outcome: "skipped", reason: "could not be frozen",
		},
		"an image": {policy: daily(image), outcome: "captured", volumes: []string{root, data, logs}},
		"a frozen image, without a volume": {
			policy:  daily(image, scripted, func(p *config.Policy) { p.Exclude.VolumeTags = map[string]string{"Backup": "no"} }),
			outcome: "captured", volumes: []string{root, data}, script: "SUCCESS",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := server()
			if tc.prepare != nil {
				tc.prepare(w)
			}
			o := deliver(w.Process(nil), tc.policy, 1)
			if o.Err != nil || o.Name != tc.outcome || !strings.Contains(o.Reason, tc.reason) || tc.reason == "" && o.Reason != "" {
				t.Fatalf("%s (%s): %v", o.Name, o.Reason, o.Err)
			}
			for _, m := range tc.metrics {
				if !slices.Contains(o.Metrics, m) {
					t.Errorf("%v lacks %s", o.Metrics, m)
				}
			}
			if got := volumesOf(w); !slices.Equal(got, tc.volumes) {
				t.Errorf("snapshots of %v, want %v", got, tc.volumes)
			}
			for _, id := range points(w) {
				if tags := w.Tags(tokyo, id); tags[recovery.TagPreScript] != tc.script || tags[recovery.TagPostScript] != tc.script {
					t.Errorf("%s is tagged %v", id, tags)
				}
			}
			if h := w.Host(tokyo, web); h.Frozen != "" || len(w.Broken) > 0 {
				t.Errorf("frozen by %q; %v", h.Frozen, w.Broken)
			}
		})
	}
}

// A document of the user's own has no timer: a host that was not thawed for certain is thawed
// again, and in the end somebody is told.
func TestHandle_an_own_document_on_a_host_that_is_away(t *testing.T) {
	own := func(p *config.Policy) { p.Scripts.Pre, p.Scripts.Post, p.Scripts.Document = "", "", "freeze-and-thaw" }
	w := server()
	w.Offline = true
	for n := 1; n <= Attempts+1; n++ {
		if o := deliver(w.Process(nil), daily(scripted, own), n); o.Err == nil || !strings.Contains(o.Err.Error(), "may still be frozen") {
			t.Errorf("delivery %d: %s, %v", n, o.Name, o.Err)
		}
	}
	w.Offline = false
	if o := deliver(w.Process(nil), daily(scripted, own), Attempts+1); o.Err != nil {
		t.Error(o.Err)
	}
}

// Giving a run up thaws what the run froze, and leaves what another froze meanwhile.
func TestHandle_giving_up_leaves_another_run_frozen(t *testing.T) {
	for frozen, stays := range map[string]bool{"other.1": true, frozenFor("1"): false, frozenFor("4"): false} {
		w := server()
		w.SetHost(tokyo, web, awsfake.Host{Frozen: frozen})
		o := deliver(w.Process(nil), daily(scripted), Attempts+1)
		if o.Err != nil || o.Name != "given-up" || (w.Host(tokyo, web).Frozen != "") != stays {
			t.Errorf("frozen by %s: %s, %v, frozen by %q", frozen, o.Name, o.Err, w.Host(tokyo, web).Frozen)
		}
	}
}

// What an attempt could not say any more of the size of its set, the next one says.
func TestHandle_an_attempt_that_died_leaves_the_size_to_the_next(t *testing.T) {
	w := server()
	dies := w.Process(func(_ int, c awsfake.Call) awsfake.Fault { return awsfake.Fault{Dies: c.Action == "CreateSnapshots"} })
	h := handler(dies, daily())
	h.EC2 = &growing{EC2: h.EC2, grow: func() { w.Launch(tokyo, web, nil, root, data, logs, "vol-00000000000000004") }}
	if o := h.Handle(t.Context(), []event.Capture{{Meta: event.Meta{Receives: 1}, Run: run}})[0]; o.Err == nil {
		t.Fatal("it did not die")
	}
	if o := deliver(w.Process(nil), daily(), 2); o.Err != nil {
		t.Fatal(o.Err)
	}
	for _, id := range points(w) {
		if got := w.Tags(tokyo, id)[recovery.TagSetSize]; got != "4" {
			t.Errorf("%s says that its set has %s", id, got)
		}
	}
}
