package recovery

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	web   = "i-0123456789abcdef0"
	other = "i-0fedcba9876543210"
)

var t0 = time.Date(2026, 9, 1, 2, 0, 0, 0, time.UTC)

func all(string) bool { return true }

// original is a good image of web, minutes after t0.
func original(id string, minutes int) Point {
	return Point{ID: id, State: Available, Created: t0.Add(time.Duration(minutes) * time.Minute), OriginalOf: web}
}

// copyOf is a good copy of an image of web, created and taken minutes after t0.
func copyOf(id string, created, taken int) Point {
	p := original(id, created)
	p.OriginalOf, p.SourceImage, p.SourceRegion = "", "ami-0aaaaaaaaaaaaaaa1", "us-east-1"
	p.Tags = map[string]string{
		TagSourceID: web, TagSignature: "c2lnbmVk",
		TagTakenAt: t0.Add(time.Duration(taken) * time.Minute).Format(time.RFC3339),
	}
	return p
}

// tagged is p with one more tag; without where the value is "-".
func tagged(p Point, key, value string) Point {
	tags := map[string]string{}
	for k, v := range p.Tags {
		tags[k] = v
	}
	tags[key] = value
	if value == "-" {
		delete(tags, key)
	}
	p.Tags = tags
	return p
}

func TestNewest(t *testing.T) {
	gone, pending := original("ami-gone", 9), original("ami-pending", 9)
	gone.State, pending.State = Gone, Pending
	unknown := original("ami-unknown", 9)
	unknown.State = "archived"
	undated := original("ami-undated", 0)
	undated.Created = time.Time{}
	undatedCopy := copyOf("ami-undated-copy", 0, 9)
	undatedCopy.Created = time.Time{}
	foreign := original("ami-foreign", 9)
	foreign.OriginalOf = other
	for name, tc := range map[string]struct {
		points []Point
		want   string // "" means that there is none
	}{
		"nothing_there":                 {nil, ""},
		"the_only_one":                  {[]Point{original("ami-1", 1)}, "ami-1"},
		"the_younger_of_two":            {[]Point{original("ami-1", 2), original("ami-2", 1)}, "ami-1"},
		"ties_go_to_the_greater_id":     {[]Point{original("ami-3", 1), original("ami-5", 1), original("ami-4", 1)}, "ami-5"},
		"pending_is_passed_over":        {[]Point{original("ami-1", 1), pending}, "ami-1"},
		"gone_is_passed_over":           {[]Point{original("ami-1", 1), gone}, "ami-1"},
		"unknown_state_is_passed_over":  {[]Point{original("ami-1", 1), unknown}, "ami-1"},
		"another_instances":             {[]Point{original("ami-1", 1), foreign}, "ami-1"},
		"quarantined_is_passed_over":    {[]Point{original("ami-1", 1), tagged(original("ami-2", 2), TagQuarantine, "bad disk")}, "ami-1"},
		"quarantine_needs_no_value":     {[]Point{tagged(original("ami-2", 2), TagQuarantine, "")}, ""},
		"quarantine_says_false":         {[]Point{tagged(original("ami-2", 2), TagQuarantine, "false")}, ""},
		"a_tag_makes_no_original_older": {[]Point{tagged(original("ami-1", 2), TagTakenAt, t0.Add(-time.Hour).Format(time.RFC3339)), original("ami-2", 1)}, "ami-1"},
		"a_tag_makes_no_original_younger": {
			[]Point{tagged(original("ami-1", 1), TagTakenAt, t0.Add(time.Hour).Format(time.RFC3339)), original("ami-2", 2)}, "ami-2"},
		"a_tag_gives_no_original_to_another": {
			[]Point{tagged(tagged(foreign, TagSourceID, web), TagSignature, "c2lnbmVk")}, ""},
		"older_copy_finishing_last_does_not_win":      {[]Point{copyOf("ami-1", 10, 2), copyOf("ami-2", 20, 1)}, "ami-1"},
		"copy_counts_as_old_as_its_original":          {[]Point{original("ami-1", 5), copyOf("ami-2", 9, 4)}, "ami-1"},
		"copy_of_a_younger_one_wins":                  {[]Point{original("ami-1", 5), copyOf("ami-2", 9, 6)}, "ami-2"},
		"copy_does_not_displace_its_original":         {[]Point{original("ami-1", 5), copyOf("ami-2", 9, 5)}, "ami-1"},
		"later_copy_does_not_displace_an_earlier_one": {[]Point{copyOf("ami-1", 8, 5), copyOf("ami-2", 9, 5)}, "ami-1"},
		"copy_taken_when_it_was_created":              {[]Point{copyOf("ami-1", 5, 5)}, "ami-1"},
		"unsigned_copy":                               {[]Point{tagged(copyOf("ami-1", 5, 4), TagSignature, "-")}, ""},
		"signature_without_a_value":                   {[]Point{tagged(copyOf("ami-1", 5, 4), TagSignature, "")}, ""},
		"copy_without_a_source":                       {[]Point{tagged(copyOf("ami-1", 5, 4), TagSourceID, "-")}, ""},
		"copy_whose_source_is_no_id":                  {[]Point{tagged(copyOf("ami-1", 5, 4), TagSourceID, "../x")}, ""},
		"copy_of_another_source":                      {[]Point{tagged(copyOf("ami-1", 5, 4), TagSourceID, other)}, ""},
		"copy_without_an_age":                         {[]Point{tagged(copyOf("ami-1", 5, 4), TagTakenAt, "-")}, ""},
		"copy_whose_age_is_no_time":                   {[]Point{tagged(copyOf("ami-1", 5, 4), TagTakenAt, "yesterday")}, ""},
		"copy_whose_age_is_only_a_date":               {[]Point{tagged(copyOf("ami-1", 5, 4), TagTakenAt, "2026-09-01")}, ""},
		"copy_taken_after_it_was_created":             {[]Point{copyOf("ami-1", 5, 6), copyOf("ami-2", 5, 1)}, "ami-2"},
		"copy_taken_a_moment_after_it_was_created":    {[]Point{tagged(copyOf("ami-1", 0, 0), TagTakenAt, t0.Add(1).Format(time.RFC3339Nano))}, ""},
		"age_in_another_zone":                         {[]Point{tagged(copyOf("ami-1", 9, 0), TagTakenAt, "2026-09-01T11:05:00+09:00"), original("ami-2", 4)}, "ami-1"},
		"ages_differ_by_a_millisecond":                {[]Point{tagged(copyOf("ami-1", 9, 0), TagTakenAt, "2026-09-01T02:01:00.001Z"), copyOf("ami-2", 9, 1)}, "ami-1"},
		"original_whose_creation_date_cannot_be_read": {[]Point{undated}, ""},
		"copy_whose_creation_date_cannot_be_read":     {[]Point{undatedCopy}, ""},
		"all_are_bad":                                 {[]Point{gone, pending, foreign}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, found := Newest(tc.points, web, all)
			if got.ID != tc.want || found != (tc.want != "") {
				t.Errorf("got %q, %v, want %q", got.ID, found, tc.want)
			}
		})
	}
}

