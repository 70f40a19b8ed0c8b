package local

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// realAWS starts the emulator with the stack of testdata: one function behind a
// queue behind a rule for images' state changes.
func realAWS(t *testing.T, o Options) *AWS {
	t.Helper()
	a := startWithCode(t, o)
	template, err := os.ReadFile("testdata/stack.json")
	check(t, err)
	_, err = cloudformation.NewFromConfig(a.Config(region, AccessKey(Operator))).CreateStack(t.Context(), &cloudformation.CreateStackInput{
		StackName: aws.String("sample"), TemplateBody: aws.String(string(template)),
	})
	check(t, err)
	return a
}

// startWithCode starts the emulator with the code of the function of testdata's stack.
func startWithCode(t *testing.T, o Options) *AWS {
	t.Helper()
	a := start(t, o)
	cfg, ctx := a.Config(region, AccessKey(Operator)), t.Context()
	files := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true })
	_, err := files.CreateBucket(ctx, &s3.CreateBucketInput{
		Bucket: aws.String("code"), CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: region},
	})
	check(t, err)
	_, err = files.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String("code"), Key: aws.String("sample.zip"), Body: bytes.NewReader(functionZip(t))})
	check(t, err)
	return a
}

func start(t *testing.T, o Options) *AWS {
	t.Helper()
	o.Root = "../.."
	o.Log = func(line string) { t.Logf("emulator: %s", line) }
	a, err := Start(t.Context(), o)
	check(t, err)
	t.Cleanup(a.Stop)
	return a
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func deliverFrom(t *testing.T, a *AWS) (*Delivery, chan Invocation) {
	t.Helper()
	invocations := make(chan Invocation, 100)
	d, err := Deliver(t.Context(), a, DeliverOptions{
		Regions: []string{region}, RetryAfter: time.Second,
		Invoked: func(i Invocation) { invocations <- i }, Problem: func(err error) { t.Errorf("problem: %v", err) },
	})
	check(t, err)
	t.Cleanup(d.Stop)
	return d, invocations
}

func TestEmulator_an_image_s_events_reach_the_function_held_and_reordered(t *testing.T) {
	a := realAWS(t, Options{ImagePending: -time.Second})
	d, invocations := deliverFrom(t, a)
	ctx, cfg := t.Context(), a.Config(region, AccessKey(Operator))
	images := ec2.NewFromConfig(cfg)
	var ids []string
	base, err := images.RegisterImage(ctx, &ec2.RegisterImageInput{Name: aws.String("base"), RootDeviceName: aws.String("/dev/sda1")})
	check(t, err)
	started, err := images.RunInstances(ctx, &ec2.RunInstancesInput{ImageId: base.ImageId, MinCount: aws.Int32(1), MaxCount: aws.Int32(1)})
	check(t, err)
	for _, name := range []string{"first", "second"} {
		image, err := images.CreateImage(ctx, &ec2.CreateImageInput{InstanceId: started.Instances[0].InstanceId, Name: &name})
		check(t, err)
		ids = append(ids, aws.ToString(image.ImageId))
	}
	check(t, d.Quiet(ctx))
	for len(invocations) > 0 {
		<-invocations // of registering the base image
	}
	check(t, a.HoldEvents(ctx))
	check(t, a.FinishImage(ctx, region, ids[0], "available", ""))
	check(t, a.FinishImage(ctx, region, ids[1], "failed", "no space"))
	held, err := a.HeldEvents(ctx)
	check(t, err)
	var order []int
	for _, e := range held {
		if strings.Contains(string(e.Envelope), ids[1]) && strings.Contains(string(e.Envelope), "no space") {
			order = append(order, e.Index, e.Index) // only this one, and twice
		}
	}
	equal(t, "held events of the failed image, twice", 2, len(order))
	check(t, a.ReleaseEvents(ctx, order))
	check(t, d.Idle(ctx))
	var bodies []string
	for len(invocations) > 0 {
		i := <-invocations
		if i.Error != nil {
			t.Fatal(i.Error)
		}
		for _, line := range i.Logs {
			bodies = append(bodies, line.Fields["body"].(string))
		}
	}
	equal(t, "events that reached the function", 2, len(bodies))
	for _, body := range bodies {
		if !strings.Contains(body, ids[1]) || strings.Contains(body, ids[0]) {
			t.Errorf("event %s", body)
		}
	}
	if err := a.FinishImage(ctx, region, ids[1], "available", ""); err == nil || !strings.Contains(err.Error(), "is not pending") {
		t.Errorf("finishing an image twice: %v", err)
	}
}

func TestEmulator_events_wait_while_a_region_is_down_and_failures_come_back(t *testing.T) {
	a := realAWS(t, Options{})
	d, invocations := deliverFrom(t, a)
	ctx := t.Context()
	check(t, a.SetRegion(ctx, region, false))
	_, err := sqs.NewFromConfig(a.Config(region, "AKIA")).ListQueues(ctx, &sqs.ListQueuesInput{}, once)
	if !unreachable(err) {
		t.Errorf("a Region that is down answers: %v", err)
	}
	check(t, a.PutEvent(ctx, region, json.RawMessage(`{"source":"aws.ec2","detail-type":"EC2 AMI State Change","detail":{}}`)))
	check(t, d.Idle(ctx))
	equal(t, "invocations while down", 0, len(invocations))
	check(t, a.SetRegion(ctx, region, true))
	equal(t, "batch once up", 1, (<-invocations).BatchSize)

	queues := sqs.NewFromConfig(a.Config(region, AccessKey(Operator)))
	url := a.Endpoint + "/" + Account + "/lastgood-sample"
	for _, body := range []string{"fine", "fail once"} {
		_, err := queues.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &url, MessageBody: &body})
		check(t, err)
	}
	check(t, d.Idle(ctx))
	messages, failed := 0, 0
	for len(invocations) > 0 {
		i := <-invocations
		messages, failed = messages+i.BatchSize, failed+len(i.Failed)
	}
	equal(t, "messages delivered, one of them twice", 3, messages)
	equal(t, "messages failed", 1, failed)
}

