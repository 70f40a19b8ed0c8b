package pointer

import (
	"context"
	"maps"
	"strconv"
	"testing"
	"time"

	"lastgood/shared/awsfake"
	"lastgood/shared/config"
	"lastgood/shared/recovery"
)

const (
	data    = "vol-0d000000000000001"
	journal = "vol-0d000000000000002"
	volume  = "/lastgood/" + data

	dataAt2, journalAt2 = "snap-0d000000000000012", "snap-0e000000000000012"
	dataAt3, journalAt3 = "snap-0d000000000000013", "snap-0e000000000000013"
)

// ofRun are the tags of what a run at this hour made.
func ofRun(hour, size int) map[string]string {
	run := recovery.Run{Policy: "hourly", Scheduled: t0.Add(time.Duration(hour) * time.Hour), Target: web}
	return map[string]string{
		recovery.TagPolicy: run.Policy, recovery.TagRun: run.String(), recovery.TagAttempt: "1",
		recovery.TagSetSize: strconv.Itoa(size),
	}
}

// taken makes a completed snapshot of a volume in a set of two.
func taken(w *awsfake.World, id, volume string, hour int) {
	w.Snapshot(tokyo, id, volume, t0.Add(time.Duration(hour)*time.Hour), ofRun(hour, 2))
	w.SetSnapshotState(tokyo, id, "completed")
}

// copied makes a completed, signed copy in Singapore of a snapshot that is gone.
func copied(w *awsfake.World, id, volume string, hour int) {
	at := t0.Add(time.Duration(hour) * time.Hour)
	taken(w, id, volume, hour)
	w.DeleteSnapshot(tokyo, id)
	tags := maps.Clone(ofRun(hour, 2))
	tags[recovery.TagCopiedFrom] = tokyo + "/" + id
	w.CopySnapshot(singapore, id, tokyo, id, at.Add(10*time.Minute), tags)
	sign(w, singapore, id, volume, at)
	w.SetSnapshotState(singapore, id, "completed")
}

