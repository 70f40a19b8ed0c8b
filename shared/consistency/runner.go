package consistency

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/aws/smithy-go"
)

// SSM is what Runner calls.
type SSM interface {
	SendCommand(context.Context, *ssm.SendCommandInput, ...func(*ssm.Options)) (*ssm.SendCommandOutput, error)
	GetCommandInvocation(context.Context, *ssm.GetCommandInvocationInput, ...func(*ssm.Options)) (*ssm.GetCommandInvocationOutput, error)
	ListCommands(context.Context, *ssm.ListCommandsInput, ...func(*ssm.Options)) (*ssm.ListCommandsOutput, error)
}

// Runner runs documents on instances. It is for one goroutine.
type Runner struct {
	SSM   SSM
	Now   func() time.Time
	Pause func(context.Context, time.Duration) error // waits, unless the context ends first

	sent int // how many commands there were: tells two of the same id apart
}

const (
	// delivery is the least that SSM takes for how long a command may be on its way.
	// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_SendCommand.html
	delivery = 30 * time.Second
	// settling is how long SSM may take to say what has happened.
	settling  = 15 * time.Second
	interval  = time.Second
	maxErrors = 5 // in a row, of looks at a command
	maxSends  = 4 // of a command that is throttled
	looks     = 3 // for a command whose id was lost
)

// Run sends a command and waits for its end: of a document in Data Lifecycle Manager's
// contract, on one instance, with an id by ExecutionID. timeout is how long the document
// may take on the instance in all, which for the generated ones is StepTimeout; a command
// that is not delivered ends 30 s after that, so Run may take timeout + 45 s.
//
// An error means that the outcome is Unknown, and only that: the answer was lost, the
// context ended, or there is no end in sight. Whatever else went wrong is an outcome.
func (r *Runner) Run(ctx context.Context, instance, document, executionID, command string, timeout time.Duration) (Result, error) {
	r.sent++
	comment := fmt.Sprintf("lastgood %s %s, no. %d", command, executionID, r.sent)
	id, refused, err := r.send(ctx, instance, document, executionID, command, comment)
	if err != nil {
		if id = r.find(ctx, instance, document, comment); id == "" {
			return unknown(id, instance), fmt.Errorf("sending %s of document %s to %s, which may have arrived: %w", command, document, instance, err)
		}
	}
	if refused.Outcome != "" {
		return refused, nil
	}
	result, err := r.await(ctx, instance, id, timeout+delivery+settling)
	if err != nil {
		return unknown(id, instance), fmt.Errorf("waiting for %s of document %s on %s, command %s: %w", command, document, instance, id, err)
	}
	result.CommandID, result.Output = id, showOutput(id, instance)
	return result, nil
}

func unknown(id, instance string) Result {
	result := Result{Outcome: Unknown, CommandID: id, Meaning: "nobody knows what came of the command; the application may be frozen until a forced thaw or its timer"}
	if id != "" {
		result.Output = showOutput(id, instance)
	}
	return result
}

// send sends a command once: SendCommand has no client token, so the SDK must not send it
// again. What SSM certainly did not take is refused; an error is that nobody knows.
func (r *Runner) send(ctx context.Context, instance, document, executionID, command, comment string) (id string, refused Result, err error) {
	in := &ssm.SendCommandInput{
		DocumentName:   &document,
		InstanceIds:    []string{instance},
		Comment:        &comment,
		TimeoutSeconds: aws.Int32(int32(delivery / time.Second)),
		Parameters:     map[string][]string{"executionId": {executionID}, "command": {command}},
	}
	if strings.HasPrefix(document, documentPrefix) { // CloudFormation makes new versions, and does not say which one is the default
		in.DocumentVersion = aws.String("$LATEST")
	}
	for try := 1; ; try++ {
		out, err := r.SSM.SendCommand(ctx, in, func(o *ssm.Options) { o.Retryer = aws.NopRetryer{} })
		if err == nil {
			return aws.ToString(out.Command.CommandId), Result{}, nil
		}
		api, answered := errors.AsType[smithy.APIError](err)
		if !answered || serverFault(api) {
			return "", Result{}, err
		}
		if _, throttled := retry.DefaultThrottleErrorCodes[api.ErrorCode()]; throttled && try < maxSends && r.Pause(ctx, interval<<try) == nil {
			continue
		}
		return "", refusal(api, instance, document), nil
	}
}

// serverFault reports whether SSM failed in a way that says nothing of what it did.
func serverFault(err smithy.APIError) bool {
	return err.ErrorFault() == smithy.FaultServer || strings.HasPrefix(err.ErrorCode(), "Internal") || err.ErrorCode() == "ServiceUnavailable"
}

func refusal(err smithy.APIError, instance, document string) Result {
	switch err.ErrorCode() {
	case (&types.InvalidInstanceId{}).ErrorCode():
		return Result{Outcome: Unmanaged, Meaning: "SSM does not manage " + instance + ": it is gone, stopped, or without a working SSM Agent that may reach SSM"}
	case (&types.InvalidDocument{}).ErrorCode(), (&types.InvalidDocumentVersion{}).ErrorCode():
		return Result{Outcome: Refused, Meaning: "there is no document " + document + " in this Region; deploy again, or correct the policy's document"}
	case (&types.InvalidParameters{}).ErrorCode():
		return Result{Outcome: Refused, Meaning: "document " + document + " does not take the parameters executionId and command, as Data Lifecycle Manager's contract wants it: " + err.ErrorMessage()}
	default:
		return Result{Outcome: Refused, Meaning: "SSM did not take the command: " + err.ErrorCode() + ": " + err.ErrorMessage()}
	}
}

// await looks at a command until it has ended. Right after it was sent SSM may not know it yet.
func (r *Runner) await(ctx context.Context, instance, id string, patience time.Duration) (Result, error) {
	failed := 0
	for waited := time.Duration(0); waited < patience; waited += interval {
		if err := r.Pause(ctx, interval); err != nil {
			return Result{}, err
		}
		out, err := r.SSM.GetCommandInvocation(ctx, &ssm.GetCommandInvocationInput{CommandId: &id, InstanceId: &instance})
		_, unseen := errors.AsType[*types.InvocationDoesNotExist](err)
		switch {
		case unseen:
		case err != nil:
			if failed++; failed == maxErrors {
				return Result{}, err
			}
		default:
			failed = 0
			if result, over := ended(out); over {
				return result, nil
			}
		}
	}
	return Result{}, fmt.Errorf("no end within %s", patience)
}

// find looks for a command whose id was lost, by its comment. That it is not there says
// nothing: it may not be there yet.
func (r *Runner) find(ctx context.Context, instance, document, comment string) string {
	in := &ssm.ListCommandsInput{InstanceId: &instance, Filters: []types.CommandFilter{
		{Key: types.CommandFilterKeyDocumentName, Value: &document},
		{Key: types.CommandFilterKeyInvokedAfter, Value: aws.String(r.Now().Add(-time.Hour).UTC().Format(time.RFC3339))},
	}}
	for range looks {
		if r.Pause(ctx, interval) != nil {
			return ""
		}
		pages := ssm.NewListCommandsPaginator(r.SSM, in)
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				break
			}
			for _, c := range page.Commands {
				if aws.ToString(c.Comment) == comment {
					return aws.ToString(c.CommandId)
				}
			}
		}
	}
	return ""
}
