package lifecycle

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lastgood/shared/awsfake"
	"lastgood/shared/recovery"
)

func TestKeep_deletes_whole_sets_and_images_with_their_snapshots(t *testing.T) {
	a := newAccount(t, 4, 2)
	backing := a.all(t, tokyo, recovery.TagBacks)
	results := a.keep(t, tokyo)
	want := map[string]int{data + " 03": 2, data + " 04": 2, golden + " 03": 1, golden + " 04": 1}
	if diff := cmp.Diff(want, a.days(t, tokyo)); diff != "" {
		t.Error(diff)
	}
	if got := a.all(t, tokyo, recovery.TagBacks); len(backing) != 8 || len(got) != 4 {
		t.Errorf("of %d snapshots of images %d are left", len(backing), len(got))
	}
	if len(results) != 2 || len(results[0].Pruned) != 4 || len(results[1].Pruned) != 2 {
		t.Errorf("%+v", results)
	}
	a.whole(t)
}

func TestKeep_again_finds_nothing_to_do(t *testing.T) {
	a := newAccount(t, 4, 2)
	a.keep(t, tokyo)
	p := a.Process(nil)
	results, err := a.keeper(p, tokyo).Keep(t.Context(), subjects()...)
	if err != nil || !results[0].Idle() || !results[1].Idle() {
		t.Errorf("%+v, %v", results, err)
	}
	if len(p.Calls) != 2 {
		t.Errorf("it took %d calls to find that out", len(p.Calls))
	}
}

func TestPlan_says_what_Keep_would_do_and_changes_nothing(t *testing.T) {
	a := newAccount(t, 4, 2)
	before, p := a.State(), a.Process(nil)
	plan, err := a.keeper(p, tokyo).Plan(t.Context(), subjects()...)
	if err != nil {
		t.Fatal(err)
	}
	if a.State() != before {
		t.Error("it changed something")
	}
	var doomed []string
	for _, r := range plan {
		for _, d := range r.Decisions {
			if d.Delete {
				for _, p := range d.Points {
					doomed = append(doomed, p.ID)
				}
			}
			if d.Reason == "" {
				t.Errorf("nothing is said of %s", d.Points[0].ID)
			}
		}
	}
	var pruned []string
	for _, r := range a.keep(t, tokyo) {
		pruned = append(pruned, r.Pruned...)
	}
	if len(doomed) != len(pruned) || len(doomed) != 6 {
		t.Errorf("the plan was %v, and it was %v", doomed, pruned)
	}
}

