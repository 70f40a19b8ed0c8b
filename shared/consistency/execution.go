// Package consistency freezes and thaws applications around a snapshot: the script that
// runs on the host, the SSM Command document around it, and how it is run over Run Command.
// docs/scripts.md has the contract.
package consistency

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
)

// Execution is what a document's parameter executionId carries: whose freeze or thaw it is.
type Execution struct {
	Run     string // the run, as RunKey has it
	Attempt int    // 1..999
	Force   bool   // a thaw of whoever froze, before this attempt begins
}

// The id is a UUID of version 8, which RFC 9562 leaves to its maker
// (https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-8). Its last group says
// that it is ours, and holds the force flag and the attempt in decimal digits.
const (
	mark        = "1a57900d" // "lastgood", as hexadecimal digits can spell it
	maxAttempt  = 999
	runKeyChars = 18
)

var executionID = regexp.MustCompile(`^([0-9a-f]{8})-([0-9a-f]{4})-8([0-9a-f]{3})-8([0-9a-f]{3})-` + mark + `([01])([0-9]{3})$`)

// RunKey is a run as an execution id carries it: the beginning of the hash of its name.
func RunKey(run string) string {
	sum := sha256.Sum256([]byte(run))
	return hex.EncodeToString(sum[:])[:runKeyChars]
}

// ExecutionID is the executionId of an attempt of a run, or of the forced thaw before
// it. Attempts count from 1; what lies outside 1..999 is taken for the nearest of them.
func ExecutionID(run string, attempt int, force bool) string {
	return Execution{RunKey(run), attempt, force}.String()
}

func (e Execution) String() string {
	forced := 0
	if e.Force {
		forced = 1
	}
	return fmt.Sprintf("%s-%s-8%s-8%s-%s%d%03d", e.Run[:8], e.Run[8:12], e.Run[12:15], e.Run[15:18], mark, forced, min(max(e.Attempt, 1), maxAttempt))
}

// Token names who freezes, as the host remembers it and says it: the run and the attempt.
func (e Execution) Token() string { return e.Run + "." + strconv.Itoa(e.Attempt) }

// ParseExecutionID reads an id that ExecutionID made; false for any other.
func ParseExecutionID(id string) (Execution, bool) {
	m := executionID.FindStringSubmatch(id)
	if m == nil {
		return Execution{}, false
	}
	attempt, err := strconv.Atoi(m[6])
	return Execution{Run: m[1] + m[2] + m[3] + m[4], Attempt: attempt, Force: m[5] == "1"}, err == nil && attempt > 0
}
