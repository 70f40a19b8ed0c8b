package rollout

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lastgood/shared/awsfake"
)

func TestRun_brings_every_kind_of_group_to_what_its_pointer_names_and_back(t *testing.T) {
	for kind, f := range fleets() {
		t.Run(kind, func(t *testing.T) {
			w := f.make(account())
			want := Point
			if f.rolling() {
				want = Start
			}
			if r := run(t, w); r.Decision.Verdict != want {
				t.Fatalf("%+v", r.Decision)
			}
			if f.rolling() {
				if got := w.GroupImage(tokyo, "web"); got != base {
					t.Fatalf("the group was changed to %s before its refresh succeeded", got)
				}
				if r := run(t, w); r.Decision.Verdict != Unchanged {
					t.Errorf("while the refresh is under way: %+v", r.Decision)
				}
				w.SetRefresh(tokyo, "web", "Successful")
			}
			versions := w.Versions(tokyo, "web")
			if r := run(t, w); r.Decision.Verdict != Unchanged || w.GroupImage(tokyo, "web") != ami(1) {
				t.Fatalf("%+v: it runs %s", r.Decision, w.GroupImage(tokyo, "web"))
			}
			name(w, ami(2))
			settle(t, w)
			if got := w.GroupImage(tokyo, "web"); got != ami(2) {
				t.Fatalf("it runs %s", got)
			}
			quarantine(w, ami(2), ami(1))
			settle(t, w)
			if got := w.GroupImage(tokyo, "web"); got != ami(1) {
				t.Fatalf("after a quarantine it runs %s", got)
			}
			if g := w.GroupOf(tokyo, "web"); g.Template == "web" && (len(w.Versions(tokyo, "web")) != len(versions)+1 || strings.HasPrefix(g.Version, "$")) {
				t.Errorf("it went back to %s of %v", g.Version, w.Versions(tokyo, "web"))
			}
		})
	}
}

func TestRun_inherits_all_but_the_image_and_its_snapshots(t *testing.T) {
	kept := "|t3.micro|web|/dev/xvda - 20,/dev/sdf snap-0ddddddddddddddd 100"
	w := fleets()["block devices"].make(account())
	run(t, w)
	if diff := cmp.Diff("2 "+ami(1)+kept, w.Versions(tokyo, "web")[1]); diff != "" {
		t.Error(diff)
	}
	w = fleets()["launch configuration, data"].make(account())
	run(t, w)
	if diff := cmp.Diff(ami(1)+kept, w.Configuration(tokyo, w.GroupOf(tokyo, "web").Configuration)); diff != "" {
		t.Error(diff)
	}
}

// Nobody knows any more what the image was made of: the new image has /dev/xvda, and has no /dev/sdf.
func TestRun_drops_the_snapshots_of_an_image_that_is_gone(t *testing.T) {
	w := fleets()["block devices"].make(account())
	w.Deregister(tokyo, base)
	run(t, w)
	if diff := cmp.Diff("2 "+ami(1)+"|t3.micro|web|/dev/xvda - 20,/dev/sdf snap-0ddddddddddddddd 100", w.Versions(tokyo, "web")[1]); diff != "" {
		t.Error(diff)
	}
}

func TestRun_takes_what_a_refresh_goes_by_from_tags_and_configuration(t *testing.T) {
	for want, tags := range map[string]map[string]string{
		"Pending " + ami(1) + " 90% healthy, 300 s warm-up, rollback true": {},
		"Pending " + ami(1) + " 50% healthy, 0 s warm-up, rollback true":   {TagMinHealthy: "50", TagWarmUp: "0"},
		// A group that says it itself is not given what is configured for all.
		"Pending " + ami(1) + " its own% healthy, its own s warm-up, rollback true": {},
		"Pending " + ami(1) + " 50% healthy, its own s warm-up, rollback true":      {TagMinHealthy: "50"},
	} {
		w := fleets()["launch template, rolling"].make(account())
		if strings.Contains(want, "its own") {
			g := w.GroupOf(tokyo, "web")
			g.Maintained = true
			w.SetGroup(tokyo, "web", g)
		}
		for key, value := range tags {
			w.TagGroup(tokyo, "web", key, value)
		}
		run(t, w)
		if diff := cmp.Diff([]string{want}, w.Refreshes(tokyo, "web")); diff != "" {
			t.Error(diff)
		}
	}
}

