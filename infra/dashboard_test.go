package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lastgood/shared/telemetry"
)

type dashboardWidget struct {
	Type                string
	X, Y, Width, Height int
	Properties          map[string]any
}

func dashboardOf(t *testing.T, tpl template) (name string, widgets []dashboardWidget) {
	t.Helper()
	for _, d := range tpl.of(t, "AWS::CloudWatch::Dashboard") {
		var body struct{ Widgets []dashboardWidget }
		if err := json.Unmarshal([]byte(text(d.Properties["DashboardBody"])), &body); err != nil {
			t.Fatal(err)
		}
		name, widgets = text(d.Properties["DashboardName"]), body.Widgets
	}
	return name, widgets
}

func TestDashboard_shows_every_metric_of_ours_and_no_other(t *testing.T) {
	eachTemplate(t, func(t *testing.T, _ synthesis, tpl template) {
		shown, all := map[string]bool{}, map[string]bool{}
		_, widgets := dashboardOf(t, tpl)
		for _, w := range widgets {
			metrics, _ := w.Properties["metrics"].([]any)
			for _, m := range metrics {
				if namespace, ok := at(m, 0).(string); ok {
					all[fmt.Sprint(m.([]any)[:len(m.([]any))-1])] = true
					if namespace == telemetry.Namespace {
						shown[at(m, 1).(string)] = true
					}
				}
			}
			if w.Type == "metric" && w.Properties["region"] != regionOf(t, tpl) {
				t.Errorf("%v shows another Region", w.Properties["title"])
			}
		}
		want := map[string]bool{}
		for _, m := range telemetry.Metrics {
			want[string(m)] = true
		}
		if diff := cmp.Diff(want, shown); diff != "" {
			t.Error(diff)
		}
		// The three dashboards that cost nothing have up to 50 metrics each: https://aws.amazon.com/cloudwatch/pricing/
		if len(all) > 50 {
			t.Errorf("%d metrics", len(all))
		}
	})
}

func TestDashboard_says_first_what_to_do_and_names_every_alarm(t *testing.T) {
	eachTemplate(t, func(t *testing.T, s synthesis, tpl template) {
		region := regionOf(t, tpl)
		name, widgets := dashboardOf(t, tpl)
		if name != "lastgood-"+region {
			t.Errorf("it is called %s", name)
		}
		first, last := widgets[0], widgets[len(widgets)-1]
		if first.Type != "text" || !strings.Contains(text(first.Properties["markdown"]), s.config.Parameter.Prefix+"i-") {
			t.Errorf("it begins with %v", first)
		}
		var want []string
		for name := range alarms(t, tpl) {
			want = append(want, "arn:aws:cloudwatch:"+region+":"+testAccount+":alarm:"+name)
			if !strings.Contains(text(last.Properties["markdown"]), "| "+name+" |") {
				t.Errorf("it does not say what %s means", name)
			}
		}
		got := texts(widgets[1].Properties["alarms"])
		slices.Sort(want)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestDashboard_marks_the_age_that_alarms(t *testing.T) {
	eachTemplate(t, func(t *testing.T, s synthesis, tpl template) {
		_, widgets := dashboardOf(t, tpl)
		for _, w := range widgets {
			if at(w.Properties, "metrics", 1, 1) == string(telemetry.PointerAge) {
				if got := at(w.Properties, "annotations", "horizontal", 0, "value"); got != s.config.MaxPointerAge.Std().Hours() {
					t.Errorf("the line is at %v hours", got)
				}
				return
			}
		}
		t.Error("the age of pointers is not there")
	})
}

func TestDashboard_fits_the_grid(t *testing.T) {
	eachTemplate(t, func(t *testing.T, _ synthesis, tpl template) {
		_, widgets := dashboardOf(t, tpl)
		taken := map[[2]int]int{}
		for i, w := range widgets {
			if w.X+w.Width > 24 {
				t.Errorf("widget %d is too wide", i)
			}
			for x := range w.Width {
				for y := range w.Height {
					cell := [2]int{w.X + x, w.Y + y}
					if other, used := taken[cell]; used {
						t.Fatalf("widgets %d and %d overlap", other, i)
					}
					taken[cell] = i
				}
			}
		}
	})
}