// Each refers to the oldest set of snapshots, or the oldest image, which would go.
func TestKeep_deletes_nothing_that_is_referred_to(t *testing.T) {
	for name, test := range map[string]struct {
		refer func(a account, snapshots []string, image string)
		stays map[string]int
	}{
		"nobody refers to anything": {func(account, []string, string) {}, map[string]int{}},
		"the pointer of a volume": {func(a account, snapshots []string, _ string) {
			a.SetParameter(tokyo, "/lastgood/"+volumes[1], snapshots[1], "String", "text", 1)
		}, map[string]int{data + " 01": 2}},
		"the pointer of the instance": {func(a account, _ []string, image string) {
			a.SetParameter(tokyo, "/lastgood/"+web, image, "String", "text", 1)
		}, map[string]int{golden + " 01": 1}},
		"an alias": {func(a account, _ []string, image string) {
			a.config.Aliases["web"] = []string{"i-0fffffffffffffff0"}
			a.SetParameter(tokyo, "/lastgood/web", image, "String", "text", 1)
		}, map[string]int{golden + " 01": 1}},
		"a stopped instance": {func(a account, _ []string, image string) {
			a.LaunchFrom(tokyo, "i-0fffffffffffffff1", image)
			a.SetInstance(tokyo, "i-0fffffffffffffff1", "stopped")
		}, map[string]int{golden + " 01": 1}},
		"a terminated instance": {func(a account, _ []string, image string) {
			a.LaunchFrom(tokyo, "i-0fffffffffffffff1", image)
			a.SetInstance(tokyo, "i-0fffffffffffffff1", "terminated")
		}, map[string]int{}},
		"launch configurations": {func(a account, snapshots []string, image string) {
			a.LaunchConfiguration(tokyo, "web", image)
			a.LaunchConfiguration(tokyo, "data", snapshots[0])
		}, map[string]int{data + " 01": 2, golden + " 01": 1}},
		"a launch template's default version": {func(a account, snapshots []string, image string) {
			a.LaunchTemplate(tokyo, "web", image, "ami-0fffffffffffffff1")
			a.LaunchTemplate(tokyo, "data", snapshots[1], "ami-0fffffffffffffff1")
		}, map[string]int{data + " 01": 2, golden + " 01": 1}},
		"a launch template's latest version": {func(a account, _ []string, image string) {
			a.LaunchTemplate(tokyo, "web", "ami-0fffffffffffffff1", image)
		}, map[string]int{golden + " 01": 1}},
		"a version in between, which nobody uses": {func(a account, _ []string, image string) {
			a.LaunchTemplate(tokyo, "web", "ami-0fffffffffffffff1", image, "ami-0fffffffffffffff1")
			a.Group(tokyo, "web", "web", "3")
		}, map[string]int{}},
		"a version in between, which a group uses": {func(a account, _ []string, image string) {
			a.LaunchTemplate(tokyo, "web", "ami-0fffffffffffffff1", image, "ami-0fffffffffffffff1")
			a.Group(tokyo, "web", "web", "2")
		}, map[string]int{golden + " 01": 1}},
		"a version in between, which a group of mixed instances uses": {func(a account, _ []string, image string) {
			a.LaunchTemplate(tokyo, "web", "ami-0fffffffffffffff1", image, "ami-0fffffffffffffff1")
			a.Group(tokyo, "api", "api", "1")
			a.Group(tokyo, "web", "web", "2")
		}, map[string]int{golden + " 01": 1}},
		"a version that a group uses, when another group's does not exist any more": {func(a account, _ []string, image string) {
			a.LaunchTemplate(tokyo, "web", "ami-0fffffffffffffff1", image, "ami-0fffffffffffffff1")
			a.Group(tokyo, "gone", "web", "9")
			a.Group(tokyo, "web", "web", "2")
		}, map[string]int{golden + " 01": 1}},
		"a launch template that takes a version of the pointer": {func(a account, _ []string, image string) {
			a.SetParameter(tokyo, "/lastgood/"+web+":1", image, "String", "text", 1) // what Parameter Store answers for version 1
			a.LaunchTemplate(tokyo, "web", "resolve:ssm:/lastgood/"+web+":1")
		}, map[string]int{golden + " 01": 1}},
		"a launch template that takes an alias, of an ARN, by a label": {func(a account, _ []string, image string) {
			a.config.Aliases["web"] = []string{"i-0fffffffffffffff0"}
			a.SetParameter(tokyo, "/lastgood/web:stable", image, "String", "text", 1)
			a.LaunchTemplate(tokyo, "web", "resolve:ssm:arn:aws:ssm:"+tokyo+":111122223333:parameter/lastgood/web:stable")
		}, map[string]int{golden + " 01": 1}},
		"a launch template that takes a version that does not exist any more": {func(a account, _ []string, _ string) {
			a.LaunchTemplate(tokyo, "web", "resolve:ssm:/lastgood/"+web+":1")
		}, map[string]int{}},
		"a launch template that names a snapshot of the image": {func(a account, _ []string, image string) {
			a.LaunchTemplate(tokyo, "web", a.SnapshotsOf(tokyo, image)[1])
		}, map[string]int{golden + " 01": 1}},
		"an image of one of the snapshots": {func(a account, snapshots []string, _ string) {
			a.Register(tokyo, "ami-0fffffffffffffff2", snapshots[1])
		}, map[string]int{data + " 01": 2}},
		"a lock":     {func(a account, snapshots []string, _ string) { a.Lock(snapshots[1]) }, map[string]int{data + " 01": 2}},
		"protection": {func(a account, _ []string, image string) { a.Protect(tokyo, image) }, map[string]int{golden + " 01": 1}},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAccount(t, 3, 2)
			test.refer(a, a.of(t, tokyo, data, 1), a.of(t, tokyo, golden, 1)[0])
			results := a.keep(t, tokyo)
			want := map[string]int{data + " 02": 2, data + " 03": 2, golden + " 02": 1, golden + " 03": 1}
			for set, n := range test.stays {
				want[set] = n
			}
			if diff := cmp.Diff(want, a.days(t, tokyo)); diff != "" {
				t.Error(diff)
			}
			for _, r := range results {
				for _, d := range r.Decisions {
					if d.Run.Scheduled.Day() == 1 && !d.Delete && (d.Reason == "" || strings.Contains(d.Reason, "newer good")) {
						t.Errorf("it stays, because %q", d.Reason)
					}
				}
			}
			a.whole(t)
		})
	}
}

