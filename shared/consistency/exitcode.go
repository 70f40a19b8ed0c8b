package consistency

import "strconv"

// The exit codes of a document in Data Lifecycle Manager's contract.
// https://docs.aws.amazon.com/ebs/latest/userguide/automate-app-consistent-backups.html
const (
	PreFailed     = 201 // pre failed
	PostFailed    = 202 // post failed; what was frozen counts as frozen still
	ThawedBefore  = 203 // thawed by itself before post came
	AlreadyFrozen = 204 // pre while frozen
	NotFrozen     = 205 // post while thawed
	NotReady      = 206 // the application is not ready, or the attempt came after its thaw
)

// Meaning says in words what a document's exit code means.
func Meaning(exitCode int) string {
	switch exitCode {
	case 0:
		return "success"
	case PreFailed:
		return "the pre script failed"
	case PostFailed:
		return "the post script failed; the application may still be frozen until its timer thaws it"
	case ThawedBefore:
		return "the application thawed by itself before the post script came"
	case AlreadyFrozen:
		return "the pre script came while the application was frozen"
	case NotFrozen:
		return "the post script came while the application was not frozen"
	case NotReady:
		return "the application is not ready, or the command came too late"
	case 124:
		return "exit code 124, by which timeout(1) says that a command took too long"
	case 126, 127:
		return "exit code " + strconv.Itoa(exitCode) + ", by which a shell says that it found no such command, or may not run it"
	case 137:
		return "exit code 137: the command was killed"
	default:
		return "exit code " + strconv.Itoa(exitCode) + ", which the contract does not know"
	}
}
