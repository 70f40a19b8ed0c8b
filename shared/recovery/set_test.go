package recovery

import (
	"testing"
)

const (
	vol1, vol2   = "vol-00000000000000001", "vol-00000000000000002"
	snap1, snap2 = "snap-00000000000000001", "snap-00000000000000002"
)

func TestWhole(t *testing.T) {
	run := Run{Policy: "daily", Scheduled: t0, Target: web}.String()
	part := func(id, volume string, state State, tags ...string) Point {
		p := Point{ID: id, OriginalOf: volume, State: state, Created: t0, Tags: map[string]string{TagRun: run, TagAttempt: "1", TagSetSize: "2"}}
		for i := 0; i < len(tags); i += 2 {
			p.Tags[tags[i]] = tags[i+1]
		}
		return p
	}
	for name, tc := range map[string]struct {
		points []Point
		want   []State
	}{
		"all there":                {[]Point{part(snap1, vol1, Available), part(snap2, vol2, Available)}, []State{Available, Available}},
		"one pending":              {[]Point{part(snap1, vol1, Available), part(snap2, vol2, Pending)}, []State{Pending, Pending}},
		"one failed":               {[]Point{part(snap1, vol1, Available), part(snap2, vol2, Gone)}, []State{Gone, Gone}},
		"one in quarantine":        {[]Point{part(snap1, vol1, Available), part(snap2, vol2, Available, TagQuarantine, "")}, []State{Gone, Gone}},
		"one missing":              {[]Point{part(snap1, vol1, Available)}, []State{Pending}},
		"one volume twice":         {[]Point{part(snap1, vol1, Available), part(snap2, vol1, Available)}, []State{Pending, Pending}},
		"another attempt's":        {[]Point{part(snap1, vol1, Available), part(snap2, vol2, Available, TagAttempt, "2")}, []State{Pending, Pending}},
		"another run's":            {[]Point{part(snap1, vol1, Available), part(snap2, vol2, Available, TagRun, "x")}, []State{Pending, Pending}},
		"unsigned copy":            {[]Point{part(snap1, vol1, Available), part(snap2, "", Available, TagSourceID, vol2)}, []State{Pending, Pending}},
		"signed copy":              {[]Point{part(snap1, vol1, Available), part(snap2, "", Available, TagSourceID, vol2, TagSignature, "s")}, []State{Available, Available}},
		"size unknown":             {[]Point{part(snap1, vol1, Available, TagSetSize, "")}, []State{Pending}},
		"size that cannot be":      {[]Point{part(snap1, vol1, Available, TagSetSize, "-1")}, []State{Pending}},
		"a set of one":             {[]Point{part(snap1, vol1, Available, TagSetSize, "1")}, []State{Available}},
		"images are whole already": {[]Point{part("ami-00000001", web, Available)}, []State{Available}},
		"no run":                   {[]Point{{ID: snap1, OriginalOf: vol1, State: Available}}, []State{Available}},
	} {
		for i, p := range Whole(tc.points) {
			if p.State != tc.want[i] {
				t.Errorf("%s: part %d is %s, want %s", name, i, p.State, tc.want[i])
			}
		}
	}
}
