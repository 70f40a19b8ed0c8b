package recovery

import (
	"testing"
	"time"
)

func TestWatch_watches_what_is_still_backed_up(t *testing.T) {
	now := time.Date(2026, 9, 15, 2, 0, 0, 0, time.UTC)
	w := Watch{MaxAge: 26 * time.Hour, RetireAfter: 14 * 24 * time.Hour}
	taken := func(state State, ago time.Duration) Point {
		return Point{OriginalOf: "i-0123456789abcdef0", State: state, Created: now.Add(-ago)}
	}
	bad := taken(Available, 30*time.Hour)
	bad.Tags = map[string]string{TagQuarantine: "bad"}
	copied := Point{State: Available, Created: now, Tags: map[string]string{
		TagSourceID: "i-0123456789abcdef0", TagSignature: "s", TagTakenAt: now.Add(-30 * time.Hour).Format(time.RFC3339),
	}}
	for name, tc := range map[string]struct {
		points  []Point
		age     time.Duration
		watched bool
		stale   bool
	}{
		"nothing":              {nil, 30 * time.Hour, false, false},
		"imaged_once":          {[]Point{taken(Available, 30*time.Hour)}, 30 * time.Hour, false, false},
		"fresh":                {[]Point{taken(Available, time.Hour), taken(Available, 25*time.Hour)}, time.Hour, true, false},
		"as_old_as_may_be":     {[]Point{taken(Available, 26*time.Hour), taken(Available, 50*time.Hour)}, 26 * time.Hour, true, false},
		"too_old":              {[]Point{taken(Available, 30*time.Hour), taken(Available, 54*time.Hour)}, 30 * time.Hour, true, true},
		"gone_for_weeks":       {[]Point{taken(Available, 15*24*time.Hour), taken(Available, 16*24*time.Hour)}, 15 * 24 * time.Hour, false, false},
		"one_of_late":          {[]Point{taken(Available, 30*time.Hour), taken(Available, 14*24*time.Hour)}, 30 * time.Hour, false, false},
		"backups_are_bad":      {[]Point{bad, bad, taken(Available, 20*24*time.Hour)}, 20 * 24 * time.Hour, true, true},
		"backups_hang":         {[]Point{taken(Pending, time.Hour), taken(Available, 30*time.Hour)}, 30 * time.Hour, true, true},
		"what_is_gone":         {[]Point{taken(Gone, time.Hour), taken(Available, 30*time.Hour)}, 30 * time.Hour, false, false},
		"a_copy_by_its_source": {[]Point{copied, copied}, 30 * time.Hour, true, true},
		"nobody_knows_how_old": {[]Point{{}, {}}, 30 * time.Hour, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := w.Watched(tc.points, now); got != tc.watched {
				t.Errorf("watched: %v", got)
			}
			if got := w.Stale(now.Add(-tc.age), tc.points, now); got != tc.stale {
				t.Errorf("stale: %v", got)
			}
			if w.Stale(time.Time{}, tc.points, now) {
				t.Error("what nobody knows the age of is stale")
			}
		})
	}
}
