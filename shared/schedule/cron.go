package schedule

import (
	"fmt"
	"strings"
	"time"
)

// cron is a cron expression. Its times are wall clocks, as if they were UTC.
type cron struct {
	minutes, hours, months, years set
	day                           func(time.Time) bool
}

func parseCron(body string) (cron, error) {
	texts := strings.Split(body, " ")
	if len(texts) != 6 {
		return cron{}, fmt.Errorf("six fields with one space between them (minutes hours day-of-month month day-of-week year) in place of %q", body)
	}
	var c cron
	for _, read := range []struct {
		into  *set
		field field
		text  string
	}{
		{&c.minutes, minutes, texts[0]}, {&c.hours, hours, texts[1]}, {&c.months, months, texts[3]}, {&c.years, years, texts[5]},
	} {
		values, err := read.field.parse(read.text)
		if err != nil {
			return cron{}, err
		}
		*read.into = values
	}
	day, err := parseDay(texts[2], texts[4])
	c.day = day
	return c, err
}

// next is the first run strictly after that wall clock; false when there is none
// before the last year that an expression can name is over.
func (c cron) next(after time.Time) (time.Time, bool) {
	earliest := after.Truncate(time.Minute).Add(time.Minute)
	if first := time.Date(years.low, time.January, 1, 0, 0, 0, 0, time.UTC); earliest.Before(first) {
		earliest = first
	}
	for day := earliest.Truncate(24 * time.Hour); c.day != nil && day.Year() <= years.high; {
		switch {
		case !c.years[day.Year()]:
			day = time.Date(day.Year()+1, time.January, 1, 0, 0, 0, 0, time.UTC)
			continue
		case !c.months[int(day.Month())]:
			day = time.Date(day.Year(), day.Month()+1, 1, 0, 0, 0, 0, time.UTC)
			continue
		case c.day(day):
			if t, ok := c.within(day, earliest); ok {
				return t, true
			}
		}
		day = day.AddDate(0, 0, 1)
	}
	return time.Time{}, false
}

// within is the first run of the day that is not before earliest.
func (c cron) within(day, earliest time.Time) (time.Time, bool) {
	for minute := range 24 * 60 {
		t := day.Add(time.Duration(minute) * time.Minute)
		if c.hours[minute/60] && c.minutes[minute%60] && !t.Before(earliest) {
			return t, true
		}
	}
	return time.Time{}, false
}
