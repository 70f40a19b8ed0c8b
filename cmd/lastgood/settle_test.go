package main

import (
	"strings"
	"testing"
	"time"

	"lastgood/infra/local"
	"lastgood/shared/config"
	"lastgood/shared/pointer"
	"lastgood/shared/recovery"
)

// writes counts the calls that changed a parameter since a call.
func writes(w *world, since int) int {
	w.Helper()
	calls, err := w.aws.Calls(w.Context(), since)
	w.check(err)
	n := 0
	for _, call := range calls {
		if call.Action == "PutParameter" || call.Action == "DeleteParameter" {
			n++
		}
	}
	return n
}

// lastCall is the sequence number of the last call anybody made.
func lastCall(w *world) int {
	w.Helper()
	calls, err := w.aws.Calls(w.Context(), 0)
	w.check(err)
	return calls[len(calls)-1].Sequence
}

func TestSettle_moves_a_pointer_and_its_alias(t *testing.T) {
	b := newBackups(t)
	b.config.Aliases = map[string][]string{"settled-website": {b.web}}
	b.point(mainRegion, b.web, b.older)
	before := lastCall(b.world)
	b.golden("settle_dry_run", b.expect(exitOK, "settle", b.web, "--dry-run"))
	if n := writes(b.world, before); n != 0 {
		t.Errorf("a dry run wrote %d times", n)
	}
	b.names(b.older, b.newerDR)
	b.golden("settle", b.expect(exitOK, "settle", b.web))
	b.names(b.newer, b.newerDR)
	b.golden("settle_again", b.expect(exitOK, "settle", b.web))

	b.point(mainRegion, "settled-website", b.older)
	out := b.expect(exitOK, "settle", "settled-website", "--region", mainRegion)
	if strings.Contains(out, drRegion) || strings.Contains(out, b.web) || b.pointer(mainRegion, "settled-website") != b.newer {
		t.Error(out)
	}
}

func TestSettle_all_in_a_dry_run_says_what_settling_then_does(t *testing.T) {
	for name, p := range map[string]config.Parameter{
		"latest": {Prefix: "/settle-all/", Versioning: config.Latest, DataType: config.Text},
		"pinned": {Prefix: "/settle-all-pinned/", Versioning: config.Pinned, DataType: config.Text},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.config.Parameter = p
			sources := w.instances("moves", "right", "dangles", "fresh")
			moves, right, dangles, fresh := sources[0], sources[1], sources[2], sources[3]
			old := w.image(moves, "old of moves")
			w.point(mainRegion, moves, old)
			w.image(moves, "new of moves")
			w.point(mainRegion, right, w.image(right, "of right"))
			gone := w.image(dangles, "of dangles")
			w.point(mainRegion, dangles, gone)
			w.deregister(mainRegion, gone)
			w.image(fresh, "of fresh")

			before := lastCall(w)
			said := decode[settleResult](w, w.expect(exitFindings, "settle", "--all", "--dry-run", "-o", "json"))
			if n := writes(w, before); n != 0 || !said.DryRun {
				t.Errorf("a dry run wrote %d times", n)
			}
			if got := w.pointer(mainRegion, moves); got != old {
				t.Errorf("a dry run moved a pointer to %s", got)
			}
			did := decode[settleResult](w, w.expect(exitFindings, "settle", "--all", "-o", "json"))
			for i := range sources {
				if said.Regions[0].Pointers[i].Move != did.Regions[0].Pointers[i].Move || said.Regions[0].Pointers[i].To != did.Regions[0].Pointers[i].To {
					t.Errorf("it said %+v and did %+v", said.Regions[0].Pointers[i], did.Regions[0].Pointers[i])
				}
			}
			for i, want := range []pointer.Move{pointer.Moved, pointer.Unchanged, pointer.Dangling, pointer.Moved} {
				if got := did.Regions[0].Pointers[i].Move; got != want {
					t.Errorf("%s: %s, want %s", w.called[sources[i]], got, want)
				}
			}
		})
	}
}

