package event

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lastgood/shared/recovery"
)

const target = "i-0123456789abcdef0"

var two = time.Date(2026, 11, 20, 2, 0, 0, 0, time.UTC)

func TestDecodeDue(t *testing.T) {
	for body, want := range map[string]Due{
		`{"policy":"daily","scheduled":"2026-11-20T02:00:00Z"}`: {
			Meta: Meta{Name: "policy daily is due", Time: two}, Policy: "daily", Scheduled: two},
		`{"policy":"daily","scheduled":"2026-11-20T11:00:00.250+09:00","targets":["` + target + `"]}`: {
			Meta: Meta{Name: "policy daily is due", Time: two}, Policy: "daily", Scheduled: two, Targets: []string{target}},
	} {
		got, err := DecodeDue([]byte(body))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", body, err, diff)
		}
	}
}

func TestDecodeDue_what_cannot_be_understood(t *testing.T) {
	for body, says := range map[string]string{
		`no`:                                   "decoding",
		`{"scheduled":"2026-11-20T02:00:00Z"}`: `"policy"`,
		`{"policy":"daily"}`:                   `"scheduled" is ""`,
		`{"policy":"daily","scheduled":"<aws.scheduler.scheduled-time>"}`:                  "expected a time",
		`{"policy":"daily","scheduled":"2026-11-20T02:00:00Z","targets":["web"]}`:          `"web"`,
		`{"policy":"daily","scheduled":"2026-11-20T02:00:00Z","targets":["vol-ffffffff"]}`: "vol-ffffffff",
	} {
		if got, err := DecodeDue([]byte(body)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %+v, %v", body, got, err)
		}
	}
}

func TestCapture_decodes_what_it_encodes(t *testing.T) {
	run := recovery.Run{Policy: "daily", Scheduled: two, Target: target}
	got, err := DecodeCapture(encoded(t, run))
	if err != nil || got.Run != run || got.Time != two || got.ID != run.String() {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestDecodeCapture_what_cannot_be_understood(t *testing.T) {
	for _, body := range []string{
		`no`, `{}`, `{"policy":"daily","scheduled":"2026-11-20T02:00:00Z"}`,
		`{"policy":"daily","scheduled":"today","target":"` + target + `"}`,
		`{"policy":"a/b","scheduled":"2026-11-20T02:00:00Z","target":"` + target + `"}`,
		`{"policy":"","scheduled":"2026-11-20T02:00:00Z","target":"` + target + `"}`,
	} {
		if got, err := DecodeCapture([]byte(body)); err == nil || got.Run != (recovery.Run{}) {
			t.Errorf("%s: %+v, %v", body, got, err)
		}
	}
}

func encoded(t testing.TB, run recovery.Run) []byte {
	t.Helper()
	body, err := EncodeCapture(run)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(body)
}

func FuzzDecodeDue(f *testing.F) {
	f.Add([]byte(`{"policy":"daily","scheduled":"2026-11-20T02:00:00Z","targets":["` + target + `"]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if d, err := DecodeDue(raw); err == nil && (d.Policy == "" || d.Scheduled.IsZero()) {
			t.Errorf("%q decodes to %+v", raw, d)
		}
	})
}

func FuzzDecodeCapture(f *testing.F) {
	f.Add(encoded(f, recovery.Run{Policy: "daily", Scheduled: two, Target: target}))
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := DecodeCapture(raw)
		if err != nil {
			return
		}
		if again, err := DecodeCapture(encoded(t, c.Run)); err != nil || again.Run != c.Run {
			t.Errorf("%q decodes to %+v, and that to %+v, %v", raw, c, again, err)
		}
	})
}

func TestDue_decodes_what_it_encodes(t *testing.T) {
	at := time.Date(2026, 11, 20, 2, 0, 0, 0, time.UTC)
	for _, targets := range [][]string{nil, {"i-0123456789abcdef0", "vol-0123456789abcdef0"}} {
		body, err := EncodeDue("daily-web", at, targets...)
		if err != nil {
			t.Fatal(err)
		}
		got, err := DecodeDue([]byte(body))
		if err != nil || got.Policy != "daily-web" || !got.Scheduled.Equal(at) || !slices.Equal(got.Targets, targets) {
			t.Errorf("%+v, %v", got, err)
		}
	}
}
