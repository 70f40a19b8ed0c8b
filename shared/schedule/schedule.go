// Package schedule reads the schedule expressions of EventBridge Scheduler and
// says when they run next. It knows no clock and no AWS.
//
// The grammar and what clock changes do to it:
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
package schedule

import (
	"errors"
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // neither Lambda's runtime nor every machine that synthesizes has the time zones
)

// Schedule is a cron or at expression. The zero value never runs.
type Schedule struct {
	at   time.Time // an at expression's wall clock, as if it were UTC
	cron cron
}

// Parse reads cron(minutes hours day-of-month month day-of-week year) and
// at(yyyy-mm-ddThh:mm:ss). What the documentation does not spell out, such as names in
// lower case and ranges that wrap around, is refused: better here than at deployment.
// An error says what was expected, fit to be put behind that word.
func Parse(expression string) (Schedule, error) {
	kind, rest, opened := strings.Cut(expression, "(")
	body, closed := strings.CutSuffix(rest, ")")
	switch {
	case kind == "rate" && opened:
		return Schedule{}, errors.New("cron(...) or at(...): the runs of a rate have no fixed time of day, and move with every deployment")
	case !opened || !closed || kind != "cron" && kind != "at":
		return Schedule{}, errors.New(`cron(...) or at(...), such as "cron(0 2 * * ? *)" or "at(2026-11-20T02:00:00)"`)
	case kind == "at":
		at, err := time.Parse("2006-01-02T15:04:05", body)
		if err != nil || len(body) != len("2006-01-02T15:04:05") {
			return Schedule{}, fmt.Errorf("a time that exists, as at(yyyy-mm-ddThh:mm:ss), in place of %q", body)
		}
		return Schedule{at: at}, nil
	}
	c, err := parseCron(body)
	if err != nil {
		return Schedule{}, err
	}
	if _, ever := c.next(time.Time{}); !ever {
		return Schedule{}, errors.New("a day that exists: this one never comes")
	}
	return Schedule{cron: c}, nil
}

// Next is the first run after that moment, with the expression read in that time
// zone, and false when there is none. As Scheduler does it, a run whose time of day a
// change of the clocks leaves out does not take place, and one whose time of day comes
// twice takes place the first time only.
func (s Schedule) Next(after time.Time, zone *time.Location) (time.Time, bool) {
	if !s.at.IsZero() {
		t, exists := moment(s.at, zone)
		return t, exists && t.After(after)
	}
	wall, ok := s.cron.next(wallClock(after.In(zone)))
	for ; ok; wall, ok = s.cron.next(wall) {
		if t, exists := moment(wall, zone); exists && t.After(after) {
			return t, true
		}
	}
	return time.Time{}, false
}

// wallClock is what clocks show at that time, as if it were UTC.
func wallClock(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}

// moment is when clocks in the zone first show that; false when they never do. Of the
// offsets before and after a change of the clocks, the one before comes first.
func moment(wall time.Time, zone *time.Location) (time.Time, bool) {
	for _, aside := range []time.Duration{-24 * time.Hour, 24 * time.Hour} {
		_, offset := wall.Add(aside).In(zone).Zone()
		t := wall.Add(-time.Duration(offset) * time.Second).In(zone)
		if wallClock(t).Equal(wall) {
			return t, true
		}
	}
	return time.Time{}, false
}