func TestNewest_takes_only_names_that_are_included(t *testing.T) {
	daily, manual := original("ami-1", 1), original("ami-2", 2)
	daily.Name, manual.Name = "daily-1", "manual"
	got, found := Newest([]Point{daily, manual}, web, func(name string) bool { return strings.HasPrefix(name, "daily-") })
	if !found || got.ID != daily.ID {
		t.Errorf("got %q, %v", got.ID, found)
	}
}

func TestNewest_leaves_its_argument_as_it_is(t *testing.T) {
	points := []Point{original("ami-2", 1), copyOf("ami-1", 3, 2), original("ami-3", 0)}
	before := slices.Clone(points)
	Newest(points, web, all)
	if diff := cmp.Diff(before, points); diff != "" {
		t.Error(diff)
	}
}

// reference is the newest good point by the words of the design, one rule after the other.
func reference(points []Point, source string, included func(string) bool) string {
	var best Point
	var bestAge time.Time
	for _, p := range points {
		if p.State != Available || !included(p.Name) {
			continue
		}
		if _, quarantined := p.Tags[TagQuarantine]; quarantined {
			continue
		}
		var age time.Time
		if p.OriginalOf != "" {
			if p.OriginalOf != source {
				continue
			}
			age = p.Created
		} else {
			if p.Tags[TagSignature] == "" || p.Tags[TagSourceID] != source {
				continue
			}
			taken, err := time.Parse(time.RFC3339, p.Tags[TagTakenAt])
			if err != nil || taken.After(p.Created) {
				continue
			}
			age = taken
		}
		if age.IsZero() {
			continue
		}
		better := age.After(bestAge)
		if age.Equal(bestAge) {
			switch mine, its := p.OriginalOf != "", best.OriginalOf != ""; {
			case mine != its:
				better = mine
			case !p.Created.Equal(best.Created):
				better = p.Created.Before(best.Created)
			default:
				better = p.ID > best.ID
			}
		}
		if best.ID == "" || better {
			best, bestAge = p, age
		}
	}
	return best.ID
}

