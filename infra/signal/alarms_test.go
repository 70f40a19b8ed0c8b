package signal

import (
	"strings"
	"testing"
	"time"

	"lastgood/shared/config"
)

// CloudWatch takes no alarm that looks at more than a day.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
const aDay = 24 * 3600

func TestAlarms_are_what_CloudWatch_takes_however_often_reconcile_runs(t *testing.T) {
	for minutes := 1; minutes <= 30; minutes++ {
		c := config.Default()
		c.ReconcileEvery = config.Duration(time.Duration(minutes) * time.Minute)
		seen := map[string]bool{}
		for _, a := range Alarms(c, "eu-west-1") {
			if seen[a.Name] {
				t.Errorf("%s is there twice", a.Name)
			}
			seen[a.Name] = true
			if a.Breaching < 1 || a.Breaching > a.Periods || a.Periods*a.Period() > aDay {
				t.Errorf("every %d minutes: %s wants %d of %d periods", minutes, a.Name, a.Breaching, a.Periods)
			}
			// What only reconcile measures has to be there in the window, or the alarm would go off and on.
			if a.Series == ours("PointersStale") && a.Periods*a.Period() < 2*60*minutes {
				t.Errorf("every %d minutes: %s looks at %d s", minutes, a.Name, a.Periods*a.Period())
			}
		}
	}
}

func TestAlarms_take_their_thresholds_from_the_configuration(t *testing.T) {
	c := config.Default()
	c.RepairsPerHour, c.EventGrace = 3, config.Duration(90*time.Second)
	for _, a := range Alarms(c, "eu-west-1") {
		want := map[string]float64{"lastgood-pointers-repaired": 3, "lastgood-reconcile-overdue": 1}[a.Name]
		if a.Threshold != want {
			t.Errorf("%s: %v, want %v", a.Name, a.Threshold, want)
		}
		if a.Name == "lastgood-pointers-repaired" && (a.Period() != 3600 || a.Periods != 1) {
			t.Errorf("%s counts the repairs of %d times %d s, and the configuration those of an hour", a.Name, a.Periods, a.Period())
		}
		if a.Name == "lastgood-pointers-repaired" && !strings.Contains(a.Means, "90 seconds") {
			t.Errorf("%s says %s", a.Name, a.Means)
		}
	}
}

func TestArrange_fills_rows_and_starts_new_ones(t *testing.T) {
	got := arrange([]widget{{Width: 16, Height: 7}, {Width: 8, Height: 6}, {Width: 12, Height: 6}, {Width: 24, Height: 3}})
	want := [][2]int{{0, 0}, {16, 0}, {0, 7}, {0, 13}}
	for i, w := range got {
		if [2]int{w.X, w.Y} != want[i] {
			t.Errorf("widget %d is at %d, %d, want %v", i, w.X, w.Y, want[i])
		}
	}
}
