package awsfake_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"lastgood/shared/awsfake"
	"lastgood/shared/consistency"
)

const (
	region   = "ap-northeast-1"
	instance = "i-0123456789abcdef0"
)

func send(t *testing.T, w *awsfake.World, executionID, command string, options ...func(*ssm.Options)) string {
	t.Helper()
	sent, err := w.Process(nil).Client(region).SendCommand(t.Context(), &ssm.SendCommandInput{
		DocumentName: aws.String("lastgood-daily-web"), InstanceIds: []string{instance},
		Parameters: map[string][]string{"executionId": {executionID}, "command": {command}},
	}, options...)
	if err != nil {
		t.Fatal(err)
	}
	return *sent.Command.CommandId
}

func once(o *ssm.Options) { o.Retryer = aws.NopRetryer{} }

func TestRunCommand_a_late_delivery_acts_whatever_SSM_said_of_it(t *testing.T) {
	w := awsfake.New(region)
	w.SetHost(region, instance, awsfake.Host{})
	w.Offline = true
	late := send(t, w, consistency.ExecutionID("run", 1, false), consistency.PreScript, once)
	w.Expire(region, late)
	before := w.Clone()
	w.Deliver(region, late)
	got, err := w.Process(nil).Client(region).GetCommandInvocation(t.Context(), &ssm.GetCommandInvocationInput{CommandId: &late, InstanceId: aws.String(instance)})
	if err != nil || *got.StatusDetails != "DeliveryTimedOut" {
		t.Errorf("SSM says %+v, %v", got, err)
	}
	if w.Host(region, instance).Frozen == "" || len(w.Undelivered(region)) != 0 {
		t.Errorf("it did not act: %+v", w.Host(region, instance))
	}
	if before.Host(region, instance).Frozen != "" || before.State() == w.State() {
		t.Errorf("the clone saw it too")
	}
	w.FireTimer(region, instance)
	if w.Host(region, instance).Frozen != "" {
		t.Errorf("the timer did not thaw")
	}
}

func TestRunCommand_a_post_fences_off_a_late_pre(t *testing.T) {
	w := awsfake.New(region)
	w.SetHost(region, instance, awsfake.Host{})
	w.Offline = true
	late := send(t, w, consistency.ExecutionID("run", 1, false), consistency.PreScript, once)
	w.Offline = false
	send(t, w, consistency.ExecutionID("run", 1, false), consistency.PostScript, once)
	w.Deliver(region, late)
	if got := w.Host(region, instance).Frozen; got != "" {
		t.Errorf("%s froze", got)
	}
}

func TestRunCommand_the_SDK_may_not_send_again(t *testing.T) {
	w := awsfake.New(region)
	w.SetHost(region, instance, awsfake.Host{})
	send(t, w, consistency.ExecutionID("run", 1, false), consistency.PreScript)
	if len(w.Broken) != 1 {
		t.Errorf("the world is broken by %v", w.Broken)
	}
}
