package pointer

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lastgood/shared/awsfake"
)

// pointersIn makes n pointers below a prefix, and returns what they are.
func pointersIn(w *awsfake.World, prefix Names, n int) map[string]string {
	pointers := map[string]string{}
	for i := range n {
		source, image := fmt.Sprintf("i-%017x", i), fmt.Sprintf("ami-%017x", i)
		pointers[source] = image
		w.SetParameter(tokyo, prefix.Parameter(source), image, "String", "text", 1)
	}
	return pointers
}

// foreign makes parameters of others.
func foreign(w *awsfake.World, names ...string) {
	for _, name := range names {
		w.SetParameter(tokyo, name, "ami-00000000000000bad", "String", "text", 1)
	}
}

func listed(t *testing.T, p *awsfake.Process, prefix Names) map[string]string {
	t.Helper()
	got, err := List(t.Context(), p.Client(tokyo), prefix)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// counts are how often a process made each call.
func counts(p *awsfake.Process) map[string]int {
	n := map[string]int{}
	for _, c := range p.Calls {
		n[c.Action]++
	}
	return n
}

func TestList_below_a_prefix_ten_a_call(t *testing.T) {
	for n, calls := range map[int]int{0: 1, 1: 1, 10: 1, 11: 2, 25: 3} {
		w := world(latest)
		want := pointersIn(w, "/lastgood/", n)
		foreign(w, "/other/"+web, web)
		p := w.Process(nil)
		if diff := cmp.Diff(want, listed(t, p, "/lastgood/")); diff != "" {
			t.Errorf("%d pointers: %s", n, diff)
		}
		if diff := cmp.Diff(map[string]int{"GetParametersByPath": calls}, counts(p)); diff != "" {
			t.Errorf("%d pointers: %s", n, diff)
		}
	}
}

func TestList_passes_over_foreign_parameters_below_the_prefix(t *testing.T) {
	w := world(latest)
	want := pointersIn(w, "/lastgood/", 25)
	foreign(w, "/lastgood/a-setting", "/lastgood/web", "/lastgood/i-production", "/lastgood/zz", "/lastgood/"+ami1)
	p := w.Process(nil)
	if diff := cmp.Diff(want, listed(t, p, "/lastgood/")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]int{"GetParametersByPath": 3}, counts(p)); diff != "" {
		t.Error(diff)
	}
}

// A page on which nothing is ours is not the last one.
func TestList_goes_on_after_a_page_of_foreign_parameters(t *testing.T) {
	w := world(latest)
	for i := range 15 {
		foreign(w, fmt.Sprintf("/lastgood/a%02d", i))
	}
	want := pointersIn(w, "/lastgood/", 1)
	if diff := cmp.Diff(want, listed(t, w.Process(nil), "/lastgood/")); diff != "" {
		t.Error(diff)
	}
}

func TestList_bare_names_are_found_by_name_and_read_ten_a_call(t *testing.T) {
	for _, tc := range []struct {
		pointers, foreign, describes, gets int
	}{{0, 0, 1, 0}, {1, 0, 1, 1}, {25, 0, 1, 3}, {25, 60, 2, 3}, {50, 0, 1, 5}, {51, 0, 2, 6}} {
		w := world(pinned)
		want := pointersIn(w, "/", tc.pointers)
		for i := range tc.foreign {
			foreign(w, fmt.Sprintf("i-production-%02d", i))
		}
		foreign(w, "database-password", "/lastgood/"+web, "zz")
		p := w.Process(nil)
		if diff := cmp.Diff(want, listed(t, p, "/")); diff != "" {
			t.Errorf("%+v: %s", tc, diff)
		}
		wantCalls := map[string]int{"DescribeParameters": tc.describes + 1} // and one for volumes
		if tc.gets > 0 {
			wantCalls["GetParameters"] = tc.gets
		}
		if diff := cmp.Diff(wantCalls, counts(p)); diff != "" {
			t.Errorf("%+v: %s", tc, diff)
		}
	}
}

// Below a prefix of its own an alias costs nothing; a bare one is read by its name.
func TestRead_reads_aliases_too(t *testing.T) {
	for prefix, calls := range map[Names]map[string]int{
		"/lastgood/": {"GetParametersByPath": 1},
		"/":          {"DescribeParameters": 2, "GetParameters": 1}, // instances, volumes
	} {
		w := world(latest)
		w.SetParameter(tokyo, prefix.Parameter(web), ami1, "String", "text", 3)
		w.SetParameter(tokyo, prefix.Parameter("website"), ami2, "String", "aws:ec2:image", 1)
		foreign(w, prefix.Parameter("mail"))
		p := w.Process(nil)
		got, err := Read(t.Context(), p.Client(tokyo), prefix, "website", "nowhere")
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]value{web: {ami1, 3, "String", "text"}, "website": {ami2, 1, "String", "aws:ec2:image"}}
		values := map[string]value{}
		for id, p := range got {
			values[id] = valueOf(p)
		}
		if diff := cmp.Diff(want, values, cmp.AllowUnexported(value{})); diff != "" {
			t.Errorf("below %s: %s", prefix, diff)
		}
		if diff := cmp.Diff(calls, counts(p)); diff != "" {
			t.Errorf("below %s: %s", prefix, diff)
		}
	}
}

// Between being found by name and being read a pointer may vanish, when it is recreated.
func TestList_a_pointer_that_vanishes_while_listed_is_left_out(t *testing.T) {
	w := world(pinned)
	want := pointersIn(w, "/", 3)
	gone := fmt.Sprintf("i-%017x", 1)
	delete(want, gone)
	p := w.Process(func(_ int, c awsfake.Call) awsfake.Fault {
		if c.Action == "GetParameters" {
			w.DeleteParameter(tokyo, gone)
		}
		return awsfake.Fault{}
	})
	if diff := cmp.Diff(want, listed(t, p, "/")); diff != "" {
		t.Error(diff)
	}
}

func TestList_a_failure_of_any_call_says_what_was_being_read(t *testing.T) {
	for _, tc := range []struct {
		prefix Names
		calls  int
		says   []string // by call
	}{
		{"/lastgood/", 3, []string{"/lastgood/", "/lastgood/", "/lastgood/"}},
		{"/", 5, []string{"named i-", "named vol-", "i-00000000000000000", "i-0000000000000000a", "i-00000000000000014"}},
	} {
		for fails := range tc.calls {
			w := world(latest)
			pointersIn(w, tc.prefix, 25)
			p := w.Process(func(n int, _ awsfake.Call) awsfake.Fault {
				if n == fails {
					return awsfake.Fault{Before: awsfake.ErrThrottled}
				}
				return awsfake.Fault{}
			})
			got, err := List(t.Context(), p.Client(tokyo), tc.prefix)
			if got != nil || !errors.Is(err, awsfake.ErrThrottled) || !strings.Contains(err.Error(), tc.says[fails]) {
				t.Errorf("call %d below %s: %v, %v", fails, tc.prefix, got, err)
			}
		}
	}
}