func TestKeep_deletes_nothing_where_a_question_is_not_answered(t *testing.T) {
	prepare := func() account {
		a := newAccount(t, 3, 1)
		a.LaunchTemplate(tokyo, "web", "resolve:ssm:/lastgood/"+web+":1", "ami-0fffffffffffffff1", "ami-0fffffffffffffff1")
		a.Group(tokyo, "gone", "web", "9")
		a.Group(tokyo, "web", "web", "2")
		return a
	}
	count := prepare()
	p := count.Process(nil)
	if _, err := count.keeper(p, tokyo).Keep(t.Context(), subjects()...); err != nil {
		t.Fatal(err)
	}
	reads := 0
	for n, call := range p.Calls {
		if !call.Read {
			continue
		}
		reads++
		a := prepare()
		hook := func(i int, _ awsfake.Call) awsfake.Fault {
			if i == n {
				return awsfake.Fault{Before: awsfake.ErrThrottled}
			}
			return awsfake.Fault{}
		}
		before := a.State()
		if _, err := a.keeper(a.Process(hook), tokyo).Keep(t.Context(), subjects()...); err == nil {
			t.Errorf("call %d, %s, failed and nobody says so", n, call.Action)
		}
		if a.State() != before {
			t.Errorf("call %d, %s, failed and something was deleted", n, call.Action)
		}
	}
	if reads < 12 {
		t.Errorf("only %d questions: %v", reads, p.Calls)
	}
}

// Somebody else's parameters are none of ours to read.
func TestKeep_asks_for_versions_of_pointers_once_and_for_no_other_parameters(t *testing.T) {
	reads := func(templates ...string) int {
		a := newAccount(t, 3, 2)
		a.LaunchTemplate(tokyo, "web", templates...)
		p := a.Process(nil)
		if _, err := a.keeper(p, tokyo).Keep(t.Context(), subjects()...); err != nil {
			t.Fatal(err)
		}
		return p.Count("GetParameters")
	}
	before := reads("ami-0fffffffffffffff1", "ami-0fffffffffffffff1")
	if got := reads("resolve:ssm:/golden/web:7", "resolve:ssm:/lastgood/"+web); got != before {
		t.Errorf("%d parameters were read, not %d", got, before)
	}
	if got := reads("resolve:ssm:/lastgood/"+web+":1", "resolve:ssm:/lastgood/"+web+":1"); got != before+1 {
		t.Errorf("%d parameters were read, not %d", got, before+1)
	}
}

func TestKeep_leaves_the_rest_of_a_set_alone_of_which_a_part_cannot_be_deleted(t *testing.T) {
	a := newAccount(t, 3, 2)
	refuse := func(_ int, c awsfake.Call) awsfake.Fault {
		if c.Action == "DeleteSnapshot" {
			return awsfake.Fault{Before: awsfake.ErrServer}
		}
		return awsfake.Fault{}
	}
	results, err := a.keeper(a.Process(refuse), tokyo).Keep(t.Context(), subjects()...)
	if err != nil {
		t.Fatal(err)
	}
	if got := a.days(t, tokyo)[data+" 01"]; got != 2 || results[0].Err() == nil || len(results[0].Failed) != 1 {
		t.Errorf("%d parts are left; failed: %v", got, results[0].Failed)
	}
	if len(results[1].Pruned) != 1 {
		t.Error("a failure of one policy stopped the other")
	}
}

func TestKeep_does_nothing_for_a_policy_that_is_gone(t *testing.T) {
	a := newAccount(t, 4, 1)
	a.config.Policies = nil
	p := a.Process(nil)
	results, err := a.keeper(p, tokyo).Keep(t.Context(), subjects()...)
	if err != nil || len(results) != 0 || len(p.Calls) != 0 {
		t.Errorf("%+v, %v, %v", results, err, p.Calls)
	}
	plan, err := a.keeper(p, tokyo).Plan(t.Context(), subjects()...)
	if err != nil || len(plan) != 2 || len(plan[0].Decisions) != 4 || !strings.Contains(plan[0].Decisions[0].Reason, "no rule") {
		t.Errorf("%+v, %v", plan, err)
	}
}

func TestKeep_leaves_what_people_tagged_like_ours(t *testing.T) {
	a := newAccount(t, 4, 1)
	oldest := a.of(t, tokyo, data, 1)
	stranger, tags := "snap-0fffffffffffffff0", a.Tags(tokyo, oldest[0])
	a.Snapshot(tokyo, stranger, "vol-0ffffffffffffffff", a.Now.AddDate(0, 0, -30), tags)
	a.Stranger(stranger)
	copied := "snap-0fffffffffffffff1" // within the Region, by hand, with all tags
	a.CopySnapshot(tokyo, copied, tokyo, oldest[1], a.Now, a.Tags(tokyo, a.of(t, tokyo, data, 2)[0]))
	a.Stranger(copied)
	a.Finish(tokyo)
	a.keep(t, tokyo)
	for _, id := range []string{stranger, copied, oldest[0], oldest[1]} {
		if !a.Exists(tokyo, id) {
			t.Errorf("%s is gone", id)
		}
	}
	a.whole(t)
}
