package schedule

import (
	"fmt"
	"strings"
	"time"
)

// parseDay reads the two fields that choose days. Exactly one of them is "?".
func parseDay(dayOfMonth, dayOfWeek string) (func(time.Time) bool, error) {
	switch {
	case (dayOfMonth == "?") == (dayOfWeek == "?"):
		return nil, fmt.Errorf("? as day-of-month or as day-of-week, and something else as the other, in place of %q and %q", dayOfMonth, dayOfWeek)
	case dayOfWeek == "?":
		return parseDayOfMonth(dayOfMonth)
	default:
		return parseDayOfWeek(dayOfWeek)
	}
}

// parseDayOfMonth reads dates, L (the last day), LW (the last one from Monday to Friday)
// and 15W (of those, the one nearest to the 15th within the month). What 29W to 31W are
// in shorter months is documented nowhere, and so they are refused.
func parseDayOfMonth(text string) (func(time.Time) bool, error) {
	if text == "L" {
		return func(t time.Time) bool { return t.Day() == lastDate(t) }, nil
	}
	if text == "LW" {
		return func(t time.Time) bool { return t.Day() == nearestWorkday(t, lastDate(t)) }, nil
	}
	if near, ok := strings.CutSuffix(text, "W"); ok {
		date, err := dates.value(near)
		if err != nil || date > 28 {
			return nil, fmt.Errorf("1W to 28W, alone, or LW for the month's last, as day-of-month in place of %q", text)
		}
		return func(t time.Time) bool { return t.Day() == nearestWorkday(t, date) }, nil
	}
	values, err := dates.parse(text)
	return func(t time.Time) bool { return values[t.Day()] }, err
}

// parseDayOfWeek reads days of the week (1 is Sunday), L (Saturday, the week's last), 6L
// (the month's last Friday) and 3#2 (the month's second Tuesday).
func parseDayOfWeek(text string) (func(time.Time) bool, error) {
	if text == "L" {
		return func(t time.Time) bool { return t.Weekday() == time.Saturday }, nil
	}
	if name, ok := strings.CutSuffix(text, "L"); ok {
		day, err := days.value(name)
		return func(t time.Time) bool { return weekday(t) == day && t.Day() > lastDate(t)-7 }, err
	}
	if name, which, ok := strings.Cut(text, "#"); ok {
		day, err := days.value(name)
		if len(which) != 1 || which < "1" || which > "5" {
			return nil, fmt.Errorf("1 to 5 behind the #, alone, as day-of-week in place of %q", text)
		}
		return func(t time.Time) bool { return weekday(t) == day && (t.Day()-1)/7 == int(which[0]-'1') }, err
	}
	values, err := days.parse(text)
	return func(t time.Time) bool { return values[weekday(t)] }, err
}

// weekday is the day as expressions number it: 1 is Sunday.
func weekday(t time.Time) int { return int(t.Weekday()) + 1 }

// lastDate is the last day of the month that t is in.
func lastDate(t time.Time) int {
	return time.Date(t.Year(), t.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// nearestWorkday is the day from Monday to Friday nearest to the date, in the month that t is in.
func nearestWorkday(t time.Time, date int) int {
	switch time.Date(t.Year(), t.Month(), date, 0, 0, 0, 0, time.UTC).Weekday() {
	case time.Saturday:
		if date == 1 {
			return 3
		}
		return date - 1
	case time.Sunday:
		if date == lastDate(t) {
			return date - 2
		}
		return date + 1
	default:
		return date
	}
}
