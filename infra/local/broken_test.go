package local

import (
	"errors"
	"fmt"
	"net"
	"testing"

	"github.com/aws/smithy-go"
)

func TestBrokenOffIsAnAnswerThatEndedEarlyAndNothingElse(t *testing.T) {
	closed := &net.OpError{Op: "read", Net: "tcp", Err: net.ErrClosed}
	for err, want := range map[error]bool{
		fmt.Errorf("asking: %w", &smithy.DeserializationError{Err: closed}): true,
		&smithy.DeserializationError{Err: errors.New("no JSON")}:            false,
		closed: false,
	} {
		if got := brokenOff(err); got != want {
			t.Errorf("%v: %v", err, got)
		}
	}
	if brokenOff(nil) {
		t.Error("no error is none")
	}
}
