package main

import (
	"strings"
	"testing"
	"time"
)

func contenders() (ours, recipe *contender) {
	ours = &contender{cold: []time.Duration{3, 1, 2}, warm: []time.Duration{1}, peak: []int64{10}, warmPeak: 10, zip: zipLimit}
	recipe = &contender{cold: []time.Duration{24, 24, 99}, warm: []time.Duration{1}, peak: []int64{30}, warmPeak: 30}
	return ours, recipe
}

func TestTargetsMetExactlyAreMet(t *testing.T) {
	ours, recipe := contenders()
	var out strings.Builder
	if !report(&out, settings{}, ours, recipe) || strings.Contains(out.String(), "MISSED") {
		t.Errorf("not met:\n%s", out.String())
	}
}

func TestOneMissedTargetIsMissed(t *testing.T) {
	for name, spoil := range map[string]func(c *contender){
		"cold":   func(c *contender) { c.cold = []time.Duration{3} },
		"memory": func(c *contender) { c.peak = []int64{11} },
		"zip":    func(c *contender) { c.zip++ },
	} {
		t.Run(name, func(t *testing.T) {
			ours, recipe := contenders()
			spoil(ours)
			var out strings.Builder
			if report(&out, settings{}, ours, recipe) || strings.Count(out.String(), "MISSED") != 1 {
				t.Errorf("not missed:\n%s", out.String())
			}
		})
	}
}

func TestMedian(t *testing.T) {
	for want, values := range map[int64][]int64{5: {5}, 3: {4, 2}, 2: {9, 1, 2}} {
		if got := median(values); got != want {
			t.Errorf("median of %v is %d, want %d", values, got, want)
		}
	}
}