func TestSettle_all_in_words(t *testing.T) {
	w := newWorld(t)
	w.config.Parameter.Prefix = "/settle-words/"
	sources := w.instances("a", "b", "c")
	w.point(mainRegion, sources[0], w.image(sources[0], "of a"))
	w.image(sources[1], "of b")
	w.copy(w.image(sources[2], "of c"), "unsigned copy of c")
	w.golden("settle_all_dry_run", w.expect(exitOK, "settle", "--all", "--dry-run"))
	w.golden("settle_all", w.expect(exitOK, "settle", "--all"))
}

func TestSettle_passes_over_a_copy_whose_signature_does_not_fit(t *testing.T) {
	b := newBackups(t)
	forged := b.copy(b.newer, "forged")
	claim := recovery.Claim{Region: drRegion, Point: forged, Source: b.web, TakenAt: time.Now().Add(-time.Second)}
	tags, err := claim.Tags(t.Context(), b.key(mainRegion)) // another Region's key
	b.check(err)
	b.tag(drRegion, forged, tags)
	b.golden("settle_forged", b.expect(exitOK, "settle", b.web, "--region", drRegion))
	b.names(b.newer, b.newerDR)
}

func TestSettle_exits_2_when_a_pointer_dangles_or_a_Region_fails(t *testing.T) {
	b := newBackups(t)
	b.deregister(drRegion, b.olderDR)
	b.deregister(drRegion, b.newerDR)
	b.golden("settle_dangling", b.expect(exitFindings, "settle", b.web))

	b.point(mainRegion, b.web, b.older)
	b.down(drRegion)
	out := b.expect(exitFindings, "settle", b.web)
	if !strings.Contains(out, "FAILED: no answer") || b.pointer(mainRegion, b.web) != b.newer {
		t.Error(out)
	}
	b.down(mainRegion)
	b.expect(exitFailed, "settle", b.web)
}

// What is somebody's own may be a secret: it is neither changed nor shown.
func TestSettle_leaves_somebody_s_own_parameter_alone_and_exits_2(t *testing.T) {
	w := newWorld(t)
	w.config.Parameter.Prefix = "/settle-conflict/"
	web := w.instance("web")
	w.image(web, "nightly")
	w.point(mainRegion, web, "hunter2")
	for _, args := range [][]string{{"settle", web}, {"settle", "--all"}, {"status", web}} {
		out := w.expect(exitFindings, append(args, "-o", "json")...) + w.expect(exitFindings, args...)
		if !strings.Contains(out, "none of lastgood's") || strings.Contains(out, "hunter2") {
			t.Errorf("%v: %s", args, out)
		}
	}
	if got := w.pointer(mainRegion, web); got != "hunter2" {
		t.Errorf("the parameter became %q", got)
	}
}

func TestSettle_reports_what_Parameter_Store_refuses(t *testing.T) {
	b := newBackups(t)
	b.point(mainRegion, b.web, b.older)
	b.fault(local.Fault{Service: "ssm", Action: "PutParameter", Error: "AccessDeniedException", Region: mainRegion})
	if out := b.expect(exitFindings, "settle", b.web); !strings.Contains(out, "AccessDeniedException") {
		t.Error(out)
	}
}

func TestSettle_usage(t *testing.T) {
	w := newWorld(t)
	for name, args := range map[string][]string{
		"nothing":        {"settle"},
		"both":           {"settle", "--all", "i-00000000000000000"},
		"two":            {"settle", "i-00000000000000000", "i-00000000000000001"},
		"unknown_alias":  {"settle", "nowhere"},
		"unknown_region": {"settle", "--all", "--region", "mars"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, errs, code := w.run(args...); code != exitUsage {
				t.Errorf("exit code %d, want %d: %s", code, exitUsage, errs)
			}
		})
	}
}