func TestRun_does_not_start_again_what_failed(t *testing.T) {
	for _, status := range []string{"Failed", "RollbackSuccessful", "RollbackFailed", "Cancelled"} {
		t.Run(status, func(t *testing.T) {
			w := fleets()["launch template, rolling"].make(account())
			run(t, w)
			w.SetRefresh(tokyo, "web", status)
			for range 2 {
				if r := run(t, w); r.Decision.Verdict != Failed || w.GroupOf(tokyo, "web").Tags[TagFailed] != ami(1) {
					t.Fatalf("%+v, tags %v", r.Decision, w.GroupOf(tokyo, "web").Tags)
				}
			}
			name(w, ami(2))
			settle(t, w)
			if got := w.GroupImage(tokyo, "web"); got != ami(2) {
				t.Errorf("the next image is not rolled out, it runs %s", got)
			}
		})
	}
}

// What a person started after all, and went well, is not called a failure when the pointer falls back to it.
func TestRun_a_success_takes_back_a_failure(t *testing.T) {
	w := fleets()["launch template, rolling"].make(account())
	run(t, w)
	w.SetRefresh(tokyo, "web", "Failed")
	run(t, w)
	w.BeginRefresh(tokyo, "web", "2")
	if r := run(t, w); r.Decision.Verdict != Unchanged {
		t.Errorf("while a person's refresh is under way: %+v", r.Decision)
	}
	w.SetRefresh(tokyo, "web", "Successful")
	w.TagGroup(tokyo, "web", TagFailed, "")
	name(w, ami(2))
	settle(t, w)
	quarantine(w, ami(2), ami(1))
	settle(t, w)
	if got := w.GroupImage(tokyo, "web"); got != ami(1) {
		t.Errorf("it runs %s", got)
	}
}

func TestRun_waits_for_another_refresh(t *testing.T) {
	for version, want := range map[string]Verdict{"1": Waiting, "": Waiting} {
		w := fleets()["launch template, rolling"].make(account())
		w.BeginRefresh(tokyo, "web", version)
		if r := run(t, w); r.Decision.Verdict != want {
			t.Errorf("%+v", r.Decision)
		}
		w.SetRefresh(tokyo, "web", "Successful")
		if r := run(t, w); r.Decision.Verdict != Start {
			t.Errorf("after it: %+v", r.Decision)
		}
	}
}

func TestRun_prunes_what_nothing_uses(t *testing.T) {
	w := fleets()["launch template"].make(account())
	w.AddVersion(tokyo, "web", ami(9), "")
	w.Describe(tokyo, "web", "lastgood "+web+" "+ami(8)+" of version 1") // somebody's copy of our words, with an image of his own
	w.SetGroup(tokyo, "canary", awsfake.ScalingGroup{Template: "web", Version: "3"})
	for n := 1; n <= 7; n++ {
		name(w, ami(n))
		run(t, w)
	}
	// The default, his, what the canary uses, the newest two and the latest one.
	var left []string
	for _, v := range w.Versions(tokyo, "web") {
		what, _, _ := strings.Cut(v, "|")
		left = append(left, what)
	}
	if diff := cmp.Diff([]string{"1 " + base, "2 " + ami(9), "3 " + ami(1), "7 " + ami(5), "8 " + ami(6), "9 " + ami(7)}, left); diff != "" {
		t.Error(diff)
	}
	// It goes back to one that was pruned.
	name(w, ami(2))
	run(t, w)
	if got := w.GroupImage(tokyo, "web"); got != ami(2) {
		t.Errorf("it runs %s", got)
	}
}

