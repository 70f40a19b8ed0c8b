package pointer

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lastgood/shared/recovery"
	"lastgood/shared/telemetry"
)

func TestUnattributed(t *testing.T) {
	shown := func(p recovery.Point) map[string]recovery.Point {
		p.ID = ami1
		return map[string]recovery.Point{ami1: p, ami2: {ID: ami2, Name: "of " + other}}
	}
	const nobody = ` reason="nobody says whose image it is" image_id=` + ami1
	claims := func(by recovery.Evidence) string {
		return `outcome=claimed reason="only a tag or a name says whose image it is" source_id=` + web + ` evidence=` + string(by) + ` image_id=` + ami1
	}
	unattributed, claimed := []telemetry.Metric{telemetry.ImagesUnattributed}, []telemetry.Metric{telemetry.ImagesClaimed}
	for name, tc := range map[string]struct {
		images  map[string]recovery.Point
		fresh   bool
		line    string
		metrics []telemetry.Metric
		fails   bool
	}{
		"nobody_says":               {shown(recovery.Point{Name: "golden"}), false, `outcome=unattributed` + nobody, unattributed, false},
		"nobody_says_of_a_new_one":  {shown(recovery.Point{Name: "golden"}), true, `outcome=unattributed` + nobody, unattributed, false},
		"a_source_tag_claims":       {shown(recovery.Point{Tags: map[string]string{recovery.TagSourceID: web}}), false, claims(recovery.BySourceTag), claimed, false},
		"DLMs_tag_claims":           {shown(recovery.Point{Tags: map[string]string{"instance-id": web}}), true, claims(recovery.ByDLMTag), claimed, false},
		"a_name_claims":             {shown(recovery.Point{Name: "of " + web}), false, claims(recovery.ByName), claimed, false},
		"not_shown_yet_comes_again": {nil, true, `outcome=failed image_id=` + ami1 + ` error="EC2 does not show ` + ami1 + ` yet"`, []telemetry.Metric{telemetry.EventsFailed}, true},
		"not_shown_any_more":        {nil, false, `outcome=gone reason="the image does not exist any more" image_id=` + ami1, nil, false},
		"only_another_one_is_shown": {map[string]recovery.Point{ami2: {ID: ami2, Name: "of " + web}}, false, `outcome=gone reason="the image does not exist any more" image_id=` + ami1, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			o := Unattributed(tc.images, ami1, tc.fresh)
			if diff := cmp.Diff(tc.line, line(o)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tc.metrics, o.Metrics); diff != "" || (o.Err != nil) != tc.fails {
				t.Errorf("%v %s", o.Err, diff)
			}
		})
	}
}

func TestFresh_for_five_minutes(t *testing.T) {
	for after, want := range map[time.Duration]bool{
		-time.Minute:              true, // clocks differ
		0:                         true,
		5*time.Minute - 1:         true,
		5 * time.Minute:           false,
		24 * time.Hour:            false,
		14*24*time.Hour + 1:       false,
		-(5*time.Minute + 1):      true,
		4*time.Minute + time.Hour: false,
	} {
		if got := Fresh(t0.Add(after), t0); got != want {
			t.Errorf("%v after the event: %v", after, got)
		}
	}
}
