package functions_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"lastgood/functions/imagestate"
	"lastgood/shared/awsfake"
	"lastgood/shared/event"
	"lastgood/shared/recovery"
	"lastgood/shared/telemetry"
)

func TestPolicies_reconcile_alone_copies_attests_and_prunes(t *testing.T) {
	a := three(t)
	a.settled(t)
	if err := a.right(); err != nil {
		t.Error(err)
	}
	o, p := a.reconcile(tokyo, nil)
	if o.Name != "reconciled" {
		t.Errorf("%+v", o)
	}
	for _, c := range p.Calls {
		if !c.Read {
			t.Errorf("there is nothing left to do, and it called %s", c.Action)
		}
	}
}

// What waits for another Region is told in each run, and that nothing does as well.
func TestPolicies_reconcile_tells_how_many_copies_wait(t *testing.T) {
	a := newPolicies()
	a.capture(t, 0)
	waiting := func() any {
		var out bytes.Buffer
		a.metrics = &out
		a.reconcile(tokyo, nil)
		var line map[telemetry.Metric]any
		if err := json.NewDecoder(&out).Decode(&line); err != nil {
			t.Fatal(err)
		}
		return line[telemetry.CopiesWaiting]
	}
	a.Down(singapore, true)
	if got := waiting(); got != 2. {
		t.Errorf("%v wait for a Region that is down", got)
	}
	a.Down(singapore, false)
	for n := range 19 {
		a.CopySnapshot(singapore, fmt.Sprintf("snap-0%016x", n), tokyo, "snap-0ffffffffffffffff", a.Now, nil)
	}
	if got := waiting(); got != 2. { // one snapshot, and the image, which takes two
		t.Errorf("%v wait for a Region that is all but full", got)
	}
	a.Finish(singapore)
	a.reconcile(tokyo, nil)
	if got := waiting(); got != 0. {
		t.Errorf("%v wait in the end", got)
	}
}

func TestPolicies_survive_every_call_of_reconcile_failing(t *testing.T) {
	for _, region := range []string{tokyo, singapore} {
		prepare := func() policies {
			a := three(t)
			if region == singapore {
				a.reconcile(tokyo, nil)
				a.Finish(singapore)
				a.Now = a.Now.Add(time.Hour)
			}
			return a
		}
		_, undisturbed := prepare().reconcile(region, nil)
		for n, call := range undisturbed.Calls {
			for name, fault := range awsfake.Mishaps {
				if fault.Again && call.Action == "CopySnapshot" {
					continue // it is sent once
				}
				a := prepare()
				a.reconcile(region, at(n, fault))
				a.settled(t)
				if err := a.right(); err != nil {
					t.Errorf("call %d of reconcile in %s, %s, %s: %v", n, region, call.Action, name, err)
				}
			}
		}
	}
}

func at(n int, fault awsfake.Fault) func(int, awsfake.Call) awsfake.Fault {
	return func(i int, _ awsfake.Call) awsfake.Fault {
		if i == n {
			return fault
		}
		return awsfake.Fault{}
	}
}

// The third image is available, in Tokyo, and then its copy is, in Singapore.
func TestPolicies_survive_every_call_of_imagestate_failing(t *testing.T) {
	for _, region := range []string{tokyo, singapore} {
		prepare := func() policies {
			a := three(t)
			if region == singapore {
				a.became(tokyo).deliver(a.account, nil)
				a.Finish(singapore)
				id := a.Newest(singapore, web)
				copiedTo(id, a.Newest(tokyo, web), false, a.Now).deliver(a.account, nil)
			}
			return a
		}
		a := prepare()
		o, undisturbed := a.became(region).deliver(a.account, nil)
		if o.Err != nil || undisturbed.Count("DeregisterImage") != 1 {
			t.Errorf("in %s: %+v after %v", region, o, undisturbed.Calls)
		}
		for n, call := range undisturbed.Calls {
			for name, fault := range awsfake.Mishaps {
				a := prepare()
				news := a.became(region)
				if o, _ := news.deliver(a.account, at(n, fault)); o.Err != nil || fault.Dies {
					if o := news.redeliver(a.account); o.Err != nil {
						t.Errorf("delivered again: %v", o.Err)
					}
				}
				a.settled(t)
				if err := a.right(); err != nil {
					t.Errorf("call %d in %s, %s, %s: %v", n, region, call.Action, name, err)
				}
			}
		}
	}
}

func TestPolicies_imagestate_counts_copies_that_failed(t *testing.T) {
	a := three(t)
	a.became(tokyo).deliver(a.account, nil)
	for _, id := range a.Points(singapore) {
		if strings.HasPrefix(id, "ami-") && a.Tags(singapore, id)[recovery.TagSignature] == "" {
			a.SetState(singapore, id, "failed")
			p := a.Process(nil)
			s := a.settler(p, singapore)
			h := imagestate.Handler{Images: s.Points.Images, Parameters: p.Client(singapore), Settler: s, Keeper: a.keeper(p, singapore), Now: a.now}
			o := h.Handle(t.Context(), []event.ImageState{{Meta: event.Meta{Name: "failed", Time: a.Now}, ImageID: id, State: recovery.Gone}})[0]
			if o.Metrics[len(o.Metrics)-1] != telemetry.CopiesFailed {
				t.Errorf("%+v", o)
			}
			return
		}
	}
	t.Error("there is no copy to fail")
}
