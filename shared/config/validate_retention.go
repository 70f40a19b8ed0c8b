package config

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// MaxTags is how many tags a resource has at the most:
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions
const MaxTags = 50

// Limits of tags, from the same page.
const (
	maxOwnTags  = 30 // the rest of the 50 is for lastgood's own tags and copied ones
	maxTagKey   = 128
	maxTagValue = 256
)

const (
	maxRetained = 1000
	minAge      = time.Hour
	maxAge      = 100 * 365 * 24 * time.Hour // as Data Lifecycle Manager has it
)

// keyPattern is the part of an ARN behind the account: a key, also of several Regions, or an alias.
var keyPattern = regexp.MustCompile(`^arn:aws[a-z-]*:kms:([a-z0-9-]+):\d{12}:(key/(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})|alias/[a-zA-Z0-9/_-]{1,250})$`)

func (r Retain) validate(at string) error {
	switch {
	case r.Count != 0 && r.Age != 0:
		return bad(at, "count and age", "one of the two; with an age, atLeast is the count that is kept in any case")
	case r.Age == 0 && r.AtLeast != 0:
		return bad(at+".atLeast", r.AtLeast, "atLeast with an age only: a count is its own least")
	case r.Age == 0 && (r.Count < 1 || r.Count > maxRetained):
		return bad(at+".count", r.Count, fmt.Sprintf("1 to %d, or an age in its place", maxRetained))
	case r.Age == 0:
		return nil
	case r.Age.Std() < minAge || r.Age.Std() > maxAge:
		return bad(at+".age", r.Age.String(), `"1 hour" to "36500 days"`)
	case r.AtLeast < 1 || r.AtLeast > maxRetained:
		return bad(at+".atLeast", r.AtLeast, fmt.Sprintf("1 to %d: the newest good one is always kept", maxRetained))
	}
	return nil
}

func (c Config) validateCopyTo(at string, copies []CopyTo) error {
	var errs []error
	for i, to := range copies {
		at := fmt.Sprintf("%s[%d]", at, i)
		first := slices.IndexFunc(copies, func(other CopyTo) bool { return other.Region == to.Region })
		switch {
		case !slices.Contains(c.Regions.All(), to.Region):
			errs = append(errs, bad(at+".region", to.Region, "a Region of regions.main or regions.dr: what is copied is settled and pruned by lastgood there"))
		case len(c.Regions.All()) == 1:
			errs = append(errs, bad(at+".region", to.Region, "a Region of regions.dr: nothing is copied to where it is"))
		case first != i:
			errs = append(errs, bad(at+".region", to.Region, fmt.Sprintf("a Region that is not listed already: copyTo[%d] has it", first)))
		}
		key := keyPattern.FindStringSubmatch(to.KMSKey)
		switch {
		case to.KMSKey == "":
		case key == nil:
			errs = append(errs, bad(at+".kmsKey", to.KMSKey, `the ARN of a KMS key or alias, such as "arn:aws:kms:ap-southeast-1:111122223333:alias/backup", or "" for the Region's default`))
		case key[1] != to.Region:
			errs = append(errs, bad(at+".kmsKey", to.KMSKey, fmt.Sprintf("a key in %s: EC2 encrypts a copy with a key of the Region it goes to", to.Region)))
		}
		errs = append(errs, to.Retain.validate(at+".retain"))
	}
	return errors.Join(errs...)
}

// validateOwnTags checks tags that lastgood is to write.
func validateOwnTags(at string, tags map[string]string) error {
	errs := []error{validateTags(at, tags)}
	if len(tags) > maxOwnTags {
		errs = append(errs, bad(at, fmt.Sprintf("%d tags", len(tags)), fmt.Sprintf("at most %d: of the %d that a resource may have, lastgood needs some", maxOwnTags, MaxTags)))
	}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		lower := strings.ToLower(key)
		if strings.HasPrefix(lower, "aws:") || strings.HasPrefix(lower, "lastgood:") {
			errs = append(errs, bad(at+"."+key, tags[key], `a key that does not begin with "aws:" or "lastgood:", which are reserved`))
		}
	}
	return errors.Join(errs...)
}

// validateTags checks what holds for any tag. Lengths are in characters.
func validateTags(at string, tags map[string]string) error {
	var errs []error
	if len(tags) > MaxTags {
		errs = append(errs, bad(at, fmt.Sprintf("%d tags", len(tags)), fmt.Sprintf("at most %d, as many as a resource may have", MaxTags)))
	}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		if n := utf8.RuneCountInString(key); n < 1 || n > maxTagKey {
			errs = append(errs, bad(at, key, fmt.Sprintf("keys of 1 to %d characters", maxTagKey)))
		}
		if utf8.RuneCountInString(tags[key]) > maxTagValue {
			errs = append(errs, bad(at+"."+key, tags[key], fmt.Sprintf("at most %d characters", maxTagValue)))
		}
	}
	return errors.Join(errs...)
}
