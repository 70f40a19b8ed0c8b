package pointer

import (
	"context"
	"fmt"
	"testing"
	"time"

	"lastgood/shared/awsfake"
	"lastgood/shared/config"
	"lastgood/shared/recovery"
)

// behind makes n instances whose pointers name the older of two images.
func behind(n int) *awsfake.World {
	w := world(latest)
	for i := range n {
		w.Create(tokyo, old(i), numbered(i), t0)
		w.SetState(tokyo, old(i), "available")
		w.Create(tokyo, young(i), numbered(i), t0.Add(time.Hour))
		w.SetState(tokyo, young(i), "available")
		w.SetParameter(tokyo, "/lastgood/"+numbered(i), old(i), "String", "text", 1)
	}
	return w
}

func numbered(n int) string { return fmt.Sprintf("i-%017x", n) }
func old(n int) string      { return fmt.Sprintf("ami-a%016x", n) }
func young(n int) string    { return fmt.Sprintf("ami-b%016x", n) }

// patiently sweeps with a grace, and has events happen in it.
func patiently(t *testing.T, w *awsfake.World, parameter config.Parameter, events func(pause int)) (r SweepResult, p *awsfake.Process, pauses int) {
	t.Helper()
	r, p = sweep(t, w, parameter, func(s *Sweep) {
		s.Grace = time.Minute
		s.Pause = func(_ context.Context, d time.Duration) error {
			if d != s.Grace {
				t.Errorf("waits for %s", d)
			}
			events(pauses)
			pauses++
			return nil
		}
	})
	if len(r.Errors) > 0 || len(w.Broken) > 0 {
		t.Error(r.Errors, w.Broken)
	}
	return r, p, pauses
}

func repaired(r SweepResult) (sources []string) {
	for _, result := range r.Results {
		if result.Repaired {
			sources = append(sources, result.Source)
		}
	}
	return sources
}

func nothing(int) {}

// Some events come in time, some while others still come, one never.
func TestSweep_repairs_what_no_event_moves_in_time(t *testing.T) {
	w := behind(3)
	event := func(n int) { w.SetParameter(tokyo, "/lastgood/"+numbered(n), young(n), "String", "text", 2) }
	for name, tc := range map[string]struct {
		events func(pause int)
		writes int
		pauses int
		want   string
	}{
		"all_in_time":         {func(int) { event(0); event(1); event(2) }, 0, 1, "[]"},
		"one_after_the_other": {func(pause int) { event(pause) }, 0, 3, "[]"},
		"one_is_lost":         {func(pause int) { event(min(pause, 1)) }, 1, 3, "[" + numbered(2) + "]"},
		"all_are_lost":        {nothing, 3, 1, "[" + numbered(0) + " " + numbered(1) + " " + numbered(2) + "]"},
		"they_still_come_late": {func(pause int) {
			w.SetParameter(tokyo, "/lastgood/"+numbered(0), old(0), "String", "text", int64(2+pause))
		}, 3, 2, "[" + numbered(1) + " " + numbered(2) + "]"},
	} {
		t.Run(name, func(t *testing.T) {
			*w = *behind(3)
			r, p, pauses := patiently(t, w, latest, tc.events)
			if got := fmt.Sprint(repaired(r)); got != tc.want {
				t.Errorf("repaired %s, want %s", got, tc.want)
			}
			if n := p.Count("PutParameter"); n != tc.writes || pauses != tc.pauses {
				t.Errorf("%d writes after %d pauses, want %d after %d", n, pauses, tc.writes, tc.pauses)
			}
			for n := range 3 {
				if got := w.Value(tokyo, "/lastgood/"+numbered(n)); got != young(n) {
					t.Errorf("%s names %s", numbered(n), got)
				}
			}
		})
	}
}

// As long as events come, nobody can say that the others are lost.
func TestSweep_counts_no_repair_while_events_are_at_work(t *testing.T) {
	w := behind(maxGraces + 2)
	r, p, _ := patiently(t, w, latest, func(pause int) {
		w.SetParameter(tokyo, "/lastgood/"+numbered(pause), young(pause), "String", "text", 2)
	})
	if got := repaired(r); len(got) > 0 || p.Count("PutParameter") != 2 {
		t.Errorf("repaired %v with %d writes", got, p.Count("PutParameter"))
	}
}

// An event moves a pointer between the grace and its write.
func TestSweep_does_not_write_again_what_an_event_wrote_meanwhile(t *testing.T) {
	w := behind(chunk + 1)
	puts := 0
	r, p := sweep(t, w, latest, func(s *Sweep) {
		s.Pace = func(context.Context) error {
			if puts++; puts == chunk { // while the first chunk is written, the last one's event comes
				w.SetParameter(tokyo, "/lastgood/"+numbered(chunk), young(chunk), "String", "text", 2)
			}
			return nil
		}
	})
	if n := p.Count("PutParameter"); n != chunk || len(r.Errors) > 0 {
		t.Errorf("%d writes, want %d: %v", n, chunk, r.Errors)
	}
}

