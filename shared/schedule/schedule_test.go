package schedule

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func in(t *testing.T, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// runs lists the first runs after that moment, as clocks in the zone show them.
func runs(t *testing.T, expression, zone, after string, n int) []string {
	t.Helper()
	s, err := Parse(expression)
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.Parse(time.RFC3339, after)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for range n {
		next, ok := s.Next(at, in(t, zone))
		if !ok {
			return append(got, "never")
		}
		got, at = append(got, next.Format("Mon 2006-01-02T15:04:05Z07:00")), next
	}
	return got
}

func TestNext(t *testing.T) {
	for name, tc := range map[string]struct {
		expression string
		want       []string // after 2026-11-20T02:00:00Z, a Friday
	}{
		"daily_strictly_after":   {"cron(0 2 * * ? *)", []string{"Sat 2026-11-21T02:00:00Z", "Sun 2026-11-22T02:00:00Z"}},
		"later_the_same_day":     {"cron(1 2 * * ? *)", []string{"Fri 2026-11-20T02:01:00Z"}},
		"steps":                  {"cron(5/20 2-3 * * ? *)", []string{"Fri 2026-11-20T02:05:00Z", "Fri 2026-11-20T02:25:00Z", "Fri 2026-11-20T02:45:00Z", "Fri 2026-11-20T03:05:00Z"}},
		"steps_of_a_range":       {"cron(0 4-10/3 * * ? *)", []string{"Fri 2026-11-20T04:00:00Z", "Fri 2026-11-20T07:00:00Z", "Fri 2026-11-20T10:00:00Z", "Sat 2026-11-21T04:00:00Z"}},
		"steps_of_everything":    {"cron(*/30 * * * ? *)", []string{"Fri 2026-11-20T02:30:00Z", "Fri 2026-11-20T03:00:00Z"}},
		"working_days":           {"cron(0 18 ? * MON-FRI *)", []string{"Fri 2026-11-20T18:00:00Z", "Mon 2026-11-23T18:00:00Z"}},
		"days_by_number":         {"cron(0 2 ? * 1,7 *)", []string{"Sat 2026-11-21T02:00:00Z", "Sun 2026-11-22T02:00:00Z", "Sat 2026-11-28T02:00:00Z"}},
		"months_by_name":         {"cron(0 0 1 JAN,APR-MAY ? *)", []string{"Fri 2027-01-01T00:00:00Z", "Thu 2027-04-01T00:00:00Z", "Sat 2027-05-01T00:00:00Z", "Sat 2028-01-01T00:00:00Z"}},
		"only_long_months":       {"cron(0 0 31 * ? *)", []string{"Thu 2026-12-31T00:00:00Z", "Sun 2027-01-31T00:00:00Z", "Wed 2027-03-31T00:00:00Z"}},
		"leap_day":               {"cron(0 0 29 2 ? *)", []string{"Tue 2028-02-29T00:00:00Z", "Sun 2032-02-29T00:00:00Z"}},
		"last_day":               {"cron(0 0 L * ? *)", []string{"Mon 2026-11-30T00:00:00Z", "Thu 2026-12-31T00:00:00Z", "Sun 2027-01-31T00:00:00Z", "Sun 2027-02-28T00:00:00Z"}},
		"last_working_day":       {"cron(0 0 LW 1-2 ? *)", []string{"Fri 2027-01-29T00:00:00Z", "Fri 2027-02-26T00:00:00Z"}},
		"nearest_before":         {"cron(0 0 16W 1 ? *)", []string{"Fri 2027-01-15T00:00:00Z"}}, // the 16th is a Saturday
		"nearest_after":          {"cron(0 0 17W 1 ? *)", []string{"Mon 2027-01-18T00:00:00Z"}},
		"nearest_in_the_month":   {"cron(0 0 1W 5 ? *)", []string{"Mon 2027-05-03T00:00:00Z"}},  // the 1st is a Saturday
		"nearest_not_past_month": {"cron(0 0 28W 2 ? *)", []string{"Fri 2027-02-26T00:00:00Z"}}, // the 28th is a Sunday, and the last
		"last_day_of_the_week":   {"cron(0 0 ? * L *)", []string{"Sat 2026-11-21T00:00:00Z", "Sat 2026-11-28T00:00:00Z"}},
		"last_friday":            {"cron(15 10 ? * 6L *)", []string{"Fri 2026-11-27T10:15:00Z", "Fri 2026-12-25T10:15:00Z"}},
		"last_friday_by_name":    {"cron(15 10 ? * FRIL *)", []string{"Fri 2026-11-27T10:15:00Z"}},
		"second_tuesday":         {"cron(0 0 ? * 3#2 *)", []string{"Tue 2026-12-08T00:00:00Z", "Tue 2027-01-12T00:00:00Z"}},
		"fifth_only_where_it_is": {"cron(0 0 ? * FRI#5 *)", []string{"Fri 2027-01-29T00:00:00Z", "Fri 2027-04-30T00:00:00Z"}},
		"years_run_out":          {"cron(0 0 31 12 ? 2026-2027)", []string{"Thu 2026-12-31T00:00:00Z", "Fri 2027-12-31T00:00:00Z", "never"}},
		"past":                   {"cron(0 0 1 1 ? 1970)", []string{"never"}},
		"once":                   {"at(2026-11-20T02:00:01)", []string{"Fri 2026-11-20T02:00:01Z", "never"}},
		"once_strictly_after":    {"at(2026-11-20T02:00:00)", []string{"never"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, runs(t, tc.expression, "UTC", "2026-11-20T02:00:00Z", len(tc.want))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// The first two are the documentation's own example:
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#daylist-savings-time
func TestNext_when_clocks_change(t *testing.T) {
	for name, tc := range map[string]struct {
		expression, zone, after string
		want                    []string
	}{
		"skipped_in_spring":          {"cron(30 2 * * ? *)", "America/Los_Angeles", "2026-03-07T00:00:00Z", []string{"Sat 2026-03-07T02:30:00-08:00", "Mon 2026-03-09T02:30:00-07:00"}},
		"once_in_autumn":             {"cron(30 1 * * ? *)", "America/Los_Angeles", "2026-11-01T00:00:00Z", []string{"Sun 2026-11-01T01:30:00-07:00", "Mon 2026-11-02T01:30:00-08:00"}},
		"asked_between_the_two":      {"cron(30 1 * * ? *)", "America/Los_Angeles", "2026-11-01T09:10:00Z", []string{"Mon 2026-11-02T01:30:00-08:00"}},
		"quarters_are_not_repeated":  {"cron(*/15 1-2 * * ? *)", "America/Los_Angeles", "2026-11-01T08:40:00Z", []string{"Sun 2026-11-01T01:45:00-07:00", "Sun 2026-11-01T02:00:00-08:00"}},
		"right_after_the_gap":        {"cron(0 3 * * ? *)", "America/Los_Angeles", "2026-03-08T00:00:00Z", []string{"Sun 2026-03-08T03:00:00-07:00"}},
		"half_an_hour_in_spring":     {"cron(15 2 * * ? *)", "Australia/Lord_Howe", "2026-10-03T00:00:00Z", []string{"Mon 2026-10-05T02:15:00+11:00"}},
		"half_an_hour_in_autumn":     {"cron(45 1 * * ? *)", "Australia/Lord_Howe", "2026-04-04T00:00:00Z", []string{"Sun 2026-04-05T01:45:00+11:00", "Mon 2026-04-06T01:45:00+10:30"}},
		"midnight_left_out":          {"cron(0 0 * * ? *)", "America/Asuncion", "2023-09-30T12:00:00Z", []string{"Mon 2023-10-02T00:00:00-03:00"}},
		"far_east":                   {"cron(0 2 * * ? *)", "Pacific/Kiritimati", "2026-11-20T02:00:00Z", []string{"Sat 2026-11-21T02:00:00+14:00"}},
		"tokyo_has_no_summer":        {"cron(0 2 * * ? *)", "Asia/Tokyo", "2026-11-20T02:00:00Z", []string{"Sat 2026-11-21T02:00:00+09:00"}},
		"once_that_never_is":         {"at(2026-03-08T02:30:00)", "America/Los_Angeles", "2026-01-01T00:00:00Z", []string{"never"}},
		"once_that_is_twice":         {"at(2026-11-01T01:30:00)", "America/Los_Angeles", "2026-01-01T00:00:00Z", []string{"Sun 2026-11-01T01:30:00-07:00", "never"}},
		"a_day_that_was_not_in_apia": {"cron(0 12 * * ? *)", "Pacific/Apia", "2011-12-30T00:00:00Z", []string{"Sat 2011-12-31T12:00:00+14:00"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, runs(t, tc.expression, tc.zone, tc.after, len(tc.want))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParse_says_what_was_expected(t *testing.T) {
	for name, tc := range map[string]struct{ in, want string }{
		"empty":               {"", "cron(...) or at(...)"},
		"bare":                {"0 2 * * ? *", "cron(...) or at(...), such as"},
		"open":                {"cron(0 2 * * ? *", "cron(...) or at(...), such as"},
		"in_capitals":         {"CRON(0 2 * * ? *)", "cron(...) or at(...), such as"},
		"rate":                {"rate(1 day)", "no fixed time of day"},
		"unix":                {"cron(0 2 * * *)", "six fields with one space between them"},
		"seconds":             {"cron(0 0 2 * * ? *)", "six fields"},
		"two_spaces":          {"cron(0  2 * * ? *)", "six fields"},
		"minute":              {"cron(60 2 * * ? *)", `0 to 59 with *, lists, ranges and steps as minutes in place of "60"`},
		"hour":                {"cron(0 24 * * ? *)", `0 to 23 with *, lists, ranges and steps as hours in place of "24"`},
		"date":                {"cron(0 2 32 * ? *)", `1 to 31 with *, lists, ranges and steps as day-of-month in place of "32"`},
		"date_0":              {"cron(0 2 0 * ? *)", `in place of "0"`},
		"month":               {"cron(0 2 1 13 ? *)", `1 to 12 or JAN to DEC with *, lists, ranges and steps as month in place of "13"`},
		"month_in_full":       {"cron(0 2 1 JANUARY ? *)", `in place of "JANUARY"`},
		"month_lower":         {"cron(0 2 1 jan ? *)", `in place of "jan"`},
		"weekday_0":           {"cron(0 2 ? * 0 *)", `1 to 7 or SUN to SAT with *, lists and ranges as day-of-week in place of "0"`},
		"weekday_step":        {"cron(0 2 ? * 2/2 *)", `lists and ranges as day-of-week in place of "2/2"`},
		"year":                {"cron(0 2 * * ? 2200)", `1970 to 2199 with *, lists, ranges and steps as year in place of "2200"`},
		"negative":            {"cron(-5 2 * * ? *)", `as minutes in place of ""`},
		"sign":                {"cron(+5 2 * * ? *)", `as minutes in place of "+5"`},
		"empty_item":          {"cron(0,,5 2 * * ? *)", `as minutes in place of ""`},
		"step_0":              {"cron(0/0 2 * * ? *)", `as minutes in place of "0/0"`},
		"step_too_far":        {"cron(0 0/24 * * ? *)", `as hours in place of "0/24"`},
		"step_missing":        {"cron(0/ 2 * * ? *)", `as minutes in place of "0/"`},
		"two_steps":           {"cron(0/5/5 2 * * ? *)", `as minutes in place of "0/5/5"`},
		"range_down":          {"cron(0 22-2 * * ? *)", `a range that goes up (or two of them) as hours in place of "22-2"`},
		"weekdays_down":       {"cron(0 2 ? * FRI-MON *)", `a range that goes up (or two of them) as day-of-week in place of "FRI-MON"`},
		"range_open":          {"cron(0 2- * * ? *)", `as hours in place of ""`},
		"question_as_hour":    {"cron(0 ? * * ? *)", `as hours in place of "?"`},
		"two_questions":       {"cron(0 2 ? * ? *)", `? as day-of-month or as day-of-week, and something else as the other, in place of "?" and "?"`},
		"no_question":         {"cron(0 2 * * * *)", `in place of "*" and "*"`},
		"date_and_weekday":    {"cron(0 2 1 * MON *)", `in place of "1" and "MON"`},
		"l_in_a_list":         {"cron(0 2 1,L * ? *)", `as day-of-month in place of "L"`},
		"l_minus":             {"cron(0 2 L-3 * ? *)", `as day-of-month in place of "L"`},
		"w_alone":             {"cron(0 2 W * ? *)", `1W to 28W, alone`},
		"w_in_a_list":         {"cron(0 2 1W,15W * ? *)", `1W to 28W, alone`},
		"w_beyond_all_months": {"cron(0 2 31W * ? *)", `1W to 28W, alone, or LW for the month's last`},
		"w_as_weekday":        {"cron(0 2 ? * 2W *)", `as day-of-week in place of "2W"`},
		"sixth":               {"cron(0 2 ? * 3#6 *)", `1 to 5 behind the #, alone`},
		"no_number":           {"cron(0 2 ? * 3# *)", `1 to 5 behind the #, alone`},
		"two_numbers":         {"cron(0 2 ? * 3#1,6#3 *)", `1 to 5 behind the #, alone`},
		"last_what":           {"cron(0 2 ? * 8L *)", `as day-of-week in place of "8"`},
		"never":               {"cron(0 2 30 2 ? *)", "a day that exists"},
		"no_leap_year":        {"cron(0 2 29 2 ? 2027)", "a day that exists"},
		"at_date_only":        {"at(2026-11-20)", "yyyy-mm-ddThh:mm:ss"},
		"at_zone":             {"at(2026-11-20T02:00:00Z)", "yyyy-mm-ddThh:mm:ss"},
		"at_fraction":         {"at(2026-11-20T02:00:00.5)", "yyyy-mm-ddThh:mm:ss"},
		"at_no_such_day":      {"at(2026-02-29T02:00:00)", "a time that exists"},
		"at_no_such_minute":   {"at(2026-02-28T02:60:00)", "a time that exists"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse(tc.in)
			if err == nil {
				t.Fatal("accepted")
			}
			if !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got  %s\nwant %s", err, tc.want)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"cron(0 2 * * ? *)", "cron(0/15 1,3-9/2 LW JAN-MAR ? 2026-2030)", "cron(0 0 ? * 6L *)", "cron(0 0 ? * TUE#2 *)", "at(2026-11-20T02:00:00)"} {
		f.Add(seed)
	}
	zone, err := time.LoadLocation("Australia/Lord_Howe")
	if err != nil {
		f.Fatal(err)
	}
	start := time.Date(2026, time.April, 4, 0, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, expression string) {
		s, err := Parse(expression)
		if err != nil {
			return
		}
		for at, n := start, 0; n < 5; n++ {
			next, ok := s.Next(at, zone)
			if !ok {
				return
			}
			if !next.After(at) {
				t.Fatalf("%s: %s is not after %s", expression, next, at)
			}
			at = next
		}
	})
}
