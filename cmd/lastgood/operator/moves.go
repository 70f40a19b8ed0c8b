package operator

import (
	"context"
	"time"

	"lastgood/shared/pointer"
)

// PointerMove is what became, or would become, of one pointer.
type PointerMove struct {
	Source    string       `json:"source"` // an instance, a volume, or an alias
	Parameter string       `json:"parameter"`
	Move      pointer.Move `json:"move"`
	From      string       `json:"from,omitempty"`
	To        string       `json:"to,omitempty"`
	Reason    string       `json:"reason,omitempty"` // as the functions log it
	TakenAt   time.Time    `json:"takenAt,omitzero"`
	Forged    []string     `json:"forged,omitempty"` // points passed over because their signature does not fit
}

// RegionMoves is what became of a Region's pointers.
type RegionMoves struct {
	Region   string        `json:"region"`
	Points   []string      `json:"points,omitempty"` // that were tagged
	Pointers []PointerMove `json:"pointers"`
	Errors   []string      `json:"errors,omitempty"`
}

func move(r pointer.Result) PointerMove {
	return PointerMove{Source: r.Source, Parameter: r.Parameter, Move: r.Move, From: r.From, To: r.To, Reason: r.Outcome().Reason, TakenAt: r.TakenAt, Forged: r.Forged}
}

// Moves are the Regions' moves, in the order of the Regions.
type Moves []RegionMoves

// Findings reports whether there is something to act on: a pointer that is not
// where it belongs, or what failed.
func (m Moves) Findings() bool {
	for _, r := range m {
		if len(r.Errors) > 0 {
			return true
		}
		for _, p := range r.Pointers {
			if !p.good() && p.Move != pointer.Nothing {
				return true
			}
		}
	}
	return false
}

// good reports whether the pointer has a good point to name.
func (m PointerMove) good() bool { return m.Move == pointer.Moved || m.Move == pointer.Unchanged }

// moves is one entry for each Region: what it did, or why it did not.
func (x *reach) moves(did []RegionMoves) Moves {
	moves := Moves{}
	for i, r := range x.regions {
		m := did[i]
		m.Region = r.Name
		if m.Pointers == nil {
			m.Pointers = []PointerMove{}
		}
		if problem := x.problem(r.Name); problem != "" {
			m.Errors = append(m.Errors, problem)
		}
		moves = append(moves, m)
	}
	return moves
}

// settleSource settles the pointer of an instance or a volume, and then the aliases that stand for it.
func settleSource(ctx context.Context, s *pointer.Settler, source string, hints ...pointer.Hint) ([]PointerMove, error) {
	results, err := s.SettleAll(ctx, source, hints...)
	if err != nil { // of the last one
		results = results[:len(results)-1]
	}
	var moves []PointerMove
	for _, result := range results {
		moves = append(moves, move(result))
	}
	return moves, err
}
