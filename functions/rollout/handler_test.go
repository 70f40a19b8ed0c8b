package rollout

import (
	"bytes"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lastgood/shared/awsfake"
	"lastgood/shared/config"
	"lastgood/shared/event"
	"lastgood/shared/inventory"
	"lastgood/shared/pointer"
	"lastgood/shared/rollout"
	"lastgood/shared/signature"
	"lastgood/shared/telemetry"
)

const (
	tokyo = "ap-northeast-1"
	web   = "i-0123456789abcdef0"
	db    = "i-0fedcba9876543210"
	old   = "ami-0bbbbbbbbbbbbbbbb"
)

// image is the one that an instance's pointer names.
func image(instance string) string { return "ami-" + instance[2:] }

// account has a group for each of two instances, which launch something older.
func account() *awsfake.World {
	w := awsfake.New(tokyo)
	w.ScalingPage = 100
	w.Register(tokyo, old)
	for name, instance := range map[string]string{"web": web, "db": db} {
		w.Register(tokyo, image(instance))
		w.TakenOf(tokyo, image(instance), instance, w.Now)
		w.SetParameter(tokyo, "/lastgood/"+instance, image(instance), "String", "text", 1)
		w.AddVersion(tokyo, name, old, "")
		w.SetGroup(tokyo, name, awsfake.ScalingGroup{Template: name, Version: "1", Tags: map[string]string{rollout.TagFollow: instance}})
	}
	return w
}

// look handles events in a process, and returns what became of them, the metrics and the log.
func look(t *testing.T, p *awsfake.Process, batch ...event.Rollout) (outcomes []telemetry.Outcome, metrics, lines string) {
	t.Helper()
	var counted, logged bytes.Buffer
	c, cfg := p.Client(tokyo), config.Default()
	h := Handler{
		Rollout: &rollout.Rollout{
			Groups: c, EC2: c, SSM: c, Images: inventory.Images{EC2: c, Region: tokyo}, Verifier: signature.Key{KMS: c, ID: "key"},
			Store: pointer.Store{SSM: c, Parameter: cfg.Parameter}, Config: cfg.Rollout,
		},
		Prefix: "/lastgood/", Log: slog.New(slog.NewJSONHandler(&logged, nil)),
		Metrics: &telemetry.Recorder{Function: telemetry.Rollout, Out: &counted, Now: time.Now},
	}
	outcomes = h.Handle(t.Context(), batch)
	if err := h.Metrics.Flush(); err != nil {
		t.Fatal(err)
	}
	if len(p.World.Broken) > 0 {
		t.Fatal(p.World.Broken)
	}
	return outcomes, counted.String(), logged.String()
}

func changed(parameter string) event.Rollout {
	return event.Rollout{Meta: event.Meta{Name: "Update"}, Parameter: parameter}
}

func names(outcomes []telemetry.Outcome) []string {
	var all []string
	for _, o := range outcomes {
		all = append(all, string(o.Name))
	}
	return all
}

func TestHandle_gives_the_image_to_the_groups_that_follow_what_changed(t *testing.T) {
	for what, tc := range map[string]struct {
		batch    []event.Rollout
		want     []string
		web, db  string
		counters string
	}{
		"a pointer":                        {[]event.Rollout{changed("/lastgood/" + web)}, []string{"looked"}, image(web), old, `"RolloutsStarted":1`},
		"a schedule":                       {[]event.Rollout{changed("")}, []string{"looked"}, image(web), image(db), `"RolloutsStarted":2`},
		"a schedule and a pointer":         {[]event.Rollout{changed("/lastgood/" + web), changed("")}, []string{"looked", "looked"}, image(web), image(db), `"RolloutsStarted":2`},
		"a pointer twice, and not one":     {[]event.Rollout{changed("/lastgood/" + db), changed("/lastgood/web"), changed("/lastgood/" + db)}, []string{"looked", "ignored", "looked"}, old, image(db), `"RolloutsStarted":1`},
		"none of ours":                     {[]event.Rollout{changed("/db/password"), changed("/lastgood/vol-0123456789abcdef0x")}, []string{"ignored", "ignored"}, old, old, ""},
		"a volume's, which nobody follows": {[]event.Rollout{changed("/lastgood/vol-0123456789abcdef0")}, []string{"looked"}, old, old, ""},
	} {
		t.Run(what, func(t *testing.T) {
			w := account()
			outcomes, metrics, _ := look(t, w.Process(nil), tc.batch...)
			if diff := cmp.Diff(tc.want, names(outcomes)); diff != "" {
				t.Error(diff)
			}
			if got := []string{w.GroupImage(tokyo, "web"), w.GroupImage(tokyo, "db")}; !slices.Equal(got, []string{tc.web, tc.db}) {
				t.Errorf("the groups run %v", got)
			}
			if !strings.Contains(metrics, tc.counters) {
				t.Errorf("counted %s", metrics)
			}
		})
	}
}