func TestSettle_of_a_volume(t *testing.T) {
	older := func(w *awsfake.World) {
		taken(w, dataAt2, data, 2)
		taken(w, journalAt2, journal, 2)
	}
	for name, tc := range map[string]struct {
		prepare   func(w *awsfake.World)
		region    string
		parameter config.Parameter
		hints     []Hint
		move      Move
		value     string
	}{
		"nothing there": {move: Nothing},
		"whole set":     {prepare: older, move: Moved, value: dataAt2},
		"set with a part still pending": {
			prepare: func(w *awsfake.World) {
				older(w)
				taken(w, dataAt3, data, 3)
				w.Snapshot(tokyo, journalAt3, journal, t0.Add(3*time.Hour), ofRun(3, 2))
			},
			move: Moved, value: dataAt2,
		},
		"set with a part missing": {
			prepare: func(w *awsfake.World) { older(w); taken(w, dataAt3, data, 3) },
			move:    Moved, value: dataAt2,
		},
		"set with a part that failed": {
			prepare: func(w *awsfake.World) {
				older(w)
				taken(w, dataAt3, data, 3)
				taken(w, journalAt3, journal, 3)
				w.SetSnapshotState(tokyo, journalAt3, "error")
			},
			move: Moved, value: dataAt2,
		},
		"set with a part in the archive tier": {
			prepare: func(w *awsfake.World) {
				older(w)
				taken(w, dataAt3, data, 3)
				taken(w, journalAt3, journal, 3)
				w.Archive(tokyo, journalAt3)
			},
			move: Moved, value: dataAt2,
		},
		"set with a part in quarantine": {
			prepare: func(w *awsfake.World) {
				older(w)
				taken(w, dataAt3, data, 3)
				taken(w, journalAt3, journal, 3)
				w.Tag(tokyo, journalAt3, map[string]string{recovery.TagQuarantine: "bad"})
			},
			move: Moved, value: dataAt2,
		},
		"two attempts at a run are two sets": {
			prepare: func(w *awsfake.World) {
				older(w)
				taken(w, dataAt3, data, 3)
				taken(w, journalAt3, journal, 3)
				w.Tag(tokyo, journalAt3, map[string]string{recovery.TagAttempt: "2"})
			},
			move: Moved, value: dataAt2,
		},
		"size that nobody can read": {
			prepare: func(w *awsfake.World) {
				older(w)
				taken(w, dataAt3, data, 3)
				w.Tag(tokyo, dataAt3, map[string]string{recovery.TagSetSize: "one"})
			},
			move: Moved, value: dataAt2,
		},
		"snapshot that no policy made": {
			prepare: func(w *awsfake.World) {
				older(w)
				w.Snapshot(tokyo, dataAt3, data, t0.Add(3*time.Hour), nil)
				w.SetSnapshotState(tokyo, dataAt3, "completed")
			},
			move: Moved, value: dataAt2,
		},
		"falls back when its set loses a part": {
			prepare: func(w *awsfake.World) {
				older(w)
				taken(w, dataAt3, data, 3)
				taken(w, journalAt3, journal, 3)
				w.SetParameter(tokyo, volume, dataAt3, "String", "text", 3)
				w.DeleteSnapshot(tokyo, journalAt3)
			},
			move: Moved, value: dataAt2,
		},
		"copies, signed and all there": {
			region:  singapore,
			prepare: func(w *awsfake.World) { copied(w, dataAt2, data, 2); copied(w, journalAt2, journal, 2) },
			move:    Moved, value: dataAt2,
		},
		"copy whose other part is unsigned": {
			region: singapore,
			prepare: func(w *awsfake.World) {
				copied(w, dataAt2, data, 2)
				taken(w, journalAt2, journal, 2)
				w.CopySnapshot(singapore, journalAt2, tokyo, journalAt2, t0.Add(3*time.Hour), ofRun(2, 2))
				w.SetSnapshotState(singapore, journalAt2, "completed")
			},
			move: Nothing,
		},
		"copy that says it is another volume's": {
			region: singapore,
			prepare: func(w *awsfake.World) {
				copied(w, dataAt2, journal, 2)
				copied(w, journalAt2, data, 2)
				w.Tag(singapore, dataAt2, map[string]string{recovery.TagSourceID: data})
				w.DeleteSnapshot(singapore, journalAt2)
				w.Tag(singapore, dataAt2, map[string]string{recovery.TagSetSize: "1"})
			},
			move: Nothing,
		},
		"Parameter Store validates no snapshots": {
			prepare: older, parameter: validated, move: Moved, value: dataAt2,
		},
		"somebody's own image": {
			prepare: func(w *awsfake.World) { older(w); w.SetParameter(tokyo, volume, ami1, "String", "text", 1) },
			move:    Conflict, value: ami1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.parameter == (config.Parameter{}) {
				tc.parameter = latest
			}
			if tc.region == "" {
				tc.region = tokyo
			}
			w := world(tc.parameter)
			if tc.prepare != nil {
				tc.prepare(w)
			}
			s := settler(w.Process(nil), tc.region, tc.parameter)
			r, err := s.Settle(context.Background(), data, tc.hints...)
			if err != nil {
				t.Fatal(err)
			}
			if got := w.Value(tc.region, volume); r.Move != tc.move || got != tc.value {
				t.Errorf("%s to %q, want %s to %q", r.Move, got, tc.move, tc.value)
			}
			if tc.move == Moved && (r.Unconfirmed || w.DataType(tc.region, volume) != "text") {
				t.Errorf("data type %s, unconfirmed %v", w.DataType(tc.region, volume), r.Unconfirmed)
			}
			if len(w.Broken) > 0 {
				t.Error(w.Broken)
			}
			if best := w.NewestSnapshot(tc.region, data); tc.move == Moved && best != tc.value {
				t.Errorf("the newest good one is %s", best)
			}
			var listed []recovery.Point
			if listed, err = s.Points.Snapshots.All(t.Context()); err != nil {
				t.Fatal(err)
			}
			sweep := &Sweep{Settler: s, Parameters: w.Process(nil).Client(tc.region), Pace: func(context.Context) error { return nil }}
			swept, err := sweep.Sweep(t.Context(), listed)
			if err != nil || len(swept.Errors) > 0 || w.Value(tc.region, volume) != tc.value || len(w.Broken) > 0 {
				t.Errorf("a sweep leads to %q: %v %v %v", w.Value(tc.region, volume), err, swept.Errors, w.Broken)
			}
		})
	}
}
