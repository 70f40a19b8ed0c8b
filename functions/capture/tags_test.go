package capture

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lastgood/shared/config"
	"lastgood/shared/recovery"
)

func copying(p *config.Policy) { p.CopyTags = true }

// of are the tags of what was made of a volume, or of the image.
func of(attempt, size string, more map[string]string) map[string]string {
	tags := map[string]string{
		recovery.TagPolicy: "daily", recovery.TagRun: run.String(), recovery.TagAttempt: attempt, recovery.TagSetSize: size, "Team": "web",
	}
	maps.Copy(tags, more)
	return tags
}

func TestTags_of_snapshots_are_those_of_the_policy_and_of_their_volumes(t *testing.T) {
	w := server()
	if o := deliver(w.Process(nil), daily(copying), 1); o.Err != nil {
		t.Fatal(o.Err)
	}
	want := map[string]map[string]string{
		root: of("1", "3", map[string]string{"Name": "root"}),
		data: of("1", "3", map[string]string{"Name": "data"}),
		logs: of("1", "3", map[string]string{"Name": "logs", "Backup": "no"}),
	}
	got := map[string]map[string]string{}
	for _, id := range points(w) {
		got[w.VolumeOf(tokyo, id)] = w.Tags(tokyo, id)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTags_of_an_image_are_those_of_the_policy_and_of_its_instance(t *testing.T) {
	w := server()
	if o := deliver(w.Process(nil), daily(copying, image), 1); o.Err != nil {
		t.Fatal(o.Err)
	}
	images, backing := 0, 0
	for _, id := range w.Points(tokyo) {
		want := map[string]string{recovery.TagPolicy: "daily", recovery.TagBacks: run.String()}
		if strings.HasPrefix(id, "ami-") {
			images++
			want = of("1", "1", map[string]string{"Name": "web"})
		} else {
			backing++
		}
		if diff := cmp.Diff(want, w.Tags(tokyo, id)); diff != "" {
			t.Errorf("%s: %s", id, diff)
		}
	}
	if images != 1 || backing != 3 {
		t.Errorf("%d images of %d snapshots", images, backing)
	}
}

func TestTags_of_a_volume_target(t *testing.T) {
	w := server()
	policy := daily(copying, func(p *config.Policy) { p.Target.Type = config.Volume })
	before := run
	defer func() { run = before }()
	run.Target = data
	if o := deliver(w.Process(nil), policy, 1); o.Err != nil {
		t.Fatal(o.Err)
	}
	made := points(w)
	if len(made) != 1 || w.VolumeOf(tokyo, made[0]) != data {
		t.Fatalf("made %v", made)
	}
	if diff := cmp.Diff(of("1", "1", map[string]string{"Name": "data"}), w.Tags(tokyo, made[0])); diff != "" {
		t.Error(diff)
	}
	if o := deliver(w.Process(nil), policy, 2); o.Err != nil || len(points(w)) != 1 {
		t.Errorf("delivered again: %v, %d snapshots", o.Err, len(points(w)))
	}
}

// EC2 takes 50 tags. Ours and the policy's come first, and the verdict has to fit in the end.
func TestTags_copied_are_as_many_as_there_is_room_for(t *testing.T) {
	for _, produce := range []func(*config.Policy){func(*config.Policy) {}, image} {
		w := server()
		many := map[string]string{"Name": "data"}
		for i := range 49 {
			many[fmt.Sprintf("key-%02d", i)] = "value"
		}
		w.Launch(tokyo, web, many, root, data)
		w.TagVolume(tokyo, data, many)
		if o := deliver(w.Process(nil), daily(copying, scripted, produce), 1); o.Err != nil {
			t.Fatal(o.Err)
		}
		most := 0
		for _, id := range points(w) {
			tags := w.Tags(tokyo, id)
			most = max(most, len(tags))
			if tags[recovery.TagPreScript] != recovery.Success || tags["Team"] != "web" {
				t.Errorf("%s is tagged %v", id, tags)
			}
		}
		if most != 50 || len(w.Broken) > 0 {
			t.Errorf("the most tags are %d; %v", most, w.Broken)
		}
	}
}

// A volume that comes between the look and the snapshots is part of the set.
func TestTags_say_how_many_snapshots_there_are(t *testing.T) {
	w := server()
	p := w.Process(nil)
	h := handler(p, daily())
	h.EC2 = &growing{EC2: h.EC2, grow: func() { w.Launch(tokyo, web, nil, root, data, logs, "vol-00000000000000004") }}
	c := capture{Handler: h, policy: daily(), run: run, attempt: 1}
	if o := c.make(t.Context()); o.Err != nil {
		t.Fatal(o.Err)
	}
	made := points(w)
	for _, id := range made {
		if size := w.Tags(tokyo, id)[recovery.TagSetSize]; len(made) != 4 || size != "4" {
			t.Errorf("%s of %d says that the set has %s", id, len(made), size)
		}
	}
}

func TestCapture_costs_four_calls(t *testing.T) {
	p := server().Process(nil)
	if o := deliver(p, daily(), 1); o.Err != nil {
		t.Fatal(o.Err)
	}
	var calls []string
	for _, c := range p.Calls {
		calls = append(calls, c.Action)
	}
	if want := []string{"DescribeInstances", "DescribeVolumes", "DescribeSnapshots", "CreateSnapshots"}; !slices.Equal(calls, want) {
		t.Errorf("calls: %v", calls)
	}
}
