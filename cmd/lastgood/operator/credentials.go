package operator

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

var errNoCredentials = errors.New("no AWS credentials: run aws configure, or set AWS_PROFILE")

// noCredentials reports whether there are none. The SDK asks the instance's metadata last, and has no error of its own for it:
// https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
func noCredentials(err error) bool {
	return err != nil && strings.Contains(err.Error(), "no EC2 IMDS role found")
}

// CheckCredentials is an error unless there are credentials. Nobody is asked whether they are good for anything.
func (a *Account) CheckCredentials(ctx context.Context) error {
	switch _, err := a.Regions[0].AWS.Credentials.Retrieve(ctx); {
	case noCredentials(err):
		return errNoCredentials
	case err != nil:
		return fmt.Errorf("getting AWS credentials: %w", err)
	}
	return nil
}
