package drill

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"lastgood/infra/local"
	"lastgood/shared/config"
	"lastgood/shared/recovery"
	"lastgood/shared/telemetry"
)

const (
	fleet       = 2000 // targets
	perLaunch   = 100
	fleetWithin = 10 * time.Minute // generous: about a minute and a half on two cores
)

// A fleet goes through the queue: one schedule, one message for each target, each captured
// once. The snapshots stay pending: what is done when they complete is snapshotstate's.
func TestFleet(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), fleetWithin)
	defer cancel()
	a, err := local.Start(ctx, local.Options{Root: "../../..", SnapshotPending: -1})
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{aws: a, root: "../../..", out: newTimeline(io.Discard), main: newPlace(a, MainRegion), config: configuration(config.Latest)}
	t.Cleanup(s.close)
	policy := config.Policy{
		Name: "daily", Schedule: "cron(0 2 * * ? *)", Timezone: "UTC", Produce: config.Snapshot, Retain: config.Retain{Count: 3},
		Target: config.Target{Type: config.Instance, Tags: map[string]string{"Backup": "daily"}},
	}
	s.config.Regions.DR, s.config.Policies, s.config.CaptureConcurrency = nil, []config.Policy{policy}, 4
	if err := s.deploy(ctx); err != nil {
		t.Fatal(err)
	}
	launch(ctx, t, s.main)
	soonAgain(ctx, t, s.main)
	gaveUp := 0
	s.delivery, err = local.Deliver(ctx, a, local.DeliverOptions{
		Regions: s.config.Regions.All(), RetryAfter: retryAfter, MaxInstances: 8, // the deployed concurrency is the lower one
		Problem: func(err error) { t.Logf("delivery: %v", err) },
		Invoked: func(i local.Invocation) {
			for _, line := range i.Logs {
				if line.Fields[telemetry.FieldOutcome] == "given-up" {
					gaveUp++
				}
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}

	begun, before := time.Now(), lastCall(ctx, t, a)
	due := time.Date(2026, 11, 20, 2, 0, 0, 0, time.UTC)
	if err := a.FireScheduleAt(ctx, MainRegion, telemetry.PolicySchedule("daily"), due); err != nil {
		t.Fatal(err)
	}
	if err := s.delivery.Idle(ctx); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d targets in %s", fleet, time.Since(begun).Round(time.Second))
	checkSets(ctx, t, s.main, due)
	checkCalls(ctx, t, a, before)
	if gaveUp > 0 {
		t.Errorf("%d captures were given up", gaveUp)
	}
	for _, queue := range []string{telemetry.DeadLetters, telemetry.ThawDeadLetters} {
		if n := waiting(ctx, t, s.main, queue); n != "0" {
			t.Errorf("%s has %s messages", queue, n)
		}
	}
}

// soonAgain brings a capture whose receipt was lost on its way back within the test: on a busy
// machine a connection breaks now and then.
func soonAgain(ctx context.Context, t *testing.T, p place) {
	t.Helper()
	url, err := p.sqs.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String(telemetry.CaptureQueue)})
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.sqs.SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{QueueUrl: url.QueueUrl, Attributes: map[string]string{"VisibilityTimeout": "30"}})
	if err != nil {
		t.Fatal(err)
	}
}

