package operator

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/smithy-go"

	"lastgood/shared/attest"
	"lastgood/shared/pointer"
	"lastgood/shared/recovery"
)

// AcceptRequest says which image to accept.
type AcceptRequest struct {
	Image  string
	Source string // whose image it is; "" for whom it claims
	Region string // look in this Region only; "" for every Region
}

// Acceptance is what is known of an image, and whose it is to be signed as.
type Acceptance struct {
	Image     string            `json:"image"`
	Region    string            `json:"region"`
	Name      string            `json:"name"`
	Owner     string            `json:"owner"`
	Created   time.Time         `json:"created"`
	Tags      map[string]string `json:"tags"`
	Claimed   string            `json:"claimedSource,omitempty"`
	ClaimedBy recovery.Evidence `json:"claimedBy"`
	Copied    string            `json:"copiedFrom,omitempty"` // what EC2 says: region/image
	Original  string            `json:"original,omitempty"`   // what is known of that
	Source    string            `json:"source"`               // to be signed
	By        recovery.Evidence `json:"evidence"`             // attested evidence, where there is some
	region    *Region
	point     recovery.Point
	original  *recovery.Point
	signed    bool
}

// Accept finds out what is known of an image. It changes nothing yet. An error says why it
// cannot be signed.
func (a *Account) Accept(ctx context.Context, q AcceptRequest) (*Acceptance, error) {
	x, err := a.reach(q.Region)
	if err != nil {
		return nil, err
	}
	p, err := x.find(ctx, q.Image)
	if err != nil {
		return nil, err
	}
	r, err := a.Region(p.Region)
	if err != nil {
		return nil, err
	}
	image, err := r.ownImage(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	c := &Acceptance{
		Image: p.ID, Region: p.Region, Name: p.Name, Owner: aws.ToString(image.OwnerId), Created: p.Created, Tags: p.Tags,
		region: r, point: p,
	}
	c.Claimed, c.ClaimedBy = recovery.Claimed(p)
	c.askOriginal(ctx)
	if c.signed, err = recovery.Verify(ctx, r.Key, p); err != nil {
		return nil, err
	}
	attested, by := recovery.Attest(recovery.Facts{Image: p, Signed: c.signed, Original: c.original})
	c.Source, err = decide(q.Source, attested, by, c.Claimed)
	c.By = by
	return c, err
}

// decide says whose image it is signed as: whom the person names, unless attested evidence
// says another; or else what the evidence says, or else what is claimed.
func decide(named, attested string, by recovery.Evidence, claimed string) (string, error) {
	switch {
	case attested != "" && named != "" && named != attested:
		return "", fmt.Errorf("it is an image of %s, as attested by %s: it cannot be signed as one of %s", attested, by, named)
	case attested != "":
		return attested, nil
	case named != "":
		return named, nil
	case claimed != "":
		return claimed, nil
	default:
		return "", errors.New("neither a tag nor its name says whose image it is: name the instance with --source i-…")
	}
}

// Settled reports whether nothing is to be signed: EC2 says itself, or lastgood signed
// already, whose image it is.
func (c *Acceptance) Settled() bool { return c.By == recovery.ByEC2 || c.By == recovery.BySignature }

// askOriginal looks for what the image was copied from, in whatever Region that is.
func (c *Acceptance) askOriginal(ctx context.Context) {
	from := attest.OriginOf(c.point)
	if c.point.Original() || from == (attest.Origin{}) {
		return
	}
	originals := attest.Originals{Timeout: attest.SourceRegionTimeout, Client: func(region string) ec2.DescribeImagesAPIClient {
		cfg := c.region.AWS.Copy()
		cfg.Region = region
		return ec2.NewFromConfig(cfg)
	}}
	original, answered := originals.Ask(ctx, []attest.Origin{from}).Of(from)
	c.Copied, c.original = from.Region+"/"+from.Image, original
	switch {
	case !answered:
		c.Original = from.Region + " did not answer"
	case original == nil:
		c.Original = "gone, or not this account's"
	case original.Original():
		c.Original = "an image of " + original.OriginalOf
	default:
		c.Original = "exists, and is a copy itself"
	}
}

// Accepted is what accepting an image did.
type Accepted struct {
	Acceptance
	TakenAt time.Time     `json:"takenAt"` // the age it was signed with
	Moves   []PointerMove `json:"pointers"`
}

// Do signs whose image it is, and settles.
func (c *Acceptance) Do(ctx context.Context) (Accepted, error) {
	p := c.point
	p.Tags = maps.Clone(p.Tags)
	p.Tags[recovery.TagSourceID] = c.Source // what nobody attests, the person at the terminal claims
	attestor := attest.Attestor{EC2: c.region.EC2, Signer: c.region.Key, TrustsClaimed: true}
	attested, err := attestor.Attest(ctx, p, false, c.original)
	if api, is := errors.AsType[smithy.APIError](err); is && api.ErrorCode() == "AccessDeniedException" {
		err = fmt.Errorf(`you may not sign in %s: add the ARN of the role you act as to "signers" in the configuration, deploy, and try again: %w`, c.Region, err)
	}
	if err != nil {
		return Accepted{}, err
	}
	p.Tags = attested.On(p.Tags)
	moves, err := settleSource(ctx, c.region.Settler, c.Source, pointer.Hint{Image: p.ID, State: p.State, Tags: attested.Written})
	if err != nil {
		return Accepted{}, fmt.Errorf("it is signed, but its pointer could not be settled: %w", err)
	}
	return Accepted{Acceptance: *c, TakenAt: p.TakenAt(), Moves: moves}, nil
}
