package lifecycle

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lastgood/shared/awsfake"
)

// Whatever happens to any call of a keeper: nothing is deleted that has to stay, and in the end
// both Regions hold what they should, and each copy once.
func TestKeep_survives_every_call_failing(t *testing.T) {
	faults := maps.Clone(awsfake.Mishaps)
	faults["stale"] = awsfake.Fault{Stale: true}
	runs := 0
	for _, region := range []string{tokyo, singapore} {
		// In Singapore there are three sets of copies, one more than stays.
		prepare := func() account {
			a := newAccount(t, 3, 3, to(singapore, 2))
			if region == tokyo {
				a.config.Policies[0].Retain.Count, a.config.Policies[1].Retain.Count = 2, 2
				a.Retain[data], a.Retain[golden] = 2, 2
				return a
			}
			a.keep(t, tokyo)
			a.finish(t, singapore)
			a.Now = start.AddDate(0, 0, 3)
			a.capture(t, data, 1)
			a.capture(t, golden, 1)
			a.keep(t, tokyo)
			a.finish(t, singapore)
			a.Retain[data], a.Retain[golden] = 2, 2
			return a
		}
		undisturbed := prepare()
		p := undisturbed.Process(nil)
		if _, err := undisturbed.keeper(p, region).Keep(t.Context(), subjects()...); err != nil {
			t.Fatal(err)
		}
		for n, call := range p.Calls {
			for name, fault := range faults {
				if fault.Stale && !call.Read || fault.Again && call.Action == "CopySnapshot" {
					continue // only reads are stale, and a copy is sent once: the keeper has the SDK not retry it
				}
				runs++
				a := prepare()
				hook := func(i int, _ awsfake.Call) awsfake.Fault {
					if i == n {
						return fault
					}
					return awsfake.Fault{}
				}
				_, _ = a.keeper(a.Process(hook), region).Keep(t.Context(), subjects()...)
				for range 3 {
					a.finish(t, singapore)
					a.keep(t, tokyo)
					a.finish(t, singapore)
					a.keep(t, singapore)
					a.Now = a.Now.Add(15 * time.Minute)
				}
				check(t, a, fmt.Sprintf("%s in %s %s", call.Action, region, name))
				if t.Failed() {
					return
				}
			}
		}
	}
	if runs < 150 {
		t.Errorf("only %d runs", runs)
	}
}

// Two keepers at once may copy one snapshot twice; then one of the copies goes.
func TestKeep_two_at_once_lose_nothing(t *testing.T) {
	undisturbed := newAccount(t, 3, 2, to(singapore, 2))
	p := undisturbed.Process(nil)
	if _, err := undisturbed.keeper(p, tokyo).Keep(t.Context(), subjects()...); err != nil {
		t.Fatal(err)
	}
	for n, call := range p.Calls {
		a := newAccount(t, 3, 2, to(singapore, 2))
		hook := func(i int, _ awsfake.Call) awsfake.Fault {
			if i == n {
				a.keep(t, tokyo)
			}
			return awsfake.Fault{}
		}
		_, _ = a.keeper(a.Process(hook), tokyo).Keep(t.Context(), subjects()...)
		a.finish(t, singapore)
		a.keep(t, singapore)
		a.keep(t, tokyo)
		check(t, a, fmt.Sprintf("another one before call %d, %s", n, call.Action))
	}
}

// check checks the end: the newest sets are in both Regions, each point once.
func check(t *testing.T, a account, after string) {
	t.Helper()
	newest := a.points(t, tokyo)[0].Created
	for _, p := range a.points(t, tokyo) {
		if p.Created.After(newest) {
			newest = p.Created
		}
	}
	for _, region := range []string{tokyo, singapore} {
		keep := 2
		if region == tokyo {
			keep = a.config.Policies[0].Retain.Count
		}
		want := map[string]int{}
		for n := range keep {
			day := newest.AddDate(0, 0, -n).Day()
			want[fmt.Sprintf("%s %02d", data, day)], want[fmt.Sprintf("%s %02d", golden, day)] = 2, 1
		}
		if diff := cmp.Diff(want, a.days(t, region)); diff != "" {
			t.Errorf("after %s, in %s: %s", after, region, diff)
		}
	}
	for _, broken := range a.Broken {
		t.Errorf("after %s: %s", after, broken)
	}
}
