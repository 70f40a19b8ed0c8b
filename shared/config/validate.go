package config

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

var (
	regionPattern = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]+)+-\d$`)
	prefixPattern = regexp.MustCompile(`^/([a-zA-Z0-9_.-]+/)*$`)

	// retentionSteps are the values CloudWatch Logs takes:
	// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
	retentionSteps = []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}
)

// What an event source mapping takes as MaximumConcurrency:
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-lambda-eventsourcemapping-scalingconfig.html
const (
	minConcurrency = 2
	maxConcurrency = 1000
)

// Limits of a parameter's name:
// https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html
const (
	maxParameterLevels = 15
	maxPrefixLength    = 900 // of 1,011 with the ARN's own part and the longest source id
)

// Validate reports everything that cannot be, each with its path, what was found
// and what was expected. Parse calls it.
func (c Config) Validate() error {
	return errors.Join(
		c.Regions.validate(),
		c.Parameter.validate(),
		c.validateInclude(),
		oneOf("trust", c.Trust, Attested, Claimed),
		oneOf("trail", c.Trail, TrailExisting, TrailCreate),
		oneOf("architecture", c.Architecture, ARM64, X8664),
		c.validateAliases(),
		c.validateReconcile(),
		c.validateAlarms(),
		c.validateLogRetention(),
		c.validatePolicies(),
		between("captureConcurrency", c.CaptureConcurrency, minConcurrency, maxConcurrency),
		c.Rollout.validate(),
	)
}

func (r Regions) validate() error {
	var errs []error
	if r.Main == "" {
		errs = append(errs, bad("regions.main", r.Main, `the Region the instances live in, such as "ap-northeast-1"`))
	}
	for i, region := range r.All() {
		at := "regions.main"
		if i > 0 {
			at = fmt.Sprintf("regions.dr[%d]", i-1)
		}
		switch {
		case region == "" && i == 0: // said above
		case !regionPattern.MatchString(region):
			errs = append(errs, bad(at, region, `an AWS Region's code, such as "ap-southeast-1"`))
		case partition(region) != partition(r.Main):
			errs = append(errs, bad(at, region, "a Region of the same partition as regions.main: images cannot be copied to another"))
		case slices.Index(r.All(), region) != i:
			errs = append(errs, bad(at, region, "a Region that is not listed already"))
		}
	}
	return errors.Join(errs...)
}

// partition is the part of AWS that a Region belongs to.
// https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
func partition(region string) string {
	for _, prefix := range []string{"cn-", "us-gov-", "us-iso-", "us-isob-", "us-isof-", "eu-isoe-", "eusc-"} {
		if strings.HasPrefix(region, prefix) {
			return prefix
		}
	}
	return ""
}

func (p Parameter) validate() error {
	var errs []error
	lower := strings.ToLower(p.Prefix)
	switch {
	case !prefixPattern.MatchString(p.Prefix):
		errs = append(errs, bad("parameter.prefix", p.Prefix, `a path that begins and ends with "/", of letters, digits and _.-`))
	case strings.HasPrefix(lower, "/aws"), strings.HasPrefix(lower, "/ssm"):
		errs = append(errs, bad("parameter.prefix", p.Prefix, `a path that does not begin with "/aws" or "/ssm", which Parameter Store reserves`))
	case strings.Count(p.Prefix, "/") > maxParameterLevels:
		errs = append(errs, bad("parameter.prefix", p.Prefix, fmt.Sprintf("at most %d levels, the source's own included", maxParameterLevels)))
	case len(p.Prefix) > maxPrefixLength:
		errs = append(errs, bad("parameter.prefix", p.Prefix, fmt.Sprintf("at most %d characters", maxPrefixLength)))
	}
	errs = append(errs,
		oneOf("parameter.versioning", p.Versioning, Latest, Pinned),
		oneOf("parameter.dataType", p.DataType, Text, EC2Image))
	if p.Versioning == Pinned && p.DataType == EC2Image {
		errs = append(errs, bad("parameter.dataType", p.DataType,
			`"text" with versioning "pinned": Parameter Store validates "aws:ec2:image" after the put, and a recreated parameter would be missing until then`))
	}
	return errors.Join(errs...)
}

func (c Config) validateInclude() error {
	var errs []error
	if len(c.Include) == 0 {
		errs = append(errs, bad("include", c.Include, `at least one image name pattern, such as "*"`))
	}
	for i, pattern := range c.Include {
		if _, err := path.Match(pattern, ""); err != nil || pattern == "" {
			errs = append(errs, bad(fmt.Sprintf("include[%d]", i), pattern, `an image name pattern of *, ? and [a-z], such as "AwsBackup_*"`))
		}
	}
	return errors.Join(errs...)
}

func (c Config) validateLogRetention() error {
	if slices.Contains(retentionSteps, c.LogRetentionDays) {
		return nil
	}
	return bad("logRetentionDays", c.LogRetentionDays, fmt.Sprintf("one of CloudWatch Logs' steps: %v", retentionSteps))
}

// Included reports whether an image of this name may become a pointer's value. Patterns are
// path.Match's, but for the slash, which * and ? match like any other character.
func (c Config) Included(name string) bool {
	return slices.ContainsFunc(c.Include, func(pattern string) bool {
		ok, err := path.Match(plain(pattern), plain(name))
		return ok && err == nil
	})
}

// plain takes from the slash what it means in a path: in an image's name, which may have
// one, it is a character like any other.
func plain(s string) string { return strings.ReplaceAll(s, "/", "\x00") }

func oneOf[T ~string](at string, found T, allowed ...T) error {
	if slices.Contains(allowed, found) {
		return nil
	}
	quoted := make([]string, len(allowed))
	for i, a := range allowed {
		quoted[i] = fmt.Sprintf("%q", string(a))
	}
	return bad(at, found, strings.Join(quoted, " or "))
}

func between(at string, found, low, high int) error {
	if low <= found && found <= high {
		return nil
	}
	return bad(at, found, fmt.Sprintf("%d to %d", low, high))
}

// bad is the one form of a validation error. Strings are quoted, numbers and truths are not.
func bad(at string, found any, expected string) error {
	verb := "%q"
	switch found.(type) {
	case int, bool:
		verb = "%v"
	}
	return fmt.Errorf("%s.%s: found "+verb+", expected %s", root, at, found, expected)
}
