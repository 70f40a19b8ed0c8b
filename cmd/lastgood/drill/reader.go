package drill

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// reader is a bystander who reads a parameter over and over, and counts how often it is missing.
type reader struct {
	cancel         context.CancelFunc
	done           sync.WaitGroup
	reads, missing atomic.Int64
}

func newReader(ctx context.Context, p place, parameter string) *reader {
	const pause = 20 * time.Millisecond
	ctx, cancel := context.WithCancel(ctx)
	r := &reader{cancel: cancel}
	r.done.Go(func() {
		for ctx.Err() == nil {
			_, err := p.ssm.GetParameter(ctx, &ssm.GetParameterInput{Name: &parameter})
			if _, missing := errors.AsType[*ssmtypes.ParameterNotFound](err); missing {
				r.missing.Add(1)
			}
			if err == nil {
				r.reads.Add(1)
			}
			time.Sleep(pause)
		}
	})
	return r
}

func (r *reader) stop() { r.cancel(); r.done.Wait() }

func (r *reader) result() (missing, reads int64) { return r.missing.Load(), r.reads.Load() }
