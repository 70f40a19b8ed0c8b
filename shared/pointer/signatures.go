package pointer

import (
	"context"

	"lastgood/shared/recovery"
)

// signatures remembers which points lastgood signed, so that each is asked about once,
// however often a settle or a sweep looks at it.
type signatures struct {
	verifier recovery.Verifier
	fits     map[string]bool // what tags say, with the signature -> whether it fits
}

func newSignatures(v recovery.Verifier) signatures { return signatures{v, map[string]bool{}} }

// genuine reports whether lastgood signed what p's tags say, and whether that is news.
func (s signatures) genuine(ctx context.Context, p recovery.Point) (fits, news bool, err error) {
	said := string(recovery.ClaimOf(p).Message()) + p.Tags[recovery.TagSignature]
	if fits, known := s.fits[said]; known {
		return fits, false, nil
	}
	if fits, err = recovery.Verify(ctx, s.verifier, p); err != nil {
		return false, false, err
	}
	s.fits[said] = fits
	return fits, true, nil
}
