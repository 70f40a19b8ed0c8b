package local

import (
	"crypto/sha256"
	"encoding/base32"
)

// The callers that are not functions. Their access keys are AccessKey(name).
const (
	Operator  = "operator"  // a person: Environ and the cdk CLI
	Poller    = "poller"    // Deliver's own calls, which AWS makes for an event source mapping
	Scheduler = "scheduler" // FireSchedule's calls, which EventBridge Scheduler makes
)

// AccessKey derives an access key id in AWS's form from a caller's name, so
// that the emulator's call log tells who called what.
func AccessKey(name string) string {
	sum := sha256.Sum256([]byte(name))
	return "AKIA" + base32.StdEncoding.EncodeToString(sum[:10])
}

// FunctionAccessKey is the access key that a function runs with.
func FunctionAccessKey(region, function string) string { return AccessKey(region + "/" + function) }
