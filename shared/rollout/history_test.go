package rollout

import (
	"strings"
	"testing"

	"github.com/aws/smithy-go"

	"lastgood/shared/awsfake"
)

// A refresh that was cancelled before it began has no time at which it did. It is the newest one nevertheless, whatever went well before.
func TestRun_does_not_start_again_what_was_cancelled_before_it_began(t *testing.T) {
	w := fleets()["launch template, rolling"].make(account())
	settle(t, w)
	name(w, ami(2))
	settle(t, w)
	quarantine(w, ami(2), ami(1))
	run(t, w)
	w.SetRefresh(tokyo, "web", "Cancelled")
	for range 2 {
		if r := run(t, w); r.Decision.Verdict != Failed {
			t.Fatalf("%+v", r.Decision)
		}
	}
}

// What was once cancelled before it began does not hide the refresh that is under way: its version is used.
func TestRun_does_not_prune_what_a_refresh_brings(t *testing.T) {
	w := fleets()["launch template, rolling"].make(account())
	for n := 1; n <= 5; n++ {
		name(w, ami(n))
		settle(t, w)
	}
	name(w, ami(6))
	run(t, w)
	w.SetRefresh(tokyo, "web", "Cancelled")
	run(t, w)
	w.AddVersion(tokyo, "web", base, "")
	in := w.Versions(tokyo, "web")
	old, _, _ := strings.Cut(in[1], " ")
	w.BeginRefresh(tokyo, "web", old) // by a person, to the oldest of what lastgood made
	name(w, ami(5))
	run(t, w) // prunes, and the fake watches
	if got := w.Versions(tokyo, "web"); got[1] != in[1] {
		t.Errorf("%v, then %v", in, got)
	}
}

// Between a look and its pruning, a group may come to use what was to go.
func TestRun_asks_again_before_it_prunes(t *testing.T) {
	w := fleets()["launch template"].make(account())
	for n := 1; n <= 3; n++ {
		name(w, ami(n))
		run(t, w)
	}
	name(w, ami(4))
	looks := 0
	results, err := in(w.Process(func(_ int, c awsfake.Call) awsfake.Fault {
		if c.Action == "DescribeLaunchTemplateVersions" {
			if looks++; looks == 2 { // the second look's: its groups were listed
				w.SetGroup(tokyo, "canary", awsfake.ScalingGroup{Template: "web", Version: "2"})
			}
		}
		return awsfake.Fault{}
	})).Run(t.Context())
	if err != nil || results[0].Err != nil || looks < 2 {
		t.Fatalf("%v, %v", results, err)
	}
	sound(t, w)
}

func TestRun_leaves_a_group_that_is_being_deleted(t *testing.T) {
	w := fleets()["launch template"].make(account())
	g := w.GroupOf(tokyo, "web")
	g.Deleting = true
	w.SetGroup(tokyo, "web", g)
	if results, err := in(w.Process(nil)).Run(t.Context()); err != nil || len(results) != 0 {
		t.Errorf("%+v, %v", results, err)
	}
	sound(t, w)
}

// A version that EC2 shows otherwise than it was asked for is found again by its client token.
func TestRun_makes_no_second_version_whatever_EC2_makes_of_the_first(t *testing.T) {
	w := fleets()["launch template"].make(account())
	w.Tidies = true
	for range 3 {
		_, err := in(w.Process(func(_ int, c awsfake.Call) awsfake.Fault {
			if c.Action == "UpdateAutoScalingGroup" {
				return awsfake.Fault{Before: awsfake.ErrThrottled}
			}
			return awsfake.Fault{}
		})).Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
	}
	run(t, w)
	if got := w.Versions(tokyo, "web"); len(got) != 2 || w.GroupImage(tokyo, "web") != ami(1) {
		t.Errorf("%v, it runs %s", got, w.GroupImage(tokyo, "web"))
	}
}

// Two groups of a launch template: where it cannot be listed any more, the second one was not looked at, and nobody has to mend it.
func TestRun_a_template_that_cannot_be_listed_again(t *testing.T) {
	w := fleets()["launch template"].make(account())
	w.SetGroup(tokyo, "web-2", awsfake.ScalingGroup{Template: "web", Version: "1", Tags: follows(MethodNone)})
	made, listed := 0, 0
	results, err := in(w.Process(func(_ int, c awsfake.Call) awsfake.Fault {
		switch c.Action {
		case "CreateLaunchTemplateVersion":
			if made++; made == 1 {
				return awsfake.Fault{Before: &smithy.GenericAPIError{Code: "IdempotentParameterMismatch"}}
			}
		case "DescribeLaunchTemplateVersions":
			if listed++; listed > 1 {
				return awsfake.Fault{Before: awsfake.ErrThrottled}
			}
		}
		return awsfake.Fault{}
	})).Run(t.Context())
	if err != nil || len(results) != 2 {
		t.Fatalf("%+v, %v", results, err)
	}
	for _, r := range results {
		if r.Err == nil || r.Decision.Verdict == Refused {
			t.Errorf("%s: %+v, %v", r.Group.Name, r.Decision, r.Err)
		}
	}
}

