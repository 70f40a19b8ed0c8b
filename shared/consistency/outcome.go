package consistency

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// Outcome is how a command on an instance ended.
type Outcome string

// The outcomes. All but Unknown are certain.
const (
	// Succeeded ran, and exited with 0.
	Succeeded Outcome = "succeeded"
	// Failed ran, and exited with Result.ExitCode.
	Failed Outcome = "failed"
	// TimedOut began to run, and was ended by SSM: what it froze is frozen until a post or its timer.
	TimedOut Outcome = "timed-out"
	// Cancelled was cancelled by somebody, before it ran or while it did.
	Cancelled Outcome = "cancelled"
	// NotRun did not reach the instance, or is not for its platform. It may still come late.
	NotRun Outcome = "not-run"
	// Unmanaged says that SSM has no such instance: gone, stopped, or without a working agent.
	Unmanaged Outcome = "unmanaged"
	// Refused says that SSM did not take the command at all.
	Refused Outcome = "refused"
	// Unknown says that the command may have run or may yet run, and may have done anything.
	Unknown Outcome = "unknown"
)

// Result is what came of a command.
type Result struct {
	Outcome   Outcome
	ExitCode  int    // of Failed; 0 otherwise
	CommandID string // "" where there is none, or nobody knows it
	Meaning   string // in words, for a person
	Output    string // the command line that shows what the script printed; "" without a CommandID
}

// showOutput is how to see what a command printed.
func showOutput(commandID, instance string) string {
	return fmt.Sprintf("aws ssm get-command-invocation --command-id %s --instance-id %s", commandID, instance)
}

// skipped is what the agent says of a step that is not for its platform, and which then
// counts as a success: https://github.com/aws/amazon-ssm-agent/blob/mainline/agent/framework/runpluginutil/run_plugin_util.go
const skipped = "Step execution skipped"

// ended reads a terminal status; false while there is none.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/monitor-commands.html
func ended(i *ssm.GetCommandInvocationOutput) (Result, bool) {
	details := strings.ReplaceAll(aws.ToString(i.StatusDetails), " ", "") // written either way
	switch i.Status {
	case types.CommandInvocationStatusSuccess:
		if strings.HasPrefix(aws.ToString(i.StandardOutputContent), skipped) {
			return Result{Outcome: NotRun, Meaning: "the document has no step for this instance's platform; scripts are for Linux"}, true
		}
		return Result{Outcome: Succeeded, Meaning: Meaning(0)}, true
	case types.CommandInvocationStatusFailed, types.CommandInvocationStatusTimedOut:
	case types.CommandInvocationStatusCancelled:
		if details != "Terminated" {
			return Result{Outcome: Cancelled, Meaning: "somebody cancelled the command; what it froze is frozen until a post script or its timer thaws it"}, true
		}
	default:
		return Result{}, false
	}
	switch details {
	case "ExecutionTimedOut":
		return Result{Outcome: TimedOut, Meaning: "the command took too long and was ended; what it froze is frozen until a post script or its timer thaws it"}, true
	case "DeliveryTimedOut", "Undeliverable", "Terminated", "InvalidPlatform", "AccessDenied", "RateExceeded", "TimedOut":
		return Result{Outcome: NotRun, Meaning: "the command did not reach the instance (" + details + "); see whether its SSM Agent runs and is online"}, true
	default:
		code := int(i.ResponseCode)
		return Result{Outcome: Failed, ExitCode: code, Meaning: Meaning(code)}, true
	}
}