func TestEmulator_calls_are_logged_by_access_key_and_fail_on_order(t *testing.T) {
	a := realAWS(t, Options{})
	ctx, key := t.Context(), FunctionAccessKey(region, "lastgood-sample")
	check(t, a.Fault(ctx, Fault{Service: "sqs", Action: "ListQueues", Error: "ThrottlingException", AccessKey: key}))
	client := sqs.NewFromConfig(a.Config(region, key))
	if _, err := client.ListQueues(ctx, &sqs.ListQueuesInput{}, once); err == nil {
		t.Error("the call that was to fail did not")
	}
	_, err := client.ListQueues(ctx, &sqs.ListQueuesInput{}, once)
	check(t, err)
	calls, err := a.Calls(ctx, 0)
	check(t, err)
	var got []Call
	for _, c := range calls {
		if c.AccessKey == key {
			c.Sequence, c.Time = 0, Moment{}
			got = append(got, c)
		}
	}
	call := Call{AccessKey: key, Service: "sqs", Action: "ListQueues", Region: region, Status: http.StatusOK}
	failed := call
	failed.Status, failed.Error = http.StatusBadRequest, "ThrottlingException"
	equal(t, "calls", []Call{failed, call}, got)
	check(t, a.ClearFaults(ctx))
	ahead, err := a.Ahead(ctx)
	check(t, err)
	equal(t, "ahead", Ahead{}, ahead)
}

func TestEmulator_the_cdk_command_line_deploys_to_every_region(t *testing.T) {
	a := start(t, Options{})
	regions, app := []string{region, "ap-southeast-1"}, t.TempDir()
	check(t, os.CopyFS(app, os.DirFS("testdata/app")))
	err := Deploy(t.Context(), a, DeployOptions{Root: "../..", Regions: regions, App: app, Line: func(line string) { t.Log(line) }})
	check(t, err)
	for _, region := range regions {
		cfg := a.Config(region, AccessKey(Operator))
		_, err := sqs.NewFromConfig(cfg).GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String("sample")})
		check(t, err)
		_, err = cloudformation.NewFromConfig(cfg).DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: aws.String("CDKToolkit")})
		check(t, err)
	}
}
