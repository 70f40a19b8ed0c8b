package recovery

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Claim is what a signature vouches for: this point, in this Region, is of this
// source and was taken then.
type Claim struct {
	Region  string
	Point   string
	Source  string
	TakenAt time.Time
}

// Signer signs and verifies claims.
type Signer interface {
	Verifier
	// Sign returns a signature that fits in a tag's value.
	Sign(ctx context.Context, message []byte) (string, error)
}

// Verifier verifies claims.
type Verifier interface {
	// Verify reports whether signature is one that Sign made for message. An error
	// means that nobody could tell.
	Verify(ctx context.Context, message []byte, signature string) (bool, error)
}

// Message is what gets signed. It names a version, so that another form can follow.
func (c Claim) Message() []byte {
	return []byte(strings.Join([]string{"lastgood/1", c.Region, c.Point, c.Source, c.takenAt()}, "\n"))
}

func (c Claim) takenAt() string { return c.TakenAt.UTC().Format(time.RFC3339Nano) }

// Tags are the claim as tags, signed.
func (c Claim) Tags(ctx context.Context, signer Signer) (map[string]string, error) {
	signature, err := signer.Sign(ctx, c.Message())
	if err != nil {
		return nil, fmt.Errorf("signing that %s is of %s: %w", c.Point, c.Source, err)
	}
	return map[string]string{TagSourceID: c.Source, TagTakenAt: c.takenAt(), TagSignature: signature}, nil
}

// ClaimOf reads the claim that p's tags make.
func ClaimOf(p Point) Claim {
	return Claim{Region: p.Region, Point: p.ID, Source: p.Tags[TagSourceID], TakenAt: p.TakenAt()}
}

// Verify reports whether p's tags make a claim that lastgood signed. An error means
// that nobody could tell. Tags that make no claim are not worth a call.
func Verify(ctx context.Context, verifier Verifier, p Point) (bool, error) {
	if p.Tags[TagSignature] == "" || p.claimedSource() == "" || p.TakenAt().IsZero() {
		return false, nil
	}
	ok, err := verifier.Verify(ctx, ClaimOf(p).Message(), p.Tags[TagSignature])
	if err != nil {
		return false, fmt.Errorf("verifying the signature of %s: %w", p.ID, err)
	}
	return ok, nil
}
