package awsfake

import (
	"fmt"
	"maps"
	"slices"
)

// table is what there is of one kind in a Region. It never changes: a change makes a new
// one, so that what there was before is still there to be answered from. Only in bulk it is
// changed in place, or thousands of changes would take all day.
type table[Row any] struct {
	rows map[string]Row
	text string
	bulk bool
}

func newTable[Row any](rows map[string]Row) *table[Row] { return &table[Row]{rows: rows} }

func (t *table[Row]) with(id string, row Row) *table[Row] {
	if t.bulk {
		t.rows[id], t.text = row, ""
		return t
	}
	rows := maps.Clone(t.rows)
	rows[id] = row
	return newTable(rows)
}

func (t *table[Row]) without(id string) *table[Row] {
	rows := maps.Clone(t.rows)
	delete(rows, id)
	return newTable(rows)
}

func (t *table[Row]) ids() []string { return slices.Sorted(maps.Keys(t.rows)) }

// String tells tables apart.
func (t *table[Row]) String() string {
	if t.text == "" {
		t.text = fmt.Sprint(t.rows)
	}
	return t.text
}
