package operator

import (
	"maps"
	"slices"
	"strings"
)

// tagsText is tags in words, in the order of their keys.
func tagsText(tags map[string]string, and string) string {
	var each []string
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		each = append(each, key+"="+tags[key])
	}
	return strings.Join(each, and)
}
