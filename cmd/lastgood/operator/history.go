package operator

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"lastgood/shared/recovery"
)

// History is what a pointer named, and when, in every Region.
type History struct {
	Source  string          `json:"source"`
	Pinned  bool            `json:"pinned"` // each move recreates the parameter, and its history begins anew
	Regions []RegionHistory `json:"regions"`
	Silent  []Silent        `json:"silent"`
}

// RegionHistory is one Region's, the newest first; empty where there is no pointer.
type RegionHistory struct {
	Region  string  `json:"region"`
	Entries []Entry `json:"entries"`
}

// Entry is one value that a pointer had. Parameter Store keeps the last 100.
type Entry struct {
	At          time.Time `json:"at"`
	Version     int64     `json:"version"`
	Point       string    `json:"point"`
	State       State     `json:"state"`                 // of the point now
	Name        string    `json:"name,omitempty"`        // of an image
	Description string    `json:"description,omitempty"` // what lastgood wrote of the point then
	By          string    `json:"by"`                    // an ARN
}

// Who is By without what all of them have in common.
func (e Entry) Who() string {
	_, who, _ := strings.Cut(e.By, "/")
	return who
}

// Words are an entry's description without what is the same in all of them.
func (h History) Words(e Entry) string {
	return strings.TrimSuffix(strings.TrimPrefix(e.Description, h.Source+" as of "), " Kept by lastgood.")
}

// Found reports whether there is a pointer anywhere.
func (h History) Found() bool {
	return slices.ContainsFunc(h.Regions, func(r RegionHistory) bool { return len(r.Entries) > 0 })
}

// History reads what the pointer of an instance, a volume or an alias named.
func (a *Account) History(ctx context.Context, source string) (h History, err error) {
	h = History{Source: source, Pinned: a.Config.Parameter.Versioning == "pinned"}
	h.Regions, h.Silent, err = ask(a.impatient(), func(r *Region) (RegionHistory, error) {
		sources := []string{source}
		if of, alias := a.Config.Aliases[source]; alias {
			sources = of
		}
		return r.history(ctx, source, sources)
	})
	return h, err
}

// historyPage is the most GetParameterHistory gives at a time.
const historyPage = 50

func (r *Region) history(ctx context.Context, source string, sources []string) (RegionHistory, error) {
	h := RegionHistory{Region: r.Name, Entries: []Entry{}}
	var ids []string
	pages := ssm.NewGetParameterHistoryPaginator(r.SSM, &ssm.GetParameterHistoryInput{
		Name: aws.String(r.Names.Parameter(source)), MaxResults: aws.Int32(historyPage),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if _, missing := errors.AsType[*types.ParameterNotFound](err); missing {
			return h, nil
		}
		if err != nil {
			return h, fmt.Errorf("reading the history of %s: %w", r.Names.Parameter(source), err)
		}
		for _, p := range page.Parameters {
			e := Entry{
				At: aws.ToTime(p.LastModifiedDate).UTC(), Version: p.Version, Point: aws.ToString(p.Value),
				Description: aws.ToString(p.Description), By: aws.ToString(p.LastModifiedUser),
			}
			h.Entries = append(h.Entries, e)
			if recovery.IsImageID(e.Point) || recovery.IsSnapshotID(e.Point) {
				ids = append(ids, e.Point)
			}
		}
	}
	points, err := r.Points.ByID(ctx, ids...)
	if err != nil {
		return h, err
	}
	for i, e := range h.Entries {
		v := view{source: source, sources: sources, held: &types.Parameter{Type: types.ParameterTypeString, Value: &e.Point}}
		if p, exists := points[e.Point]; exists {
			v.named = &p
			h.Entries[i].Name = p.Name
		}
		h.Entries[i].State = v.state()
	}
	slices.SortStableFunc(h.Entries, func(a, b Entry) int { return int(b.Version - a.Version) })
	return h, nil
}
