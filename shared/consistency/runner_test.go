package consistency_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"lastgood/shared/awsfake"
	"lastgood/shared/consistency"
)

const (
	region   = "ap-northeast-1"
	instance = "i-0123456789abcdef0"
)

func runner(client consistency.SSM) *consistency.Runner {
	return &consistency.Runner{
		SSM: client, Now: func() time.Time { return time.Date(2026, 11, 20, 2, 0, 0, 0, time.UTC) },
		Pause: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	}
}

// told is an SSM that answers as it is told, and then the same again.
type told struct {
	send    []error // nil: taken
	looks   []any   // an error, or a *ssm.GetCommandInvocationOutput
	sent    int
	looked  int
	input   *ssm.SendCommandInput
	options ssm.Options
}

func (s *told) SendCommand(_ context.Context, in *ssm.SendCommandInput, options ...func(*ssm.Options)) (*ssm.SendCommandOutput, error) {
	for _, option := range options {
		option(&s.options)
	}
	s.input = in
	s.sent++
	if s.send != nil {
		if err := s.send[min(s.sent, len(s.send))-1]; err != nil {
			return nil, err
		}
	}
	return &ssm.SendCommandOutput{Command: &types.Command{CommandId: aws.String("the-command")}}, nil
}

func (s *told) GetCommandInvocation(context.Context, *ssm.GetCommandInvocationInput, ...func(*ssm.Options)) (*ssm.GetCommandInvocationOutput, error) {
	s.looked++
	switch answer := s.looks[min(s.looked, len(s.looks))-1].(type) {
	case error:
		return nil, answer
	default:
		return answer.(*ssm.GetCommandInvocationOutput), nil
	}
}

func (s *told) ListCommands(context.Context, *ssm.ListCommandsInput, ...func(*ssm.Options)) (*ssm.ListCommandsOutput, error) {
	return &ssm.ListCommandsOutput{}, nil
}

func status(status, details string, code int32) *ssm.GetCommandInvocationOutput {
	return &ssm.GetCommandInvocationOutput{Status: types.CommandInvocationStatus(status), StatusDetails: &details, ResponseCode: code}
}

func code(code string) error { return &smithy.GenericAPIError{Code: code, Message: "SSM says so"} }

