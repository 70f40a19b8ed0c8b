package operator

import (
	"context"
	"errors"
	"io"
	"syscall"

	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/transport/http"
)

// brief is an error in the words that help a person: what AWS said, or that it said nothing.
func brief(err error) string {
	if noCredentials(err) {
		return errNoCredentials.Error()
	}
	if said, ok := errors.AsType[smithy.APIError](err); ok {
		return said.ErrorCode() + ": " + said.ErrorMessage()
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "no answer within " + callDeadline.String()
	}
	if !unanswered(err) {
		return err.Error()
	}
	if number, ok := errors.AsType[syscall.Errno](err); ok {
		return number.Error()
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return "the connection was closed"
	}
	return err.Error()
}

// unanswered reports whether nobody answered a call, as when a Region is down.
func unanswered(err error) bool {
	_, unsent := errors.AsType[*http.RequestSendError](err)
	return unsent || errors.Is(err, context.DeadlineExceeded)
}
