package operator

import (
	"testing"
	"time"
)

func TestAge(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"0s":     -time.Second,
		"59s":    59*time.Second + 999*time.Millisecond,
		"40m":    40*time.Minute + 59*time.Second,
		"26h 5m": 26*time.Hour + 5*time.Minute,
		"12d 3h": 12*24*time.Hour + 3*time.Hour + 59*time.Minute,
	} {
		if got := Age(d); got != want {
			t.Errorf("%s: %q, want %q", d, got, want)
		}
	}
}
