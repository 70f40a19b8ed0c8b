package main

import (
	"fmt"
	"os"

	"github.com/aws/jsii-runtime-go"
)

// ownTemporaryFolder has the CDK leave its temporary files where they can be removed
// together. Its Node process ends with this one. A jsii.Close at the end would do
// both, but it waits for the process in two places at once, and every few times says
// after a good synthesis that it "exited abnormally".
func ownTemporaryFolder() (remove func(), err error) {
	folder, err := os.MkdirTemp("", "lastgood-infra")
	if err != nil {
		return nil, fmt.Errorf("making a folder for temporary files: %w", err)
	}
	if err := os.Setenv("TMPDIR", folder); err != nil {
		return nil, fmt.Errorf("naming the folder for temporary files: %w", err)
	}
	// The CDK's packages, while they are initialized, already unpack a runtime into the
	// usual place. Nothing has started it yet; the next one goes into the folder.
	jsii.Close()
	return func() { _ = os.RemoveAll(folder) }, nil
}
