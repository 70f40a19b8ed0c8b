package retention

import (
	"fmt"

	"lastgood/shared/config"
)

// judge applies a rule to the sets of one kind, originals or copies.
func (h History) judge(sets []Set, rule *config.Retain) []Decision {
	newestFirst(sets, func(s Set) Set { return s })
	decisions := make([]Decision, len(sets))
	best := bestOfRuns(sets)
	byRun := map[string]Decision{} // what was decided on the best set of a run
	var newestKept Set             // the newest good set that the rule keeps
	for i, s := range sets {
		decisions[i] = keep(s, s.why)
		if rule == nil || *rule == (config.Retain{}) {
			decisions[i].Reason = "there is no rule for it: the policy is not in the configuration any more, or does not copy to this Region"
			continue
		}
		if s.State != Good || !s.same(best[s.Run.String()]) {
			continue
		}
		d := &decisions[i]
		d.Counted = true
		d.Delete, d.Reason = h.beyond(s, *rule, len(byRun))
		byRun[s.Run.String()] = *d
		if !d.Delete && newestKept.Points == nil {
			newestKept = s
		}
	}
	for i, s := range sets {
		d := &decisions[i]
		switch {
		case d.Counted || rule == nil || *rule == (config.Retain{}):
		case s.State == Good:
			d.Delete, d.Reason = h.second(s, byRun[s.Run.String()])
		case s.State == Broken:
			d.Delete, d.Reason = h.broken(s, newestKept)
		}
		if held := s.held(); d.Delete && held != "" {
			d.Delete, d.Reason = false, held
		}
	}
	return decisions
}

// beyond applies the rule to a good set that has so many newer ones.
func (h History) beyond(s Set, rule config.Retain, newer int) (remove bool, why string) {
	age := h.Now.Sub(s.TakenAt)
	switch {
	case rule.Count > 0 && newer+1 == rule.Count:
		return false, fmt.Sprintf("good, number %d of %d to keep; goes when the next one is good", newer+1, rule.Count)
	case rule.Count > 0 && newer < rule.Count:
		return false, fmt.Sprintf("good, number %d of %d to keep", newer+1, rule.Count)
	case rule.Count == 1:
		return true, "older than the newest good one"
	case rule.Count > 1:
		return true, fmt.Sprintf("older than the %d newest good ones", rule.Count)
	case age <= rule.Age.Std():
		return false, fmt.Sprintf("good, and not older than %s", rule.Age)
	case newer < rule.AtLeast:
		return false, fmt.Sprintf("good, number %d of %d to keep, however old", newer+1, rule.AtLeast)
	default:
		return true, fmt.Sprintf("older than %s", rule.Age)
	}
}

// second decides on a good set of a run that has a better one, which is what counts.
func (h History) second(s Set, best Decision) (remove bool, why string) {
	why = fmt.Sprintf("attempt %s of the same run made a better one", best.Attempt)
	if !best.Delete && h.Now.Sub(s.TakenAt) < Patience {
		return false, why + ", less than a day ago"
	}
	return true, why
}

// broken decides on a set of which a part failed or is missing.
func (h History) broken(s, newestKept Set) (remove bool, why string) {
	switch {
	case h.Now.Sub(s.TakenAt) < Patience:
		return false, s.why + ", less than a day ago"
	case newestKept.Points == nil || !newestKept.TakenAt.After(s.TakenAt):
		return false, s.why + ", and there is no newer good one"
	}
	return true, s.why + ", and there is a newer good one"
}

// bestOfRuns is the one good set of each run that counts: one that was taken while the
// application was frozen, or else the earliest. sets are in order, the newest first.
func bestOfRuns(sets []Set) map[string]Set {
	best := map[string]Set{}
	for _, s := range sets {
		run := s.Run.String()
		if b, has := best[run]; s.State == Good && (!has || s.succeeded() || !b.succeeded()) {
			best[run] = s
		}
	}
	return best
}
