package drill

import (
	"bytes"
	"io"
	"testing"
)

func TestAnswer(t *testing.T) {
	s := &stage{out: newTimeline(io.Discard)}
	s.out.nameAll(label{"i-1", "web-1"}, label{"ami-1", "backup 1"}, label{"ami-2", "backup 2"})
	for name, c := range map[string]struct {
		fields map[string]any
		want   string
	}{
		"a pointer moved by an event": {map[string]any{"event_name": "available", "image_id": "ami-1", "outcome": "moved", "source_id": "i-1", "to": "ami-1"},
			"available backup 1: moved, the pointer of web-1 names backup 1"},
		"a pointer moved by no event":      {map[string]any{"outcome": "moved", "source_id": "i-1", "to": "ami-1"}, "moved, the pointer of web-1 names backup 1"},
		"an id in the event's name":        {map[string]any{"event_name": "capture of i-1 by nightly", "outcome": "captured"}, "capture of web-1 by nightly: captured"},
		"why":                              {map[string]any{"event_name": "CreateImage", "outcome": "bad-event", "error": "no id"}, "CreateImage: bad-event, no id"},
		"not for the function":             {map[string]any{"event_name": "createSnapshot", "outcome": "ignored", "reason": "no policy made it"}, ""},
		"no group follows":                 {map[string]any{"event_name": "Update", "outcome": "looked", "groups": 0.0, "changed": 0.0}, ""},
		"groups follow":                    {map[string]any{"event_name": "Update", "outcome": "looked", "groups": 6.0, "changed": 5.0}, "Update: looked at 6 groups, changed 5"},
		"groups that cannot be looked at":  {map[string]any{"event_name": "rollout scheduled", "outcome": "looked", "groups": 0.0, "error": "denied"}, "rollout scheduled: looked, denied"},
		"a group that gets another image":  {map[string]any{"event_name": "Update", "group": "web", "outcome": "pointed", "from": "ami-1", "to": "ami-2"}, "the group web: pointed, from backup 1 to backup 2"},
		"an outcome that nobody named yet": {map[string]any{"event_name": "Update", "outcome": "new"}, "Update: new"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := s.answer(c.fields); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestTimelineCountsWhatIsRepeated(t *testing.T) {
	var out bytes.Buffer
	l := newTimeline(&out)
	for _, line := range []string{"once", "twice", "twice", "often", "often", "often", "end"} {
		l.detail("%s", line)
	}
	const pad = "         "
	want := pad + "once\n" + pad + "twice\n" + pad + "… and once more\n" + pad + "often\n" + pad + "… and 2 times more\n" + pad + "end\n"
	if out.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", out.String(), want)
	}
}

func TestChecklistHasAHeadingForEachScene(t *testing.T) {
	var out bytes.Buffer
	l := checklist{}
	l.scene = "One"
	l.check(true, "this holds", "")
	l.scene = "None"
	l.scene = "Two"
	l.check(true, "that holds", "")
	l.check(false, "this holds too", "there are %d", 3)
	if l.print(&out) {
		t.Error("a list with an item that failed passed")
	}
	want := "\nChecklist\n\nOne\n  pass  this holds\n\nTwo\n  pass  that holds\n  FAIL  this holds too: there are 3\n\n2 passed, 1 failed\n"
	if out.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", out.String(), want)
	}
}
