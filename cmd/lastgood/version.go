package main

import (
	"cmp"
	"runtime/debug"
)

// version is that of the module, where the build knows one, and else the commit.
// https://pkg.go.dev/runtime/debug#BuildInfo
func version() string {
	info, known := debug.ReadBuildInfo()
	if !known {
		return "unknown"
	}
	return versionOf(info)
}

func versionOf(info *debug.BuildInfo) string {
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	v := cmp.Or(settings["vcs.revision"], "unknown")
	if settings["vcs.modified"] == "true" {
		v += ", modified"
	}
	return v
}