func TestRun_prunes_launch_configurations_that_nothing_uses(t *testing.T) {
	w := fleets()["launch configuration"].make(account())
	w.SetConfiguration(tokyo, "lastgood-web", ami(9), "")
	w.SetGroup(tokyo, "web-2", awsfake.ScalingGroup{Configuration: "web", Tags: follows(MethodNone)})
	for n := 1; n <= 6; n++ {
		name(w, ami(n))
		run(t, w)
	}
	var left []string
	for _, c := range w.Configurations(tokyo) {
		if strings.HasPrefix(c, "lastgood-web-ami-") {
			left = append(left, c[len("lastgood-web-"):len("lastgood-web-")+21])
		}
	}
	if diff := cmp.Diff([]string{ami(4), ami(5), ami(6)}, left); diff != "" {
		t.Error(diff)
	}
	if all := w.Configurations(tokyo); !slices.Contains(all, "web") || !slices.Contains(all, "lastgood-web") || len(all) != 8 {
		t.Error(all)
	}
}

// Such a name does not fit in that of a launch configuration, and neither of two of them is taken for the other.
func TestRun_prunes_launch_configurations_of_groups_with_long_names(t *testing.T) {
	w := account()
	w.SetConfiguration(tokyo, "web", base, "")
	long := strings.Repeat("long", 60)
	groups := []string{long + "-blue", long + "-green"}
	for _, group := range groups {
		w.SetGroup(tokyo, group, awsfake.ScalingGroup{Configuration: "web", Tags: follows(MethodNone)})
	}
	for n := 1; n <= 6; n++ {
		name(w, ami(n))
		run(t, w)
	}
	left := map[string]int{}
	for _, c := range w.Configurations(tokyo) {
		if len(c) > 255 {
			t.Errorf("%s has %d characters", c, len(c))
		}
		if m := copied.FindStringSubmatch(c); m != nil {
			left[m[2]]++
		}
	}
	if diff := cmp.Diff(map[string]int{ami(4): 2, ami(5): 2, ami(6): 2}, left); diff != "" {
		t.Error(diff)
	}
	for _, group := range groups {
		if got := w.GroupImage(tokyo, group); got != ami(6) {
			t.Errorf("%s runs %s", group, got)
		}
	}
}

func TestRun_looks_only_at_the_groups_that_follow_what_changed(t *testing.T) {
	w := fleets()["launch template"].make(account())
	p := w.Process(nil)
	results, err := in(p).Run(t.Context(), other)
	if err != nil || len(results) != 0 || len(p.Calls) != 1 {
		t.Errorf("%d groups, %v, calls %v", len(results), err, p.Calls)
	}
}

func TestRun_goes_on_past_a_group_that_fails(t *testing.T) {
	w := fleets()["launch template"].make(account())
	w.AddVersion(tokyo, "api", base, "")
	w.SetGroup(tokyo, "api", awsfake.ScalingGroup{Template: "api", Version: "1", Tags: follows(MethodNone)})
	n := 0
	results, err := in(w.Process(func(_ int, c awsfake.Call) awsfake.Fault {
		if c.Action == "CreateLaunchTemplateVersion" {
			if n++; n == 1 {
				return awsfake.Fault{Before: awsfake.ErrThrottled}
			}
		}
		return awsfake.Fault{}
	})).Run(t.Context())
	if err != nil || len(results) != 2 || w.GroupImage(tokyo, "web") != ami(1) {
		t.Fatalf("%v, %v", results, err)
	}
	sound(t, w)
}

// One page at a time, as it would be in a large account.
func TestRun_reads_every_page(t *testing.T) {
	for kind, f := range fleets() {
		w := f.make(account())
		w.ScalingPage = 1
		w.SetGroup(tokyo, "a", awsfake.ScalingGroup{Template: "arm", Version: "1"})
		w.SetGroup(tokyo, "z", awsfake.ScalingGroup{Template: "arm", Version: "1"})
		settle(t, w)
		name(w, ami(2))
		settle(t, w)
		if got := w.GroupImage(tokyo, "web"); got != ami(2) {
			t.Errorf("%s: it runs %s", kind, got)
		}
	}
}

func TestPlan_says_what_run_would_do_and_does_nothing(t *testing.T) {
	w := fleets()["launch template"].make(account())
	p := w.Process(nil)
	results, err := in(p).Plan(t.Context())
	if err != nil || len(results) != 1 || results[0].Decision.Verdict != Point || results[0].Runs != base || results[0].Want != ami(1) {
		t.Fatalf("%+v, %v", results, err)
	}
	for _, c := range p.Calls {
		if !c.Read {
			t.Errorf("it calls %s", c.Action)
		}
	}
}