// randomPoints draws from few values, so that ties and near misses are common.
func randomPoints(r *rand.Rand) []Point {
	pick := func(values ...string) string { return values[r.IntN(len(values))] }
	points := make([]Point, r.IntN(9))
	for i, id := range r.Perm(len(points)) {
		p := Point{
			ID: fmt.Sprintf("ami-%08x", id), Name: pick("daily", "manual"),
			State:      State(pick("available", "available", "available", "pending", "gone", "")),
			Created:    t0.Add(time.Duration(r.IntN(6)) * time.Minute),
			OriginalOf: pick("", "", web, web, other), Tags: map[string]string{},
		}
		if r.IntN(12) == 0 {
			p.Created = time.Time{}
		}
		for key, value := range map[string]string{
			TagSourceID:   pick("-", web, web, web, other, "../x", ""),
			TagSignature:  pick("-", "c2ln", "c2ln", "c2ln", ""),
			TagQuarantine: pick("-", "-", "-", "-", "-", "", "x"),
		} {
			if value != "-" {
				p.Tags[key] = value
			}
		}
		switch at := t0.Add(time.Duration(r.IntN(7)) * time.Minute); r.IntN(6) {
		case 0:
			p.Tags[TagTakenAt] = pick("", "yesterday", "0001-01-01T00:00:00Z", "2026-09-01")
		case 1:
		case 2:
			p.Tags[TagTakenAt] = at.In(time.FixedZone("", 9*60*60)).Format(time.RFC3339)
		default:
			p.Tags[TagTakenAt] = at.Format(time.RFC3339)
		}
		points[i] = p
	}
	return points
}

func TestNewest_is_what_the_rules_say_for_random_points(t *testing.T) {
	daily := func(name string) bool { return name == "daily" }
	found := 0
	for seed := range uint64(20_000) {
		r := rand.New(rand.NewPCG(seed, 1))
		points := randomPoints(r)
		included := all
		if seed%3 == 0 {
			included = daily
		}
		want := reference(points, web, included)
		if want != "" {
			found++
		}
		for range 3 { // in whatever order they are listed
			if got, ok := Newest(points, web, included); got.ID != want || ok != (want != "") {
				t.Fatalf("seed %d: got %q, %v, want %q of %+v", seed, got.ID, ok, want, points)
			}
			r.Shuffle(len(points), func(i, j int) { points[i], points[j] = points[j], points[i] })
		}
	}
	if found < 5_000 {
		t.Errorf("only %d cases have a newest point: they test too little", found)
	}
}

func TestState_goes_forward(t *testing.T) {
	states := []State{Pending, Available, Gone}
	for i, s := range states {
		for j, u := range states {
			if got, want := s.Before(u), i < j; got != want {
				t.Errorf("%s before %s: %v", s, u, got)
			}
		}
	}
}

func TestSource_goes_by_EC2_before_any_tag(t *testing.T) {
	p := original("ami-1", 0)
	p = tagged(tagged(p, TagSourceID, other), TagSignature, "c2lnbmVk")
	if got := p.Source(); got != web {
		t.Errorf("got %s", got)
	}
}

// A fleet's worth of images, of which every tenth is a copy.
func BenchmarkNewest(b *testing.B) {
	points := make([]Point, 10_000)
	for i := range points {
		id := fmt.Sprintf("ami-%017x", i*7919%len(points))
		points[i] = original(id, i*7919%len(points))
		if i%10 == 0 {
			points[i] = copyOf(id, len(points)+1, i)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, found := Newest(points, web, all); !found {
			b.Fatal("nothing found")
		}
	}
}
