package operator

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"lastgood/shared/pointer"
	"lastgood/shared/recovery"
)

// MarkRequest says which recovery point to quarantine, or to release.
type MarkRequest struct {
	Point      string
	Region     string // act in this Region only; "" for every Region
	Everywhere bool   // given a copy, go to its original and all its copies
}

// Mark is a quarantine, or its release, that is still to be done.
type Mark struct {
	Point   string
	Note    string   // what it leaves out; "" if nothing
	Leaves  []string // which pointers, and where, it leaves without a good recovery point
	reason  string   // "" releases
	reach   *reach
	family  family
	release bool
}

// maxTagValue is EC2's limit: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html
const maxTagValue = 256

// CheckReason is an error unless reason can be the value of a tag, and says something.
func CheckReason(reason string) error {
	switch n := len([]rune(reason)); {
	case n == 0:
		return errors.New("--reason is missing: say what is wrong")
	case n > maxTagValue:
		return fmt.Errorf("--reason: found %d characters, expected at most %d", n, maxTagValue)
	}
	return nil
}

// CheckPointID is an error unless id is an image's or a snapshot's.
func CheckPointID(id string) error {
	if !recovery.IsImageID(id) && !recovery.IsSnapshotID(id) {
		return fmt.Errorf("%q is the id of neither an image nor a snapshot: expected ami- or snap-, and 8 or 17 hex digits", id)
	}
	return nil
}

// CheckImageID is an error unless id is an image's.
func CheckImageID(id string) error {
	if !recovery.IsImageID(id) {
		return fmt.Errorf("%q is no image id: expected ami- and 8 or 17 hex digits", id)
	}
	return nil
}

// Quarantine finds out what quarantining a recovery point would do. It changes nothing yet.
func (a *Account) Quarantine(ctx context.Context, q MarkRequest, reason string) (*Mark, error) {
	m, err := a.mark(ctx, q, "quarantined")
	if err != nil {
		return nil, err
	}
	m.reason = reason
	m.Leaves = slices.Concat(each(ctx, m.reach, func(ctx context.Context, r *Region) (leaves []string, err error) {
		for _, source := range m.family.sources() {
			left, err := m.leaves(ctx, r, source)
			if err != nil { // not to be able to tell is no reason not to quarantine
				left = []string{fmt.Sprintf("perhaps %s in %s (nobody can tell: %v)", source, r.Name, err)}
			}
			leaves = append(leaves, left...)
		}
		return leaves, nil
	})...)
	return m, m.reach.err()
}

// Release finds a recovery point and its copies. It changes nothing yet.
func (a *Account) Release(ctx context.Context, q MarkRequest) (*Mark, error) {
	m, err := a.mark(ctx, q, "released")
	if err != nil {
		return nil, err
	}
	m.release = true
	return m, nil
}

func (a *Account) mark(ctx context.Context, q MarkRequest, did string) (*Mark, error) {
	x, err := a.reach(q.Region)
	if err != nil {
		return nil, err
	}
	f, err := x.family(ctx, q.Point, q.Everywhere)
	if err != nil {
		return nil, err
	}
	return &Mark{Point: q.Point, Note: f.note(q.Everywhere, did), reach: x, family: f}, nil
}

// leaves names the pointers that have a good point now and would have none, by settling
// twice without writing: as things are, and as they will be.
func (m *Mark) leaves(ctx context.Context, r *Region, source string) ([]string, error) {
	before, err := settleSource(ctx, r.rehearse(), source)
	if err != nil {
		return nil, err
	}
	after, err := settleSource(ctx, r.rehearse(), source, m.hints(r.Name)...)
	if err != nil {
		return nil, err
	}
	var left []string
	for i := range after {
		if before[i].good() && !after[i].good() {
			left = append(left, fmt.Sprintf("%s in %s", after[i].Source, r.Name))
		}
	}
	return left, nil
}

// hints are the quarantine's tags as settle is told of tags that a listing may not show yet.
func (m *Mark) hints(region string) []pointer.Hint {
	if m.release {
		return nil
	}
	var hints []pointer.Hint
	for _, id := range m.family.in(region) {
		hints = append(hints, pointer.Hint{Image: id, State: recovery.Gone, Tags: map[string]string{recovery.TagQuarantine: m.reason}})
	}
	return hints
}

// Do tags, or untags, and settles at once, in all Regions at the same time.
func (m *Mark) Do(ctx context.Context) (Moves, error) {
	m.reach.patience = actPatience
	did := each(ctx, m.reach, func(ctx context.Context, r *Region) (moves RegionMoves, err error) {
		ids := m.family.in(r.Name)
		if len(ids) == 0 {
			return moves, nil
		}
		if err := m.tag(ctx, r, ids); err != nil {
			return moves, err
		}
		moves.Points = ids
		for _, source := range m.family.sources() {
			settled, err := settleSource(ctx, r.Settler, source, m.hints(r.Name)...)
			moves.Pointers = append(moves.Pointers, settled...)
			if err != nil {
				return moves, err
			}
		}
		return moves, nil
	})
	return m.reach.moves(did), m.reach.err()
}

func (m *Mark) tag(ctx context.Context, r *Region, ids []string) error {
	tag := types.Tag{Key: aws.String(recovery.TagQuarantine)}
	if !m.release {
		tag.Value = &m.reason
		_, err := r.EC2.CreateTags(ctx, &ec2.CreateTagsInput{Resources: ids, Tags: []types.Tag{tag}})
		if err != nil {
			return fmt.Errorf("tagging %v: %w", ids, err)
		}
		return nil
	}
	if _, err := r.EC2.DeleteTags(ctx, &ec2.DeleteTagsInput{Resources: ids, Tags: []types.Tag{tag}}); err != nil {
		return fmt.Errorf("removing the tag of %v: %w", ids, err)
	}
	return r.released(ctx, ids)
}

// released waits until EC2 shows the points without the tag: settle would pass them over.
func (r *Region) released(ctx context.Context, ids []string) error {
	const looks = 5
	for range looks {
		found, err := r.Points.ByID(ctx, ids...)
		if err != nil {
			return err
		}
		shown := false
		for _, p := range found {
			shown = shown || p.Quarantined()
		}
		if !shown {
			return nil
		}
		if err := r.Settler.Pause(ctx, time.Second); err != nil {
			return err
		}
	}
	return errors.New("the tag is removed, but EC2 still shows it: settle in a minute, or leave it to reconcile")
}
