package rollout

import (
	"strings"
	"testing"

	"lastgood/shared/awsfake"
	"lastgood/shared/recovery"
)

func TestFollow_goes_past_a_hold(t *testing.T) {
	for kind, f := range fleets() {
		t.Run(kind, func(t *testing.T) {
			w := f.make(account())
			settle(t, w)
			w.TagGroup(tokyo, "web", TagHold, "its cache is cold")
			r := in(w.Process(nil))
			for _, order := range []Order{{"web", ami(2)}, {"web", ""}} {
				want := order.Image
				if want == "" {
					want = ami(1)
				}
				before := w.GroupImage(tokyo, "web")
				if o, err := r.Consider(t.Context(), order); err != nil || !o.Decision.Acts() || o.Want != want || o.Pointer != ami(1) || !o.Group.Held || w.GroupImage(tokyo, "web") != before {
					t.Fatalf("%+v, %v", o, err)
				}
				if o, err := r.Follow(t.Context(), order); err != nil || !o.Decision.Acts() || o.Runs != before {
					t.Fatalf("%+v, %v", o, err)
				}
				if f.rolling() {
					w.SetRefresh(tokyo, "web", "Successful")
				}
				if o, err := r.Follow(t.Context(), order); err != nil || o.Decision.Verdict != Unchanged || w.GroupImage(tokyo, "web") != want {
					t.Fatalf("%+v, %v: it runs %s", o, err, w.GroupImage(tokyo, "web"))
				}
			}
			for _, objection := range w.Broken { // the fake watches the function
				if !strings.Contains(objection, "which is held") {
					t.Error(objection)
				}
			}
		})
	}
}

func TestFollow_tries_again_what_failed(t *testing.T) {
	w := fleets()["launch template, rolling"].make(account())
	run(t, w)
	w.SetRefresh(tokyo, "web", "Failed")
	run(t, w)
	r := in(w.Process(nil))
	if o, err := r.Consider(t.Context(), Order{Group: "web"}); err != nil || o.Decision.Verdict != Start || o.Group.Failed != ami(1) {
		t.Errorf("%+v, %v", o, err)
	}
	w.TagGroup(tokyo, "web", TagFailed, "") // as the command does
	if o, err := r.Follow(t.Context(), Order{Group: "web"}); err != nil || o.Decision.Verdict != Start {
		t.Errorf("%+v, %v", o, err)
	}
	if r := run(t, w); r.Decision.Verdict != Unchanged {
		t.Errorf("%+v", r)
	}
}

func TestFollow_refuses_what_the_function_refuses(t *testing.T) {
	for what, test := range map[string]struct {
		order  Order
		happen func(w *awsfake.World)
		says   string
	}{
		"no such group": {Order{"api", ""}, func(*awsfake.World) {}, ErrNoGroup.Error()},
		"follows nobody": {Order{"web", ""}, func(w *awsfake.World) {
			w.SetGroup(tokyo, "web", awsfake.ScalingGroup{Template: "web", Version: "1"})
		}, "follows no instance"},
		"of nobody":  {Order{"web", base}, func(*awsfake.World) {}, "is no image of " + web},
		"of another": {Order{"web", ami(8)}, func(w *awsfake.World) { backup(w, 8, other) }, "is no image of " + web},
		"gone":       {Order{"web", ami(99)}, func(*awsfake.World) {}, "does not exist in this Region"},
		"quarantined": {Order{"web", ami(2)}, func(w *awsfake.World) {
			w.Tag(tokyo, ami(2), map[string]string{recovery.TagQuarantine: "bad"})
		}, ami(2) + " is quarantined"},
		"shared": {Order{"web", ami(2)}, func(w *awsfake.World) {
			w.SetGroup(tokyo, "api", awsfake.ScalingGroup{Template: "web", Version: "$Latest"})
		}, "would reach it at once"},
	} {
		t.Run(what, func(t *testing.T) {
			w := fleets()["launch template"].make(account())
			test.happen(w)
			o, err := in(w.Process(nil)).Follow(t.Context(), test.order)
			said := o.Decision.Reason
			if err != nil {
				said = err.Error()
			}
			if !strings.Contains(said, test.says) || o.Decision.Acts() || w.GroupImage(tokyo, "web") != base {
				t.Errorf("%q, %+v", said, o.Decision)
			}
		})
	}
}
