package lifecycle

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"lastgood/shared/config"
	"lastgood/shared/inventory"
	"lastgood/shared/recovery"
	"lastgood/shared/retention"
)

// elsewhere is what is known of another Region while a Keeper is at work.
type elsewhere struct {
	Destination
	silent  bool // it did not answer, and is not asked again
	counted bool
	room    int // how many more copies it takes
}

// Copy is a copy that is due.
type Copy struct {
	retention.Copy
	To config.CopyTo
}

var (
	errFull   = errors.New("the Region takes no more copies at present")
	errSilent = errors.New("the Region does not answer")
)

// destinations are the other Regions that a policy copies to.
func (k *Keeper) destinations(p config.Policy) []config.CopyTo {
	return slices.DeleteFunc(slices.Clone(p.CopyTo), func(to config.CopyTo) bool { return to.Region == k.Points.Images.Region })
}

// ask asks the Regions that subjects are copied to what they hold of them. A Region that did not
// answer is not in the result.
func (k *Keeper) ask(ctx context.Context, subjects []Subject, away map[string]*elsewhere) map[string]map[Subject][]recovery.Point {
	wanted := map[string][]Subject{}
	for _, s := range subjects {
		p, _ := k.Config.Policy(s.Policy)
		for _, to := range k.destinations(p) {
			wanted[to.Region] = append(wanted[to.Region], s)
		}
	}
	held := map[string]map[Subject][]recovery.Point{}
	for _, region := range slices.Sorted(maps.Keys(wanted)) {
		if away[region] == nil {
			away[region] = &elsewhere{Destination: bounded{k.Elsewhere(region), k.Timeout}}
		}
		if away[region].silent {
			continue
		}
		points, err := inventory.PointsIn(away[region].Destination, region).OfRuns(ctx, patterns(wanted[region])...)
		if err != nil {
			away[region].silent = true
			continue
		}
		held[region] = gather(points)
	}
	return held
}

// copy starts the copies that are due, as long as there is room for them. The next look starts
// the rest, and those whose call failed.
func (k *Keeper) copy(ctx context.Context, l *look, r *Result) {
	for _, c := range r.Due {
		to := l.away[c.To.Region]
		err := errSilent
		if !to.silent {
			err = k.start(ctx, to, c)
		}
		switch {
		case err == nil:
			r.Started = append(r.Started, c)
		case errors.Is(err, errSilent):
			to.silent = true
			if !slices.Contains(r.Unanswered, c.To.Region) {
				r.Unanswered = append(r.Unanswered, c.To.Region)
			}
		case errors.Is(err, errFull):
			r.Waiting++
		default:
			r.NotCopied = append(r.NotCopied, err)
		}
	}
}

func (k *Keeper) start(ctx context.Context, to *elsewhere, c Copy) error {
	if err := k.count(ctx, c.To.Region, to); err != nil {
		return errSilent
	}
	size := max(1, len(c.Original.Snapshots)) // an image is copied by copying its snapshots
	if to.room < min(size, inventory.CopiesAtOnce) {
		return errFull
	}
	call := k.copySnapshot
	if recovery.IsImageID(c.Original.ID) {
		call = k.copyImage
	}
	err := call(ctx, to, c)
	if isCode(err, "ResourceLimitExceeded") {
		to.room = 0
		return errFull
	}
	if err != nil {
		return fmt.Errorf("copying %s to %s: %w", c.Original.ID, c.To.Region, err)
	}
	to.room -= size
	return nil
}

// count counts the copies that are under way to a Region, whoever makes them, once.
func (k *Keeper) count(ctx context.Context, region string, to *elsewhere) error {
	if to.counted {
		return nil
	}
	n, err := inventory.Snapshots{EC2: to, Region: region}.Copying(ctx)
	if err != nil {
		return err
	}
	to.counted, to.room = true, inventory.CopiesAtOnce-n
	return nil
}

// copyImage starts the copy of an image. Its client token has EC2 make one only, however often
// it is asked; a copy that failed is made anew with another token.
func (k *Keeper) copyImage(ctx context.Context, to *elsewhere, c Copy) error {
	p, again := c.Original, ""
	if c.Before > 0 {
		again = fmt.Sprintf(" copy %d", c.Before+1)
	}
	_, err := to.CopyImage(ctx, &ec2.CopyImageInput{
		Name:          aws.String(p.Name + again),
		Description:   aws.String(description(p)),
		SourceImageId: &p.ID,
		SourceRegion:  &p.Region,
		ClientToken:   aws.String(clientToken(c)),
		CopyImageTags: aws.Bool(false),
		Encrypted:     encrypted(c.To),
		KmsKeyId:      key(c.To),
		TagSpecifications: []types.TagSpecification{
			{ResourceType: types.ResourceTypeImage, Tags: k.tags(c)},
			{ResourceType: types.ResourceTypeSnapshot, Tags: inventory.TagList(map[string]string{
				recovery.TagPolicy: p.Tags[recovery.TagPolicy], recovery.TagBacks: p.Tags[recovery.TagRun],
			})},
		},
	})
	return err
}

// copySnapshot starts the copy of a snapshot, in the Region it is copied to. There is no client
// token: it is sent once, and what came of it is looked for the next time. The SDK makes the
// presigned URL that a copy of an encrypted snapshot needs.
func (k *Keeper) copySnapshot(ctx context.Context, to *elsewhere, c Copy) error {
	_, err := to.CopySnapshot(ctx, &ec2.CopySnapshotInput{
		Description:       aws.String(description(c.Original)),
		SourceSnapshotId:  &c.Original.ID,
		SourceRegion:      &c.Original.Region,
		Encrypted:         encrypted(c.To),
		KmsKeyId:          key(c.To),
		TagSpecifications: []types.TagSpecification{{ResourceType: types.ResourceTypeSnapshot, Tags: k.tags(c)}},
	}, once)
	return err
}

// carried are those of lastgood's tags that a copy has from its original.
var carried = []string{
	recovery.TagPolicy, recovery.TagRun, recovery.TagAttempt, recovery.TagSetSize, recovery.TagPreScript, recovery.TagPostScript,
}

// lateTags are a copy's source, age, signature and quarantine, which are written when it is there.
const lateTags = 4

// tags are what a copy is tagged with: of its original's own tags as many as there is room for,
// in the order of their keys. Whose it is, and how old, is signed where it is copied to.
func (k *Keeper) tags(c Copy) []types.Tag {
	p, _ := k.Config.Policy(c.Original.Tags[recovery.TagPolicy])
	tags := map[string]string{recovery.TagCopiedFrom: c.Original.Region + "/" + c.Original.ID}
	maps.Copy(tags, p.Tags)
	for _, name := range carried {
		if value, has := c.Original.Tags[name]; has {
			tags[name] = value
		}
	}
	if p.CopyTags {
		inventory.CopyTags(tags, c.Original.Tags, config.MaxTags-lateTags)
	}
	return inventory.TagList(tags)
}

func description(p recovery.Point) string {
	return fmt.Sprintf("Copy of %s in %s, of run %s", p.ID, p.Region, p.Tags[recovery.TagRun])
}

// clientToken has 64 characters, which is the most that EC2 takes.
func clientToken(c Copy) string {
	return fmt.Sprintf("%x", sha256.Sum256(fmt.Appendf(nil, "%s/%s/%d", c.Original.ID, c.To.Region, c.Before)))
}

func encrypted(to config.CopyTo) *bool {
	if to.KMSKey == "" {
		return nil
	}
	return aws.Bool(true)
}

func key(to config.CopyTo) *string {
	if to.KMSKey == "" {
		return nil
	}
	return &to.KMSKey
}
