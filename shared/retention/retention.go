// Package retention decides which of a policy's recovery points are kept, and says why. It
// decides on what it is handed and calls nothing. It is asked for one policy, one target and
// one Region at a time, and judges whole sets: what one run took at one moment.
//
// Where anything is in doubt, the answer is to keep.
package retention

import (
	"time"

	"lastgood/shared/config"
	"lastgood/shared/recovery"
)

// Patience is how long a set that went wrong is left alone: it may still be under way, and
// somebody may want to look at it.
const Patience = 24 * time.Hour

// History is all that one Region holds of one policy and target, and the rules for it.
type History struct {
	Policy string
	Target string // the instance or volume
	// Points carry the runs of the policy on the target, each in its own state, not in that of its set.
	Points []recovery.Point
	// Verified reports whether lastgood signed of what the point is a copy. Only copies are asked about.
	Verified func(recovery.Point) bool
	// Originals and Copies are the rules for what was taken in this Region, and for what was
	// copied into it. nil: there is none, and everything is kept.
	Originals, Copies *config.Retain
	Now               time.Time
}

// Decision is what becomes of one set, or of what belongs to none, and why.
type Decision struct {
	Set
	Counted bool // it is a good set, and the one of its run that the rule counts
	Delete  bool
	Reason  string // in words
}

// Decide judges every point of the history: each is in exactly one decision. Originals and
// copies are judged by themselves. The decisions are in the order of age, the newest first.
func (h History) Decide() []Decision {
	sets, decisions := h.sets()
	for _, copied := range []bool{false, true} {
		rule := h.Originals
		if copied {
			rule = h.Copies
		}
		decisions = append(decisions, h.judge(only(sets, copied), rule)...)
	}
	newestFirst(decisions, func(d Decision) Set { return d.Set })
	return decisions
}

// Spare takes back the decision to delete any set a part of which somebody refers to, or
// all of them where it is not known who does. referred says by whom, for the points' ids.
func Spare(decisions []Decision, referred map[string]string) []Decision {
	spared := make([]Decision, len(decisions))
	for i, d := range decisions {
		spared[i] = d
		if !d.Delete {
			continue
		}
		for _, id := range d.ids() {
			if by := referred[id]; by != "" {
				spared[i].Delete, spared[i].Reason = false, by+" refers to "+id
				break
			}
		}
	}
	return spared
}
