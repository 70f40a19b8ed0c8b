package pointer

import (
	"context"
	"time"
)

// Pause waits, unless the context ends first: what Settler.Pause is outside of tests.
func Pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
