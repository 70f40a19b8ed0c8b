package config

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"time"
)

var (
	aliasPattern    = regexp.MustCompile(`^[a-zA-Z0-9_.-]{1,100}$`)
	resourcePattern = regexp.MustCompile(`^(i|vol|ami|snap)-`)
	instancePattern = regexp.MustCompile(`^i-([0-9a-f]{8}|[0-9a-f]{17})$`)
	emailPattern    = regexp.MustCompile(`^[^@\s]+@[^@\s]+\.[^@\s]+$`)
	rolePattern     = regexp.MustCompile(`^arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+$`)
	reservedNames   = regexp.MustCompile(`(?i)^(aws|ssm)`)
)

// maxEventGrace leaves a reconcile of ten minutes time for its writes, if it waits three times.
const maxEventGrace = 2 * time.Minute

// maxAliasSources is how many values a filter of DescribeImages takes.
const maxAliasSources = 200

func (c Config) validateAliases() error {
	var errs []error
	for _, alias := range slices.Sorted(maps.Keys(c.Aliases)) {
		at, sources := "aliases."+alias, c.Aliases[alias]
		switch {
		case !aliasPattern.MatchString(alias):
			errs = append(errs, bad(at, alias, "a name of letters, digits and _.-, at most 100"))
		case resourcePattern.MatchString(alias):
			errs = append(errs, bad(at, alias, "a name that cannot be taken for a resource's id"))
		case c.Parameter.Prefix == "/" && reservedNames.MatchString(alias):
			errs = append(errs, bad(at, alias, `a name that does not begin with "aws" or "ssm", which Parameter Store reserves`))
		case len(sources) == 0 || len(sources) > maxAliasSources:
			errs = append(errs, bad(at, fmt.Sprintf("%d instances", len(sources)), fmt.Sprintf("1 to %d instance ids", maxAliasSources)))
		}
		for i, source := range sources {
			if !instancePattern.MatchString(source) {
				errs = append(errs, bad(fmt.Sprintf("%s[%d]", at, i), source, `an instance id, such as "i-0123456789abcdef0"`))
			}
		}
	}
	return errors.Join(errs...)
}

func (c Config) validateReconcile() error {
	every := c.ReconcileEvery.Std()
	if every < time.Minute || every > 30*time.Minute || every%time.Minute != 0 {
		return bad("reconcileEvery", c.ReconcileEvery.String(), `whole minutes, from "1 minute" to "30 minutes": an alarm tells when there was no complete reconcile for an hour`)
	}
	if grace := c.EventGrace.Std(); grace == 0 || grace > maxEventGrace {
		return bad("eventGrace", c.EventGrace.String(), `"1 second" to "2 minutes": reconcile waits for it, up to three times`)
	}
	return nil
}

func (c Config) validateAlarms() error {
	var errs []error
	if c.RepairsPerHour < 0 {
		errs = append(errs, bad("repairsPerHour", c.RepairsPerHour, "0 or more"))
	}
	if c.AlarmEmail != "" && !emailPattern.MatchString(c.AlarmEmail) {
		errs = append(errs, bad("alarmEmail", c.AlarmEmail, `an e-mail address, or ""`))
	}
	if c.MaxPointerAge == 0 {
		errs = append(errs, bad("maxPointerAge", c.MaxPointerAge.String(), `"1 second" or more: every pointer would be too old`))
	}
	if c.RetireAfter < c.MaxPointerAge {
		errs = append(errs, bad("retireAfter", c.RetireAfter.String(), fmt.Sprintf("no less than maxPointerAge (%s): nothing would ever be too old", c.MaxPointerAge)))
	}
	for i, role := range c.Signers {
		if !rolePattern.MatchString(role) {
			errs = append(errs, bad(fmt.Sprintf("signers[%d]", i), role, `an IAM role's ARN, such as "arn:aws:iam::111122223333:role/operator"`))
		}
	}
	return errors.Join(errs...)
}