func TestRunner_waits_for_the_end(t *testing.T) {
	skipped := status("Success", "Success", 0)
	skipped.StandardOutputContent = aws.String(`Step execution skipped due to unsatisfied preconditions: '"StringEquals": [platformType, Linux]'. Step name: freeze_or_thaw`)
	for name, test := range map[string]struct {
		looks   []any
		outcome consistency.Outcome
		code    int
		meaning string
	}{
		"success":             {[]any{status("Success", "Success", 0)}, consistency.Succeeded, 0, "success"},
		"not seen at first":   {[]any{&types.InvocationDoesNotExist{}, &types.InvocationDoesNotExist{}, status("Success", "Success", 0)}, consistency.Succeeded, 0, ""},
		"on its way":          {[]any{status("Pending", "Pending", -1), status("Delayed", "Delayed", -1), status("InProgress", "InProgress", -1), status("Cancelling", "Cancelling", -1), status("Success", "Success", 0)}, consistency.Succeeded, 0, ""},
		"a look that failed":  {[]any{code("ThrottlingException"), errors.New("reset"), status("Success", "Success", 0)}, consistency.Succeeded, 0, ""},
		"pre failed":          {[]any{status("Failed", "Failed", 201)}, consistency.Failed, 201, "the pre script failed"},
		"post failed":         {[]any{status("Failed", "Failed", 202)}, consistency.Failed, 202, "the post script failed"},
		"thawed by itself":    {[]any{status("Failed", "Failed", 203)}, consistency.Failed, 203, "thawed by itself"},
		"frozen":              {[]any{status("Failed", "Failed", 204)}, consistency.Failed, 204, "while the application was frozen"},
		"not frozen":          {[]any{status("Failed", "Failed", 205)}, consistency.Failed, 205, "while the application was not frozen"},
		"not ready":           {[]any{status("Failed", "Failed", 206)}, consistency.Failed, 206, "not ready"},
		"no such command":     {[]any{status("Failed", "Failed", 127)}, consistency.Failed, 127, "no such command"},
		"some code":           {[]any{status("Failed", "Failed", 7)}, consistency.Failed, 7, "exit code 7"},
		"execution timed out": {[]any{status("TimedOut", "Execution Timed Out", -1)}, consistency.TimedOut, 0, "took too long"},
		"the same in a word":  {[]any{status("TimedOut", "ExecutionTimedOut", -1)}, consistency.TimedOut, 0, "took too long"},
		"delivery timed out":  {[]any{status("TimedOut", "Delivery Timed Out", -1)}, consistency.NotRun, 0, "SSM Agent"},
		"undeliverable":       {[]any{status("Failed", "Undeliverable", -1)}, consistency.NotRun, 0, "Undeliverable"},
		"terminated":          {[]any{status("Cancelled", "Terminated", -1)}, consistency.NotRun, 0, "Terminated"},
		"invalid platform":    {[]any{status("Failed", "InvalidPlatform", -1)}, consistency.NotRun, 0, "InvalidPlatform"},
		"access denied":       {[]any{status("Failed", "AccessDenied", -1)}, consistency.NotRun, 0, "AccessDenied"},
		"Windows":             {[]any{skipped}, consistency.NotRun, 0, "for Linux"},
		"cancelled":           {[]any{status("Cancelled", "Cancelled", -1)}, consistency.Cancelled, 0, "cancelled"},
	} {
		t.Run(name, func(t *testing.T) {
			s := &told{looks: test.looks}
			got, err := runner(s).Run(t.Context(), instance, "lastgood-daily-web", id(1), pre, time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			want := consistency.Result{
				Outcome: test.outcome, ExitCode: test.code, CommandID: "the-command", Meaning: got.Meaning,
				Output: "aws ssm get-command-invocation --command-id the-command --instance-id " + instance,
			}
			if diff := cmp.Diff(want, got); diff != "" || !strings.Contains(got.Meaning, test.meaning) {
				t.Errorf("%s\nmeaning %q, want %q", diff, got.Meaning, test.meaning)
			}
		})
	}
}

func TestRunner_sends_a_command_as_the_contract_has_it(t *testing.T) {
	s := &told{looks: []any{status("Success", "Success", 0)}}
	if _, err := runner(s).Run(t.Context(), instance, "lastgood-daily-web", id(1), pre, time.Minute); err != nil {
		t.Fatal(err)
	}
	if want := map[string][]string{"executionId": {id(1)}, "command": {"pre-script"}}; !cmp.Equal(s.input.Parameters, want) {
		t.Errorf("the parameters are %v, want %v", s.input.Parameters, want)
	}
	if got := *s.input.TimeoutSeconds; got != 30 {
		t.Errorf("it may be on its way for %d s", got)
	}
	if len(*s.input.Comment) > 100 {
		t.Errorf("the comment has %d characters, and SSM takes 100: %s", len(*s.input.Comment), *s.input.Comment)
	}
	if _, once := s.options.Retryer.(aws.NopRetryer); !once {
		t.Errorf("the SDK may send it again")
	}
}

func TestRunner_tells_what_SSM_did_not_take(t *testing.T) {
	for name, test := range map[string]struct {
		err     error
		outcome consistency.Outcome
		sent    int
		meaning string
	}{
		"no such instance":   {&types.InvalidInstanceId{}, consistency.Unmanaged, 1, "does not manage " + instance},
		"no such document":   {&types.InvalidDocument{}, consistency.Refused, 1, "no document lastgood-daily-web"},
		"other parameters":   {&types.InvalidParameters{}, consistency.Refused, 1, "executionId"},
		"access denied":      {code("AccessDeniedException"), consistency.Refused, 1, "AccessDeniedException"},
		"throttled for long": {code("ThrottlingException"), consistency.Refused, 4, "ThrottlingException"},
	} {
		t.Run(name, func(t *testing.T) {
			s := &told{send: []error{test.err}}
			got, err := runner(s).Run(t.Context(), instance, "lastgood-daily-web", id(1), pre, time.Minute)
			if err != nil || got.Outcome != test.outcome || s.sent != test.sent || !strings.Contains(got.Meaning, test.meaning) || got.Output != "" {
				t.Errorf("got %+v, %v after %d tries; want %s, %q after %d", got, err, s.sent, test.outcome, test.meaning, test.sent)
			}
		})
	}
}

func TestRunner_sends_again_what_was_throttled(t *testing.T) {
	s := &told{send: []error{code("ThrottlingException"), code("ThrottlingException"), nil}, looks: []any{status("Success", "Success", 0)}}
	got, err := runner(s).Run(t.Context(), instance, "lastgood-daily-web", id(1), pre, time.Minute)
	if err != nil || got.Outcome != consistency.Succeeded || s.sent != 3 {
		t.Errorf("got %+v, %v after %d tries", got, err, s.sent)
	}
}

func TestRunner_says_when_nobody_knows(t *testing.T) {
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for name, test := range map[string]struct {
		ctx context.Context
		ssm *told
	}{
		"the answer is lost":   {t.Context(), &told{send: []error{errors.New("connection reset by peer")}}},
		"SSM fails":            {t.Context(), &told{send: []error{code("InternalServerError")}}},
		"no end":               {t.Context(), &told{looks: []any{status("InProgress", "InProgress", -1)}}},
		"never seen":           {t.Context(), &told{looks: []any{&types.InvocationDoesNotExist{}}}},
		"no look succeeds":     {t.Context(), &told{looks: []any{code("AccessDeniedException")}}},
		"the context is over":  {over, &told{looks: []any{status("Success", "Success", 0)}}},
		"a status of tomorrow": {t.Context(), &told{looks: []any{status("Pondering", "Pondering", -1)}}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := runner(test.ssm).Run(test.ctx, instance, "lastgood-daily-web", id(1), pre, time.Minute)
			if err == nil || got.Outcome != consistency.Unknown || !strings.Contains(err.Error(), instance) || test.ssm.sent != 1 {
				t.Errorf("got %+v, %v after %d tries; want unknown, an error that names the instance, and one try", got, err, test.ssm.sent)
			}
		})
	}
}

