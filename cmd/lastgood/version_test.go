package main

import (
	"runtime/debug"
	"strings"
	"testing"
)

func TestVersion(t *testing.T) {
	vcs := func(modified string) []debug.BuildSetting {
		return []debug.BuildSetting{{Key: "vcs.revision", Value: "0123abcd"}, {Key: "vcs.modified", Value: modified}}
	}
	for want, info := range map[string]*debug.BuildInfo{
		"v1.2.3":             {Main: debug.Module{Version: "v1.2.3"}, Settings: vcs("false")},
		"0123abcd":           {Main: debug.Module{Version: "(devel)"}, Settings: vcs("false")},
		"0123abcd, modified": {Settings: vcs("true")},
		"unknown":            {},
	} {
		if got := versionOf(info); got != want {
			t.Errorf("%+v: %q, want %q", info, got, want)
		}
	}
	out, _, code := (&world{T: t}).runBare("--version")
	if code != exitOK || !strings.HasPrefix(out, "lastgood "+version()) {
		t.Errorf("exit code %d: %s", code, out)
	}
}