func TestSweep_does_at_once_what_no_event_tells_of(t *testing.T) {
	for name, change := range map[string]func(w *awsfake.World){
		"a_first_pointer": func(w *awsfake.World) { w.DeleteParameter(tokyo, "/lastgood/"+numbered(0)) },
		"a_quarantine":    func(w *awsfake.World) { quarantine(w, old(0)) },
		"another_kind": func(w *awsfake.World) {
			w.SetParameter(tokyo, "/lastgood/"+numbered(0), young(0), "String", "aws:ec2:image", 1)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := behind(1)
			w.MayDelete = true
			change(w)
			r, _, pauses := patiently(t, w, latest, nothing)
			if got := w.Value(tokyo, "/lastgood/"+numbered(0)); got != young(0) || pauses > 0 || len(repaired(r)) > 0 {
				t.Errorf("it names %s after %d pauses: %+v", got, pauses, r.Results)
			}
		})
	}
}

func quarantine(w *awsfake.World, image string) {
	w.Tag(tokyo, image, map[string]string{recovery.TagQuarantine: ""})
}

// Parameter Store validates an aws:ec2:image after the put, or refuses it.
func TestSweep_confirms_what_Parameter_Store_validates(t *testing.T) {
	for name, tc := range map[string]struct {
		before      bool // an event gave the pointer its value before the sweep
		events      func(w *awsfake.World, pause int)
		writes      int
		unconfirmed bool
		want        string
	}{
		"validated":             {false, func(w *awsfake.World, _ int) { w.Validated(tokyo, true) }, 1, false, young(0)},
		"refused":               {false, func(w *awsfake.World, _ int) { w.Validated(tokyo, false) }, 1, true, ""},
		"still_being_validated": {false, func(*awsfake.World, int) {}, 1, true, ""},
		"put_by_an_event":       {true, func(w *awsfake.World, _ int) { w.Validated(tokyo, true) }, 0, false, young(0)},
	} {
		t.Run(name, func(t *testing.T) {
			w := behind(1)
			w.DeleteParameter(tokyo, "/lastgood/"+numbered(0))
			w.Validates = true
			if tc.before {
				if _, err := settler(w.Process(nil), tokyo, validated).Settle(t.Context(), numbered(0)); err != nil {
					t.Fatal(err)
				}
			}
			r, p, _ := patiently(t, w, validated, func(pause int) { tc.events(w, pause) })
			if got := w.Value(tokyo, "/lastgood/"+numbered(0)); got != tc.want || p.Count("PutParameter") != tc.writes {
				t.Errorf("it names %q after %d writes", got, p.Count("PutParameter"))
			}
			if len(r.Results) != 1 || r.Results[0].Unconfirmed != tc.unconfirmed || r.Results[0].Repaired {
				t.Errorf("%+v", r.Results)
			}
		})
	}
}

// What cannot be read or written is its own failure, and not the others'.
func TestSweep_goes_on_past_what_fails(t *testing.T) {
	for action, tc := range map[string]struct {
		errors int
		want   string
	}{
		"GetParameters": {2, old(1)},   // pointers cannot be read again before they are written
		"PutParameter":  {1, young(1)}, // only the first write fails
	} {
		t.Run(action, func(t *testing.T) {
			w := behind(2)
			failed := false
			p := w.Process(func(_ int, c awsfake.Call) awsfake.Fault {
				if c.Action == action && (!failed || action == "GetParameters") {
					failed = true
					return awsfake.Fault{Before: awsfake.ErrServer}
				}
				return awsfake.Fault{}
			})
			s := &Sweep{Settler: settler(p, tokyo, latest), Parameters: p.Client(tokyo), Pace: func(context.Context) error { return nil }}
			listed, err := s.Points.Images.All(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			r, err := s.Sweep(t.Context(), listed)
			if err != nil || len(r.Errors) != tc.errors || r.Unfinished > 0 || len(r.Results) != 2 {
				t.Errorf("%v, %d errors: %v", err, len(r.Errors), r)
			}
			if got := w.Value(tokyo, "/lastgood/"+numbered(1)); got != tc.want {
				t.Errorf("%s names %s, want %s", numbered(1), got, tc.want)
			}
		})
	}
}

// Below "/" aliases are read by name. One that cannot be read is its own failure.
func TestSweep_goes_on_past_aliases_that_cannot_be_read(t *testing.T) {
	root := config.Parameter{Prefix: "/", Versioning: config.Latest, DataType: config.Text}
	w := world(root)
	images(w, ami1)
	var reads int
	p := w.Process(func(_ int, c awsfake.Call) awsfake.Fault {
		if c.Action == "GetParameters" {
			if reads++; reads == 2 { // the second ten of them
				return awsfake.Fault{Before: awsfake.ErrServer}
			}
		}
		return awsfake.Fault{}
	})
	s := &Sweep{Settler: settler(p, tokyo, root), Parameters: p.Client(tokyo), Pace: func(context.Context) error { return nil }}
	s.Aliases = map[string][]string{}
	for i := range 15 {
		s.Aliases[fmt.Sprintf("web%02d", i)] = []string{web}
	}
	listed, err := s.Points.Images.All(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Sweep(t.Context(), listed)
	if err != nil || len(r.Errors) != 5 || len(r.Results) != 11 {
		t.Errorf("%v, %d failures, %d results", err, len(r.Errors), len(r.Results))
	}
	for alias, want := range map[string]string{"web00": ami1, "web09": ami1, "web10": "", web: ami1} {
		if got := w.Value(tokyo, alias); got != want {
			t.Errorf("%s names %q, want %q", alias, got, want)
		}
	}
}
