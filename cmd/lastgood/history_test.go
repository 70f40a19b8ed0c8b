package main

import (
	"strings"
	"testing"

	"lastgood/cmd/lastgood/operator"
	"lastgood/shared/config"
)

func TestHistory_joins_versions_with_images_and_tells_what_is_gone(t *testing.T) {
	w := newWorld(t)
	web := w.instance("web")
	first, second, third := w.image(web, "first"), w.image(web, "second"), w.image(web, "third")
	for _, image := range []string{first, second, third} {
		w.point(mainRegion, web, image)
	}
	w.deregister(mainRegion, first)
	w.tag(mainRegion, second, map[string]string{"lastgood:quarantine": "ransomware"})
	w.golden("history", w.expect(exitOK, "history", web))

	h := decode[operator.History](w, w.expect(exitOK, "history", web, "-o", "json"))
	if len(h.Regions) != 2 || len(h.Regions[0].Entries) != 3 || h.Regions[0].Entries[0].Point != third || len(h.Regions[1].Entries) != 0 {
		t.Errorf("%+v", h)
	}
}

func TestHistory_says_that_pinned_has_none(t *testing.T) {
	w := newWorld(t)
	w.config.Parameter.Versioning = config.Pinned
	web := w.instance("web")
	w.point(mainRegion, web, w.image(web, "only"))
	w.golden("history_pinned", w.expect(exitOK, "history", web))
}

func TestHistory_exit_codes(t *testing.T) {
	w := newWorld(t)
	web := w.instance("web")
	w.expect(exitUsage, "history")
	w.expect(exitUsage, "history", "web")
	w.expect(exitFindings, "history", web)
	w.point(mainRegion, web, w.image(web, "image"))
	w.expect(exitOK, "history", web)
	w.down(drRegion)
	if out := w.expect(exitFindings, "history", web); !strings.Contains(out, "! "+drRegion+" does not answer: ") {
		t.Error(out)
	}
	w.down(mainRegion)
	w.expect(exitFailed, "history", web)
}