// launch starts the fleet, each with a root and a data volume.
func launch(ctx context.Context, t *testing.T, p place) {
	t.Helper()
	image, err := p.register(ctx, "base")
	if err != nil {
		t.Fatal(err)
	}
	for range fleet / perLaunch {
		_, err := p.ec2.RunInstances(ctx, &ec2.RunInstancesInput{
			ImageId: &image, InstanceType: types.InstanceTypeT3Micro, MinCount: aws.Int32(perLaunch), MaxCount: aws.Int32(perLaunch),
			BlockDeviceMappings: []types.BlockDeviceMapping{{DeviceName: aws.String("/dev/sdf"), Ebs: &types.EbsBlockDevice{VolumeSize: aws.Int32(20)}}},
			TagSpecifications: []types.TagSpecification{{
				ResourceType: types.ResourceTypeInstance, Tags: []types.Tag{{Key: aws.String("Backup"), Value: aws.String("daily")}},
			}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// checkSets looks for one set of two snapshots for every instance.
func checkSets(ctx context.Context, t *testing.T, p place, due time.Time) {
	t.Helper()
	instances := map[string]bool{}
	running := ec2.NewDescribeInstancesPaginator(p.ec2, &ec2.DescribeInstancesInput{MaxResults: aws.Int32(1000)})
	for running.HasMorePages() {
		page, err := running.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Reservations {
			for _, i := range r.Instances {
				instances[*i.InstanceId] = true
			}
		}
	}
	sets := map[string]int{} // snapshots by run
	made := ec2.NewDescribeSnapshotsPaginator(p.ec2, &ec2.DescribeSnapshotsInput{OwnerIds: []string{"self"}, MaxResults: aws.Int32(1000)})
	for made.HasMorePages() {
		page, err := made.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, snapshot := range page.Snapshots {
			for _, tag := range snapshot.Tags {
				if *tag.Key == recovery.TagRun {
					sets[*tag.Value]++
				}
			}
		}
	}
	if len(instances) != fleet || len(sets) != fleet {
		t.Errorf("%d instances have %d sets, want %d", len(instances), len(sets), fleet)
	}
	for id := range instances {
		if n := sets[recovery.Run{Policy: "daily", Scheduled: due, Target: id}.String()]; n != 2 {
			t.Errorf("%s has %d snapshots of its 2 volumes", id, n)
		}
	}
}

// perTarget are the calls that a capture without scripts makes, one each; docs/functions/capture.md
// works out how long a real account takes for them.
var perTarget = []string{"ec2 DescribeInstances", "ec2 DescribeVolumes", "ec2 DescribeSnapshots", "ec2 CreateSnapshots"}

// checkCalls counts what the functions called. None captures twice.
func checkCalls(ctx context.Context, t *testing.T, a *local.AWS, since int) {
	t.Helper()
	calls, err := a.Calls(ctx, since)
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]map[string]int{}
	for _, f := range []telemetry.Function{telemetry.Snapshot, telemetry.Capture} {
		by[local.FunctionAccessKey(MainRegion, f.Name())] = map[string]int{}
	}
	for _, c := range calls {
		if count, function := by[c.AccessKey]; function {
			count[c.Service+" "+c.Action]++
		}
	}
	snapshot, capture := by[local.FunctionAccessKey(MainRegion, telemetry.Snapshot.Name())], by[local.FunctionAccessKey(MainRegion, telemetry.Capture.Name())]
	t.Logf("snapshot called %v, capture %v", snapshot, capture)
	if !about(snapshot["sqs SendMessageBatch"], fleet/10) || !about(snapshot["ec2 DescribeInstances"], 1) || len(snapshot) != 2 {
		t.Errorf("snapshot called %v", snapshot)
	}
	for _, call := range perTarget {
		if n := capture[call]; !about(n, fleet) || call == "ec2 CreateSnapshots" && n != fleet {
			t.Errorf("capture called %s %d times for %d targets", call, n, fleet)
		}
	}
	if len(capture) != len(perTarget) {
		t.Errorf("capture called %v", capture)
	}
}

// about allows for the few calls whose answer breaks off on a busy machine, and which are sent again.
func about(n, want int) bool { return n >= want && n <= want+fleet/100 }

func lastCall(ctx context.Context, t *testing.T, a *local.AWS) int {
	t.Helper()
	calls, err := a.Calls(ctx, 0)
	if err != nil {
		t.Fatal(err)
	}
	return calls[len(calls)-1].Sequence
}

func waiting(ctx context.Context, t *testing.T, p place, queue string) string {
	t.Helper()
	url, err := p.sqs.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &queue})
	if err != nil {
		t.Fatal(err)
	}
	const visible = sqstypes.QueueAttributeNameApproximateNumberOfMessages
	out, err := p.sqs.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: url.QueueUrl, AttributeNames: []sqstypes.QueueAttributeName{visible}})
	if err != nil {
		t.Fatal(err)
	}
	return out.Attributes[string(visible)]
}
