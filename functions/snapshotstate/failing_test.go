package snapshotstate

import (
	"fmt"
	"strings"
	"testing"

	"lastgood/shared/awsfake"
	"lastgood/shared/event"
)

// The third set is done, in Tokyo, and then its copies are, in Singapore. Whatever happens to any
// call: what fails comes again, and in the end every pointer is right, two sets are left in both
// Regions, and nothing was deleted that has to stay.
func TestHandle_survives_every_call_failing(t *testing.T) {
	for _, region := range []string{tokyo, singapore} {
		prepare := func() (account, []event.SnapshotState) {
			a := newAccount()
			for day := range 2 {
				a.Now = start.AddDate(0, 0, day)
				a.day(t)
			}
			a.Now = start.AddDate(0, 0, 2)
			ids := a.capture(t)
			a.Finish(tokyo)
			if region == singapore {
				a.handle(tokyo, nil, a.done(tokyo, ids...)...)
				ids = a.Finish(singapore)
			}
			return a, a.done(region, ids...)
		}
		a, events := prepare()
		_, undisturbed := a.handle(region, nil, events...)
		for n, call := range undisturbed.Calls {
			for name, fault := range awsfake.Mishaps {
				if fault.Again && call.Action == "CopySnapshot" {
					continue // it is sent once
				}
				t.Run(fmt.Sprintf("%s/%d %s %s", region, n, call.Action, name), func(t *testing.T) {
					a, events := prepare()
					outcomes, _ := a.handle(region, func(i int, _ awsfake.Call) awsfake.Fault {
						if i == n {
							return fault
						}
						return awsfake.Fault{}
					}, events...)
					var again []event.SnapshotState
					for i, o := range outcomes {
						if o.Err != nil || fault.Dies {
							again = append(again, events[i])
						}
					}
					a.redeliver(t, region, again)
					a.reconcile(t)
					if err := a.right(); err != nil {
						t.Error(err)
					}
					if a.count(tokyo) != 4 || a.count(singapore) != 4 {
						t.Errorf("%d snapshots in Tokyo, %d in Singapore", a.count(tokyo), a.count(singapore))
					}
				})
			}
		}
		if len(undisturbed.Calls) < 20 {
			t.Errorf("in %s only %d calls", region, len(undisturbed.Calls))
		}
	}
}

// redeliver hands events over until they are done.
func (a account) redeliver(t *testing.T, region string, events []event.SnapshotState) {
	t.Helper()
	if len(events) == 0 {
		return
	}
	outcomes, _ := a.handle(region, nil, events...)
	for _, o := range outcomes {
		if o.Err != nil {
			t.Errorf("delivered again: %v", o.Err)
		}
	}
}

// reconcile is what makes copying and pruning certain: it asks the keepers of both Regions, and copies
// are heard of.
func (a account) reconcile(t *testing.T) {
	t.Helper()
	for range 2 {
		for _, region := range []string{tokyo, singapore} {
			if _, err := a.handler(a.Process(nil), region).Keeper.Keep(t.Context(), subject()); err != nil {
				t.Error(err)
			}
		}
		a.Finish(singapore)
		var copies []string
		for _, id := range a.Points(singapore) {
			if strings.HasPrefix(id, "snap-") {
				copies = append(copies, id)
			}
		}
		a.redeliver(t, singapore, a.done(singapore, copies...))
	}
}
