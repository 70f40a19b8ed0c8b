package reconcile

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lastgood/shared/recovery"
)

const every = 15 * time.Minute

var t0 = time.Date(2026, 9, 1, 2, 0, 0, 0, time.UTC)

// golden makes images that nobody can attribute, the oldest first.
func golden(from, n int) []recovery.Point {
	images := make([]recovery.Point, n)
	for i := range images {
		images[i] = recovery.Point{ID: fmt.Sprintf("ami-%017x", from+i), Created: t0.Add(time.Duration(from+i) * time.Minute)}
	}
	return images
}

func signed(n int) []recovery.Point {
	images := golden(0, n)
	for i := range images {
		images[i].Tags = map[string]string{recovery.TagSourceID: "i-0123456789abcdef0", recovery.TagSignature: "s"}
	}
	return images
}

func TestTurn_looks_at_the_newest_each_time_and_at_every_other_in_turn(t *testing.T) {
	const n, newARun = 3300, 7
	images := golden(0, n)
	seen := map[string]int{}
	run := 12345
	for range (n-1)/perTurn + 1 {
		due, waiting := turn(doubtful(images), run)
		if len(due) > 2*perTurn || len(due)+waiting != len(images) {
			t.Fatalf("%d images are due, %d wait", len(due), waiting)
		}
		newest := len(images) - 1
		if due[0] != newest || due[perTurn-1] != newest-perTurn+1 {
			t.Fatalf("the newest ones are not looked at: %d to %d", due[0], due[perTurn-1])
		}
		for _, i := range due {
			seen[images[i].ID]++
		}
		images = append(images, golden(len(images), newARun)...)
		run++
	}
	for _, p := range golden(0, n) {
		if seen[p.ID] == 0 {
			t.Fatalf("%s never had its turn", p.ID)
		}
	}
}

func TestTurn_of_few_is_all_of_them(t *testing.T) {
	all := doubtful(golden(0, 2*perTurn))
	due, waiting := turn(all, 7)
	if diff := cmp.Diff(all, due); diff != "" || waiting != 0 {
		t.Errorf("%d wait: %s", waiting, diff)
	}
}

// All signed copies are looked into within a day, or twice as long where there are too
// many for that; a run has its share of them and little more.
func TestAudited_gets_round_to_every_signed_copy(t *testing.T) {
	const hourly = time.Hour
	for n, days := range map[int]int{0: 1, 1: 1, 4_800: 1, 5_000: 2} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			images := append(signed(n), golden(n, 10)...)
			seen := map[int]int{}
			runs := days * int(24*time.Hour/hourly)
			for run := 777; run < 777+runs; run++ {
				due := audited(images, run, hourly)
				if len(due) > 2*audits {
					t.Fatalf("run %d looks into %d", run, len(due))
				}
				for _, i := range due {
					seen[i]++
				}
			}
			if len(seen) != n || slices.ContainsFunc(counts(seen), func(c int) bool { return c != 1 }) {
				t.Errorf("%d of %d had their turn", len(seen), n)
			}
		})
	}
}

func counts(seen map[int]int) (counts []int) {
	for _, c := range seen {
		counts = append(counts, c)
	}
	return counts
}

func TestAudited_gives_a_copy_the_same_turn_whatever_else_there_is(t *testing.T) {
	few, more := signed(100), signed(1000)
	for run := range 96 {
		due := map[int]bool{}
		for _, i := range audited(more, run, every) {
			due[i] = true
		}
		for _, i := range audited(few, run, every) {
			if !due[i] {
				t.Fatalf("run %d looks into %s only while there are few", run, few[i].ID)
			}
		}
	}
}

func TestAudited_takes_all_at_once_where_a_run_is_rarer_than_a_day(t *testing.T) {
	if due := audited(signed(50), 3, 48*time.Hour); len(due) != 50 {
		t.Errorf("%d of 50", len(due))
	}
}