// A refresh that was not undone leaves instances of its image. When the pointer falls back they are replaced as well: the group itself
// launches what the pointer names already.
func TestRun_replaces_what_a_refresh_left_behind(t *testing.T) {
	for _, status := range []string{"Failed", "Cancelled", "RollbackFailed"} {
		t.Run(status, func(t *testing.T) {
			w := fleets()["launch template, rolling"].make(account())
			name(w, ami(1))
			settle(t, w)
			name(w, ami(2))
			run(t, w)
			leave(w, "2,3")
			w.SetRefresh(tokyo, "web", "InProgress")
			w.SetRefresh(tokyo, "web", status)
			if r := run(t, w); r.Decision.Verdict != Failed {
				t.Fatalf("%+v", r.Decision)
			}
			quarantine(w, ami(2), ami(1))
			if r := run(t, w); r.Decision.Verdict != Start || !strings.Contains(r.Decision.Reason, "left instances of "+ami(2)) {
				t.Fatalf("%+v", r.Decision)
			}
			if r := run(t, w); r.Decision.Verdict != Unchanged {
				t.Errorf("while it is under way: %+v", r.Decision)
			}
			w.SetRefresh(tokyo, "web", "Successful")
			for range 2 {
				if r := run(t, w); r.Decision.Verdict != Unchanged || len(w.Refreshes(tokyo, "web")) != 3 || len(w.Versions(tokyo, "web")) != 3 {
					t.Fatalf("%+v, %v", r.Decision, w.Refreshes(tokyo, "web"))
				}
			}
		})
	}
}

// Where that fails too, a person hears of it, and may have it tried again.
func TestRun_what_was_left_behind_and_stays(t *testing.T) {
	w := fleets()["launch template, rolling"].make(account())
	settle(t, w)
	name(w, ami(2))
	run(t, w)
	leave(w, "2,3")
	w.SetRefresh(tokyo, "web", "Failed")
	quarantine(w, ami(2), ami(1))
	run(t, w)
	w.SetRefresh(tokyo, "web", "Failed")
	for range 2 {
		if r := run(t, w); r.Decision.Verdict != Failed {
			t.Fatalf("%+v", r.Decision)
		}
	}
	w.TagGroup(tokyo, "web", TagFailed, "") // as the command does
	if o, err := in(w.Process(nil)).Follow(t.Context(), Order{"web", ""}); err != nil || o.Decision.Verdict != Start {
		t.Errorf("%+v, %v", o.Decision, err)
	}
	sound(t, w)
}

func leave(w *awsfake.World, instances string) {
	g := w.GroupOf(tokyo, "web")
	g.Instances = instances
	w.SetGroup(tokyo, "web", g)
}

// A group that was brought to the image after all does not carry that it failed.
func TestRun_forgets_a_failure_that_is_over(t *testing.T) {
	w := fleets()["launch template, rolling"].make(account())
	run(t, w)
	w.SetRefresh(tokyo, "web", "Failed")
	run(t, w)
	w.BeginRefresh(tokyo, "web", "2")
	w.SetRefresh(tokyo, "web", "Successful")
	for range 2 {
		if r := run(t, w); r.Decision.Verdict != Unchanged || w.GroupOf(tokyo, "web").Tags[TagFailed] != "" {
			t.Fatalf("%+v, tags %v", r.Decision, w.GroupOf(tokyo, "web").Tags)
		}
	}
}

// A description has 255 characters, and a parameter's prefix may have 900.
func TestRun_with_a_long_prefix(t *testing.T) {
	w := fleets()["launch template"].make(account())
	r := in(w.Process(nil))
	r.Store.Parameter.Prefix = "/" + strings.Repeat("a", 300) + "/"
	w.SetParameter(tokyo, r.Store.Name(web), ami(1), "String", "text", 1)
	if results, err := r.Run(t.Context()); err != nil || results[0].Err != nil || results[0].Decision.Verdict != Point {
		t.Errorf("%+v, %v", results, err)
	}
	sound(t, w)
}

// Whatever keeps it from looking again, what was changed is told.
func TestRun_tells_what_it_changed_before_a_look_failed(t *testing.T) {
	looks := 0
	results, err := in(fleets()["launch template"].make(account()).Process(func(_ int, c awsfake.Call) awsfake.Fault {
		if c.Action == "DescribeAutoScalingGroups" {
			if looks++; looks == 2 {
				return awsfake.Fault{Before: awsfake.ErrThrottled}
			}
		}
		return awsfake.Fault{}
	})).Run(t.Context())
	if err == nil || len(results) != 1 || results[0].Decision.Verdict != Point {
		t.Errorf("%+v, %v", results, err)
	}
}