func TestHandle_tells_and_counts_what_a_person_has_to_do(t *testing.T) {
	for what, tc := range map[string]struct {
		change      func(w *awsfake.World)
		metric, log string
	}{
		"refused": {func(w *awsfake.World) { w.TagGroup(tokyo, "web", rollout.TagRefresh, "canary") }, `"RolloutsRefused":1`, `"outcome":"refused"`},
		"failed":  {func(w *awsfake.World) { w.TagGroup(tokyo, "web", rollout.TagFailed, image(web)) }, `"RolloutsFailed":1`, `"outcome":"failed"`},
		"held":    {func(w *awsfake.World) { w.TagGroup(tokyo, "web", rollout.TagHold, "yes") }, ``, `"outcome":"held"`},
	} {
		t.Run(what, func(t *testing.T) {
			w := account()
			tc.change(w)
			outcomes, metrics, log := look(t, w.Process(nil), changed("/lastgood/"+web))
			if outcomes[0].Err != nil || w.GroupImage(tokyo, "web") != old {
				t.Errorf("%+v", outcomes[0])
			}
			if !strings.Contains(metrics, tc.metric) || !strings.Contains(log, tc.log) || !strings.Contains(log, `"group":"web"`) {
				t.Errorf("counted %s, logged %s", metrics, log)
			}
		})
	}
}

// The event of a group that fails comes again, that of another one does not; a schedule's look is repeated by the next.
func TestHandle_a_group_that_fails(t *testing.T) {
	refuse := func(_ int, c awsfake.Call) awsfake.Fault {
		if c.Action == "CreateLaunchTemplateVersion" {
			return awsfake.Fault{Before: awsfake.ErrThrottled}
		}
		return awsfake.Fault{}
	}
	w := account()
	w.SetGroup(tokyo, "db", awsfake.ScalingGroup{Template: "db", Version: "1", Tags: map[string]string{rollout.TagFollow: db, rollout.TagHold: "yes"}})
	outcomes, metrics, log := look(t, w.Process(refuse), changed("/lastgood/"+web), changed("/lastgood/"+db), changed(""))
	if diff := cmp.Diff([]string{"failed", "looked", "looked"}, names(outcomes)); diff != "" || outcomes[0].Err == nil {
		t.Errorf("%v: %s", outcomes[0].Err, diff)
	}
	if !strings.Contains(metrics, `"RolloutsFailed":1`) || !strings.Contains(log, "the group web, which follows "+web) {
		t.Errorf("counted %s, logged %s", metrics, log)
	}
}

// Nothing can be listed: every event comes again, and a schedule's look counts.
func TestHandle_a_listing_that_fails(t *testing.T) {
	down := func(int, awsfake.Call) awsfake.Fault { return awsfake.Fault{Before: awsfake.ErrServer} }
	outcomes, _, _ := look(t, account().Process(down), changed("/lastgood/"+web))
	if outcomes[0].Err == nil {
		t.Errorf("%+v", outcomes[0])
	}
	outcomes, metrics, _ := look(t, account().Process(down), changed(""))
	if outcomes[0].Err != nil || !strings.Contains(metrics, `"RolloutsFailed":1`) {
		t.Errorf("%+v, counted %s", outcomes[0], metrics)
	}
}

// As the message arrives, from the wire to the group.
func TestHandle_behind_the_adapter(t *testing.T) {
	w := account()
	c, cfg := w.Process(nil).Client(tokyo), config.Default()
	metrics := &telemetry.Recorder{Function: telemetry.Rollout, Out: io.Discard, Now: time.Now}
	log := slog.New(slog.DiscardHandler)
	h := Handler{
		Rollout: &rollout.Rollout{Groups: c, EC2: c, SSM: c, Images: inventory.Images{EC2: c, Region: tokyo}, Verifier: signature.Key{KMS: c, ID: "key"},
			Store: pointer.Store{SSM: c, Parameter: cfg.Parameter}, Config: cfg.Rollout},
		Prefix: "/lastgood/", Log: log, Metrics: metrics,
	}
	a := event.Adapter[event.Rollout]{Decode: event.DecodeRollout, Handle: h.Handle, Log: log, Metrics: metrics}
	if _, err := a.Invoke(t.Context(), []byte(`{"reconcile":"scheduled"}`)); err != nil || w.GroupImage(tokyo, "web") != image(web) {
		t.Errorf("%v: it runs %s", err, w.GroupImage(tokyo, "web"))
	}
}
