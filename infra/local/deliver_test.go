package local

import (
	"context"
	"errors"
	"testing"
	"time"

	"lastgood/infra/local/runtime"
)

// deliver runs a delivery for the test; invocations arrive on the channel.
func deliver(t *testing.T, f *fakeAWS, o DeliverOptions) (*Delivery, chan Invocation) {
	t.Helper()
	invocations := make(chan Invocation, 100)
	o.Regions = []string{region}
	o.Invoked = func(i Invocation) { invocations <- i }
	if o.Problem == nil {
		o.Problem = func(err error) { t.Errorf("problem: %v", err) }
	}
	d, err := Deliver(t.Context(), f.aws(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Stop)
	return d, invocations
}

func idle(t *testing.T, d *Delivery) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := d.Idle(ctx); err != nil {
		t.Fatal(err)
	}
}

func TestMessagesReachTheFunctionAndAreDeleted(t *testing.T) {
	f := newFakeAWS(t, nil)
	f.send("one", "two")
	d, invocations := deliver(t, f, DeliverOptions{})
	idle(t, d)
	got := <-invocations
	if got.Name != "lastgood-sample" || got.Region != region || got.BatchSize != 2 || !got.Cold || got.Error != nil || len(got.Failed) > 0 || got.Duration <= 0 {
		t.Errorf("invocation %+v", got)
	}
	want := map[string]any{"body": "one", "key": FunctionAccessKey(region, "lastgood-sample"), "own": "value"}
	equal(t, "fields of the first log line", want, got.Logs[0].Fields)
	equal(t, "functions", []Function{got.Function}, d.Functions)
}

func TestWindowFillsTheBatchOverSeveralReceives(t *testing.T) {
	f := newFakeAWS(t, map[string]any{"BatchSize": 12, "MaximumBatchingWindowInSeconds": 300})
	for range 12 {
		f.send("one")
	}
	d, invocations := deliver(t, f, DeliverOptions{})
	idle(t, d)
	equal(t, "batch size", 12, (<-invocations).BatchSize)
}

func TestMaxWindowCutsTheWindowShort(t *testing.T) {
	f := newFakeAWS(t, map[string]any{"BatchSize": 100, "MaximumBatchingWindowInSeconds": 300})
	f.send("one")
	d, invocations := deliver(t, f, DeliverOptions{MaxWindow: 10 * time.Millisecond})
	idle(t, d)
	equal(t, "batch size", 1, (<-invocations).BatchSize)
}

func TestOnlyWhatFailedComesBack(t *testing.T) {
	f := newFakeAWS(t, nil)
	f.send("one", "fail once", "two")
	d, invocations := deliver(t, f, DeliverOptions{RetryAfter: 1500 * time.Millisecond})
	idle(t, d)
	first, second := <-invocations, <-invocations
	equal(t, "failed first", []string{"id-1-fail once"}, first.Failed)
	equal(t, "second batch", 1, second.BatchSize)
	equal(t, "failed second", 0, len(second.Failed))
	equal(t, "visibility timeouts, rounded up", []int{2}, f.hastened)
}

func TestFunctionErrorBringsTheWholeBatchBack(t *testing.T) {
	f := newFakeAWS(t, nil)
	f.send("one", "error once")
	d, invocations := deliver(t, f, DeliverOptions{RetryAfter: time.Second})
	idle(t, d)
	first, second := <-invocations, <-invocations
	var failure *runtime.FunctionError
	if !errors.As(first.Error, &failure) || failure.Message != "it failed" || len(first.Failed) != 2 {
		t.Errorf("first invocation: error %v, failed %v", first.Error, first.Failed)
	}
	if second.Error != nil || second.BatchSize != 2 || second.Cold {
		t.Errorf("second invocation %+v", second)
	}
}

func TestWithoutReportBatchItemFailuresAResponseIsNotRead(t *testing.T) {
	f := newFakeAWS(t, map[string]any{"FunctionResponseTypes": []string{}})
	f.send("fail once")
	d, invocations := deliver(t, f, DeliverOptions{})
	idle(t, d)
	if i := <-invocations; i.Error != nil || len(i.Failed) > 0 {
		t.Errorf("invocation %+v", i)
	}
}

func TestRegionThatComesBackIsServedAgain(t *testing.T) {
	f := newFakeAWS(t, nil)
	d, invocations := deliver(t, f, DeliverOptions{})
	f.setDown(true)
	idle(t, d) // a Region that is down is nothing to wait for
	f.send("one")
	f.setDown(false)
	if i := <-invocations; i.Error != nil || i.BatchSize != 1 {
		t.Errorf("invocation %+v", i)
	}
}

func TestNothingDeployedIsAnError(t *testing.T) {
	f := newFakeAWS(t, map[string]any{"State": "Disabled"})
	if _, err := Deliver(t.Context(), f.aws(), DeliverOptions{Regions: []string{region}}); err == nil {
		t.Error("no error")
	}
}
