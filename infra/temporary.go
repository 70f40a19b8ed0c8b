package main

import (
	"fmt"
	"os"
)

// ownTemporaryFolder has the CDK's Node process leave its files where they can be
// removed together. The process itself ends with this one. jsii.Close would do both,
// but it waits for the process in two places at once, and every few times says
// after a good synthesis that it "exited abnormally".
func ownTemporaryFolder() (remove func(), err error) {
	folder, err := os.MkdirTemp("", "lastgood-infra")
	if err != nil {
		return nil, fmt.Errorf("making a folder for temporary files: %w", err)
	}
	if err := os.Setenv("TMPDIR", folder); err != nil {
		return nil, fmt.Errorf("naming the folder for temporary files: %w", err)
	}
	return func() { _ = os.RemoveAll(folder) }, nil
}
