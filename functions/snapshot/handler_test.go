package snapshot

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lastgood/shared/awsfake"
	"lastgood/shared/config"
	"lastgood/shared/event"
	"lastgood/shared/inventory"
	"lastgood/shared/recovery"
	"lastgood/shared/telemetry"
)

const tokyo = "ap-northeast-1"

var two = time.Date(2026, 11, 20, 2, 0, 0, 0, time.UTC)

func instance(n int) string { return fmt.Sprintf("i-%017x", n) }
func volume(n int) string   { return fmt.Sprintf("vol-%017x", n) }

// fleet has n instances, each with a volume of the same number. The even ones are backed up daily.
func fleet(n int) *awsfake.World {
	w := awsfake.New(tokyo)
	for i := range n {
		tags := map[string]string{"Backup": "never"}
		if i%2 == 0 {
			tags = map[string]string{"Backup": "daily", "Stage": "prod"}
		}
		w.Launch(tokyo, instance(i), tags, volume(i))
		w.TagVolume(tokyo, volume(i), tags)
	}
	return w
}

func handler(p *awsfake.Process, policies ...config.Policy) Handler {
	c := config.Config{Policies: policies}
	return Handler{
		Targets: inventory.Targets{EC2: p.Client(tokyo)}, SQS: p.Client(tokyo), Queue: "queue", Policies: c.Policy,
		Metrics: &telemetry.Recorder{Out: io.Discard, Now: time.Now},
	}
}

func daily(target config.Target) config.Policy {
	if target.Type == "" {
		target.Type = config.Instance
	}
	return config.Policy{Name: "daily", Target: target}
}

func due(targets ...string) []event.Due {
	return []event.Due{{Policy: "daily", Scheduled: two, Targets: targets}}
}

// queued are the targets with a message, which has to be right in everything else.
func queued(t *testing.T, w *awsfake.World) []string {
	t.Helper()
	var targets []string
	for _, m := range w.Queued(tokyo) {
		c, err := event.DecodeCapture([]byte(m.Body))
		want := recovery.Run{Policy: "daily", Scheduled: two, Target: m.Group}
		if err != nil || c.Run != want || m.Deduplication != want.String() {
			t.Errorf("%+v: %v", m, err)
		}
		targets = append(targets, m.Group)
	}
	return targets
}

func TestHandle_queues_a_capture_for_each_target(t *testing.T) {
	byTag := map[string]string{"Backup": "daily", "Stage": "prod"}
	for name, tc := range map[string]struct {
		target  config.Target
		prepare func(w *awsfake.World)
		only    []string
		want    []string
	}{
		"instances by tags":       {target: config.Target{Tags: byTag}, want: []string{instance(0), instance(2), instance(4)}},
		"one tag does not fit":    {target: config.Target{Tags: map[string]string{"Backup": "daily", "Stage": "test"}}},
		"instances by id":         {target: config.Target{IDs: []string{instance(3), instance(1), instance(9)}}, want: []string{instance(1), instance(3)}},
		"volumes by tags":         {target: config.Target{Type: config.Volume, Tags: byTag}, want: []string{volume(0), volume(2), volume(4)}},
		"volumes by id":           {target: config.Target{Type: config.Volume, IDs: []string{volume(1), volume(7)}}, want: []string{volume(1)}},
		"only some of them":       {target: config.Target{Tags: byTag}, only: []string{instance(4), instance(1)}, want: []string{instance(4)}},
		"stopped ones as well":    {target: config.Target{Tags: byTag}, prepare: func(w *awsfake.World) { w.SetInstance(tokyo, instance(2), "stopped") }, want: []string{instance(0), instance(2), instance(4)}},
		"terminated ones are not": {target: config.Target{Tags: byTag}, prepare: func(w *awsfake.World) { w.SetInstance(tokyo, instance(2), "terminated") }, want: []string{instance(0), instance(4)}},
	} {
		t.Run(name, func(t *testing.T) {
			w := fleet(5)
			w.PageSize = 2
			if tc.prepare != nil {
				tc.prepare(w)
			}
			o := handler(w.Process(nil), daily(tc.target)).Handle(t.Context(), due(tc.only...))[0]
			if o.Err != nil || o.Name != "queued" {
				t.Fatalf("%s: %v", o.Name, o.Err)
			}
			if diff := cmp.Diff(tc.want, queued(t, w)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestHandle_a_policy_that_is_not_deployed_comes_again(t *testing.T) {
	o := handler(fleet(1).Process(nil)).Handle(t.Context(), due())[0]
	if o.Err == nil || !strings.Contains(o.Err.Error(), "policy daily is not in the configuration") {
		t.Errorf("%s: %v", o.Name, o.Err)
	}
}

func TestHandle_costs_a_call_for_a_thousand_targets_and_one_for_ten_messages(t *testing.T) {
	var w *awsfake.World
	build := awsfake.New(tokyo)
	build.Bulk(func() {
		for i := range 2000 {
			build.Launch(tokyo, instance(i), map[string]string{"Backup": "daily"})
		}
	})
	w = build
	p := w.Process(nil)
	o := handler(p, daily(config.Target{Tags: map[string]string{"Backup": "daily"}})).Handle(t.Context(), due())[0]
	if o.Err != nil || len(w.Queued(tokyo)) != 2000 {
		t.Fatalf("%d messages, %v", len(w.Queued(tokyo)), o.Err)
	}
	if got := []int{p.Count("DescribeInstances"), p.Count("SendMessageBatch")}; !slices.Equal(got, []int{2, 200}) {
		t.Errorf("calls: %v", got)
	}
}

// Whatever fails, and after whatever it dies: a second delivery leaves each target with one message.
func TestHandle_every_call_failing_then_delivered_again(t *testing.T) {
	policy := daily(config.Target{Tags: map[string]string{"Backup": "daily"}})
	count := fleet(30).Process(nil)
	handler(count, policy).Handle(t.Context(), due())
	for n := range count.Calls {
		for _, name := range slices.Sorted(maps.Keys(awsfake.Mishaps)) {
			w := fleet(30)
			handler(w.Process(func(call int, _ awsfake.Call) awsfake.Fault {
				if call == n {
					return awsfake.Mishaps[name]
				}
				return awsfake.Fault{}
			}), policy).Handle(context.Background(), due())
			if o := handler(w.Process(nil), policy).Handle(context.Background(), due())[0]; o.Err != nil {
				t.Errorf("call %d %s: %v", n, name, o.Err)
			}
			if got := queued(t, w); len(got) != 15 {
				t.Errorf("call %d %s: %d messages: %v", n, name, len(got), got)
			}
		}
	}
}

func TestHandle_a_message_that_the_queue_refuses_fails(t *testing.T) {
	w := fleet(3)
	w.Refuse = instance(2)
	o := handler(w.Process(nil), daily(config.Target{Tags: map[string]string{"Backup": "daily"}})).Handle(t.Context(), due())[0]
	if o.Err == nil || !strings.Contains(o.Err.Error(), instance(2)) {
		t.Errorf("%s: %v", o.Name, o.Err)
	}
}
