package config

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"lastgood/shared/schedule"
)

const (
	maxPolicies  = 100 // their scripts and permissions go into one template and one role
	maxTargetIDs = 200 // what one filter of a describe call takes
)

var (
	policyPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)
	volumePattern = regexp.MustCompile(`^vol-([0-9a-f]{8}|[0-9a-f]{17})$`)
	// zonePattern keeps out what Go takes besides the names of the database, and names in
	// letters of another size, which only some file systems find.
	zonePattern = regexp.MustCompile(`^[A-Z][A-Za-z0-9_+-]*(/[A-Z][A-Za-z0-9_+-]*)*$`)
)

func (c Config) validatePolicies() error {
	var errs []error
	if len(c.Policies) > maxPolicies {
		errs = append(errs, bad("policies", fmt.Sprintf("%d policies", len(c.Policies)), fmt.Sprintf("at most %d", maxPolicies)))
	}
	for i, p := range c.Policies {
		at := fmt.Sprintf("policies[%d]", i)
		first := slices.IndexFunc(c.Policies, func(other Policy) bool { return other.Name == p.Name })
		switch {
		case !policyPattern.MatchString(p.Name):
			errs = append(errs, bad(at+".name", p.Name, "a name of lower-case letters, digits and -, at most 40, that does not begin with -"))
		case first != i:
			errs = append(errs, bad(at+".name", p.Name, fmt.Sprintf("a name of its own: policies[%d] has it already", first)))
		}
		errs = append(errs,
			p.validateSchedule(at),
			p.Target.validate(at+".target"),
			p.validateProduce(at),
			p.validateExclude(at+".exclude"),
			p.validateScripts(at+".scripts"),
			validateOwnTags(at+".tags", p.Tags),
			p.Retain.validate(at+".retain"),
			c.validateCopyTo(at+".copyTo", p.CopyTo),
		)
	}
	return errors.Join(errs...)
}

func (p Policy) validateSchedule(at string) error {
	in, known := zone(p.Timezone)
	if !known {
		return bad(at+".timezone", p.Timezone, `a name of the IANA time zone database, such as "Asia/Tokyo" or "UTC"`)
	}
	s, err := schedule.Parse(p.Schedule)
	if err != nil {
		return bad(at+".schedule", p.Schedule, err.Error())
	}
	if _, ever := s.Next(time.Time{}, in); !ever {
		return bad(at+".schedule", p.Schedule, fmt.Sprintf("a time that clocks in %s show: a change of theirs leaves this one out", p.Timezone))
	}
	return nil
}

// zone finds a time zone by its IANA name.
func zone(name string) (*time.Location, bool) {
	if !zonePattern.MatchString(name) || name == "Local" {
		return nil, false
	}
	location, err := time.LoadLocation(name)
	return location, err == nil
}

func (t Target) validate(at string) error {
	pattern, example := instancePattern, `an instance id, such as "i-0123456789abcdef0"`
	switch t.Type {
	case Instance:
	case Volume:
		pattern, example = volumePattern, `a volume id, such as "vol-0123456789abcdef0"`
	default:
		return oneOf(at+".type", t.Type, Instance, Volume)
	}
	switch {
	case len(t.Tags) > 0 && len(t.IDs) > 0:
		return bad(at, "tags and ids", "one of the two: what carries the tags, or what has the ids")
	case len(t.Tags) == 0 && len(t.IDs) == 0:
		return bad(at, "neither tags nor ids", "one of the two: what carries the tags, or what has the ids")
	case len(t.IDs) > maxTargetIDs:
		return bad(at+".ids", fmt.Sprintf("%d ids", len(t.IDs)), fmt.Sprintf("at most %d; choose by tag instead", maxTargetIDs))
	}
	errs := []error{validateTags(at+".tags", t.Tags)}
	for _, key := range slices.Sorted(maps.Keys(t.Tags)) {
		if strings.ContainsAny(key+t.Tags[key], `*?\`) {
			errs = append(errs, bad(at+".tags."+key, t.Tags[key], `a tag without *, ? and \: it is compared as it is, and EC2's filters would read them as wildcards`))
		}
	}
	for i, id := range t.IDs {
		switch {
		case !pattern.MatchString(id):
			errs = append(errs, bad(fmt.Sprintf("%s.ids[%d]", at, i), id, example))
		case slices.Index(t.IDs, id) != i:
			errs = append(errs, bad(fmt.Sprintf("%s.ids[%d]", at, i), id, "an id that is not listed already"))
		}
	}
	return errors.Join(errs...)
}

func (p Policy) validateProduce(at string) error {
	switch {
	case p.Produce != Snapshot && p.Produce != Image:
		return oneOf(at+".produce", p.Produce, Snapshot, Image)
	case p.Produce == Image && p.Target.Type == Volume:
		return bad(at+".produce", p.Produce, `"snapshot" for volumes: an image is made of an instance`)
	case p.Reboot && p.Produce != Image:
		return bad(at+".reboot", p.Reboot, `false with produce "snapshot": EC2 reboots for images only`)
	case p.Reboot && p.Scripts != nil:
		return bad(at+".reboot", p.Reboot, "false with scripts: a reboot thaws what they froze")
	}
	return nil
}

func (p Policy) validateExclude(at string) error {
	var errs []error
	instances := p.Target.Type != Volume
	switch {
	case p.Exclude.BootVolume && !instances:
		errs = append(errs, bad(at+".bootVolume", true, "false for volumes: only an instance has volumes to leave out"))
	case p.Exclude.BootVolume && p.Produce == Image:
		errs = append(errs, bad(at+".bootVolume", true, `false with produce "image": nothing boots from an image without its boot volume`))
	}
	if n := len(p.Exclude.VolumeTags); n > 0 && !instances {
		errs = append(errs, bad(at+".volumeTags", fmt.Sprintf("%d tags", n), "none for volumes: only an instance has volumes to leave out"))
	}
	return errors.Join(append(errs, validateTags(at+".volumeTags", p.Exclude.VolumeTags))...)
}
