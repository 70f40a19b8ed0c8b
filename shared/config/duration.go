package config

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"time"
)

// Duration is a length of time as people write it: "60s", "15 minutes", "26 hours", "7 days".
type Duration time.Duration

// units, the longest first.
var units = []struct {
	name   string
	length time.Duration
}{{"day", 24 * time.Hour}, {"hour", time.Hour}, {"minute", time.Minute}, {"second", time.Second}}

var durationPattern = regexp.MustCompile(`^(0|[1-9]\d{0,5}) ?(s|seconds?|m|minutes?|h|hours?|d|days?)$`)

// expectedDuration is what errors say is expected.
const expectedDuration = `a duration such as "60s", "15 minutes", "26 hours" or "7 days"`

// UnmarshalText reads a whole number of seconds, minutes, hours or days.
func (d *Duration) UnmarshalText(text []byte) error {
	m := durationPattern.FindSubmatch(text)
	if m == nil {
		return fmt.Errorf("%q is not %s", text, expectedDuration)
	}
	n, err := strconv.Atoi(string(m[1]))
	if err != nil {
		return fmt.Errorf("%q is not %s", text, expectedDuration)
	}
	for _, u := range units {
		if u.name[0] == m[2][0] {
			if int64(n) > math.MaxInt64/int64(u.length) {
				return fmt.Errorf("%q is more than a duration can be (292 years)", text)
			}
			*d = Duration(time.Duration(n) * u.length)
		}
	}
	return nil
}

// MarshalText writes the duration in the longest unit that fits.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// String is the duration as UnmarshalText reads it.
func (d Duration) String() string {
	for _, u := range units {
		if n := time.Duration(d) / u.length; n > 0 && time.Duration(d)%u.length == 0 {
			if n == 1 {
				return "1 " + u.name
			}
			return fmt.Sprintf("%d %ss", n, u.name)
		}
	}
	return "0 seconds"
}

// Std is the duration as Go's standard library has it.
func (d Duration) Std() time.Duration { return time.Duration(d) }