func TestRunner_finds_a_command_whose_answer_was_lost(t *testing.T) {
	w := awsfake.New(region)
	w.SetHost(region, instance, awsfake.Host{})
	process := w.Process(func(n int, _ awsfake.Call) awsfake.Fault {
		if n == 2 {
			return awsfake.Fault{After: awsfake.ErrLost}
		}
		return awsfake.Fault{}
	})
	r := runner(process.Client(region))
	for try, want := range []int{0, consistency.AlreadyFrozen} { // the same command again: the comment tells them apart
		got, err := r.Run(t.Context(), instance, "lastgood-daily-web", id(1), pre, time.Minute)
		if err != nil || got.ExitCode != want {
			t.Errorf("try %d: got %+v, %v; want exit code %d", try, got, err, want)
		}
	}
	if process.Count("ListCommands") != 1 {
		t.Errorf("the calls were %v", process.Calls)
	}
}

// Each call of a freeze and its thaw, with each fault: what Run says of a command is what
// happened, or that nobody knows.
func TestRunner_under_every_fault_says_what_is_so_or_that_nobody_knows(t *testing.T) {
	faults := []awsfake.Fault{
		{Before: awsfake.ErrThrottled}, {Before: awsfake.ErrServer}, {Before: awsfake.ErrLost},
		{After: awsfake.ErrServer}, {After: awsfake.ErrLost}, {Stale: true}, {Dies: true},
	}
	runs := 0
	for _, fault := range faults {
		for at, calls := 0, 1; at < calls; at++ {
			w := awsfake.New(region)
			w.SetHost(region, instance, awsfake.Host{})
			process := w.Process(func(n int, _ awsfake.Call) awsfake.Fault {
				if n == at {
					return fault
				}
				return awsfake.Fault{}
			})
			r := runner(process.Client(region))
			frozen := consistency.RunKey(run) + ".1"
			for _, step := range []struct{ command, frozen string }{{pre, frozen}, {post, ""}} {
				got, err := r.Run(t.Context(), instance, "lastgood-daily-web", id(1), step.command, time.Minute)
				what := fmt.Sprintf("%+v at call %d, %s: %+v, %v", fault, at, step.command, got, err)
				if (err != nil) != (got.Outcome == consistency.Unknown) {
					t.Errorf("%s: an error is for what is unknown", what)
				}
				if got.Outcome == consistency.Succeeded && w.Host(region, instance).Frozen != step.frozen {
					t.Errorf("%s: frozen is %q", what, w.Host(region, instance).Frozen)
				}
			}
			if calls = len(process.Calls); len(w.Broken) > 0 {
				t.Error(w.Broken)
			}
			runs++
		}
	}
	if runs < 28 {
		t.Errorf("only %d runs", runs)
	}
}

// A deployment makes a new version of a policy's document; a document of the user's own has
// a default version that is the user's to choose.
func TestRunner_runs_the_newest_version_of_its_own_documents(t *testing.T) {
	for document, want := range map[string]string{consistency.DocumentName("daily"): "$LATEST", "my-own": ""} {
		s := &told{looks: []any{&ssm.GetCommandInvocationOutput{Status: types.CommandInvocationStatusSuccess}}}
		if _, err := runner(s).Run(t.Context(), instance, document, consistency.ExecutionID("run", 1, false), consistency.PreScript, time.Minute); err != nil {
			t.Fatal(err)
		}
		if got := aws.ToString(s.input.DocumentVersion); got != want {
			t.Errorf("%s: version %q, want %q", document, got, want)
		}
	}
}
