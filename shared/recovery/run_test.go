package recovery

import (
	"testing"
	"time"
)

func TestRun_reads_what_it_writes(t *testing.T) {
	run := Run{Policy: "daily-web", Scheduled: time.Date(2026, 11, 20, 2, 0, 0, 0, time.UTC), Target: web}
	if got, ok := ParseRun(run.String()); !ok || got != run {
		t.Errorf("%s reads %+v, %v", run, got, ok)
	}
	if got, want := run.ImageName(), "lastgood daily-web "+web+" 20261120T020000Z"; got != want {
		t.Errorf("the image is called %q, want %q", got, want)
	}
}

func TestParseRun_what_is_no_run(t *testing.T) {
	for _, s := range []string{
		"", "daily", "daily/2026-11-20T02:00:00Z", "/2026-11-20T02:00:00Z/" + web, "daily/yesterday/" + web,
		"daily/2026-11-20T02:00:00Z/web", "daily/2026-11-20T02:00:00+09:00/" + web, "daily/2026-11-20T02:00:00.5Z/" + web,
		"daily/2026-11-20T02:00:00Z/" + web + "/x",
	} {
		if run, ok := ParseRun(s); ok {
			t.Errorf("%q reads %+v", s, run)
		}
	}
}

func FuzzParseRun(f *testing.F) {
	f.Add("daily-web/2026-11-20T02:00:00Z/" + web)
	f.Fuzz(func(t *testing.T, s string) {
		if run, ok := ParseRun(s); ok && run.String() != s {
			t.Errorf("%q is written %q", s, run)
		}
	})
}
