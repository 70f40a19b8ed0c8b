// Package pointer keeps the SSM parameters that name the newest good recovery point
// of each source: their names, the store they live in, and settle, which brings one
// of them to where it belongs.
package pointer

import (
	"slices"
	"strings"

	"lastgood/shared/recovery"
)

// Names maps sources to parameter names below a prefix, and back.
type Names string

// Parameter is the name of source's parameter. With the prefix "/" it is the bare
// source id: Parameter Store takes /X and X for one parameter, and the bare name is
// what templates of the delete-and-recreate recipe resolve.
func (prefix Names) Parameter(source string) string {
	if prefix == "/" {
		return source
	}
	return string(prefix) + source
}

// Source is the source that a parameter of this name points for, or "" where it is
// not a pointer's name.
func (prefix Names) Source(parameter string) string {
	source, below := strings.CutPrefix("/"+strings.TrimPrefix(parameter, "/"), string(prefix))
	if !below || !recovery.IsSourceID(source) {
		return ""
	}
	return source
}

// PointsFor is the source, or the one of the aliases, that a parameter of this name points
// for, or "" where it is not a pointer's name.
func (prefix Names) PointsFor(parameter string, aliases ...string) string {
	alias, below := strings.CutPrefix("/"+strings.TrimPrefix(parameter, "/"), string(prefix))
	if below && slices.Contains(aliases, alias) {
		return alias
	}
	return prefix.Source(parameter)
}
