package local

import (
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// toFIFO makes FIFO queues of the queues in testdata's stack, and gives them a dead-letter queue.
var toFIFO = strings.NewReplacer(
	`{"QueueName": "lastgood-sample", "VisibilityTimeout": 300}`, `{"QueueName": "sample.fifo", "FifoQueue": true, "VisibilityTimeout": 300,
		"RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}, "maxReceiveCount": 2}}`,
	`"Resources": {`, `"Resources": {"Dead": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "dead.fifo", "FifoQueue": true}},`,
	`[{"Id": "1",`, `[{"Id": "1", "SqsParameters": {"MessageGroupId": "events"},`,
	`"BatchSize": 10`, `"BatchSize": 1`,
	`"MaximumConcurrency": 2`, `"MaximumConcurrency": 3`,
)

// span is the time of one invocation, with what its function logged of its message.
type span struct {
	begin, end time.Time
	fields     map[string]any
}

func (s span) overlaps(other span) bool {
	return s.begin.Before(other.end) && other.begin.Before(s.end)
}

// fifoAWS is realAWS with FIFO queues.
func fifoAWS(t *testing.T) (*AWS, *sqs.Client) {
	t.Helper()
	a := startWithCode(t, Options{})
	cfg := a.Config(region, AccessKey(Operator))
	template, err := os.ReadFile("testdata/stack.json")
	check(t, err)
	_, err = cloudformation.NewFromConfig(cfg).CreateStack(t.Context(), &cloudformation.CreateStackInput{
		StackName: aws.String("fifo"), TemplateBody: aws.String(toFIFO.Replace(string(template))),
	})
	check(t, err)
	return a, sqs.NewFromConfig(cfg)
}

func send(t *testing.T, a *AWS, queues *sqs.Client, group, id, body string) {
	t.Helper()
	_, err := queues.SendMessage(t.Context(), &sqs.SendMessageInput{
		QueueUrl: aws.String(a.Endpoint + "/" + Account + "/sample.fifo"), MessageBody: &body, MessageGroupId: &group, MessageDeduplicationId: &id,
	})
	check(t, err)
}

func TestEmulator_groups_of_a_FIFO_queue_run_side_by_side_each_in_its_order(t *testing.T) {
	a, queues := fifoAWS(t)
	for _, group := range []string{"g1", "g2", "g3", "g4"} {
		for _, id := range []string{"a", "b", "a"} { // the third is a duplicate
			send(t, a, queues, group, group+id, "slow")
		}
	}
	var mu sync.Mutex
	spans := map[string][]span{}
	d, err := Deliver(t.Context(), a, DeliverOptions{
		Regions: []string{region}, MaxInstances: 5, RetryAfter: time.Second,
		Invoked: func(i Invocation) {
			mu.Lock()
			defer mu.Unlock()
			fields := i.Logs[0].Fields
			group := fields["group"].(string)
			spans[group] = append(spans[group], span{time.Now().Add(-i.Duration), time.Now(), fields})
		},
		Problem: func(err error) { t.Errorf("problem: %v", err) },
	})
	check(t, err)
	t.Cleanup(d.Stop)
	check(t, d.Idle(t.Context()))
	var all []span
	for group, runs := range spans {
		if len(runs) != 2 {
			t.Fatalf("%s ran %d times, not twice", group, len(runs))
		}
		first, second := runs[0].fields, runs[1].fields
		equal(t, "ids in "+group, []any{group + "a", group + "b"}, []any{first["deduplication"], second["deduplication"]})
		if runs[0].overlaps(runs[1]) || first["sequence"].(string) >= second["sequence"].(string) || first["received"] != "1" {
			t.Errorf("%s ran out of order: %v", group, runs)
		}
		all = append(all, runs...)
	}
	most := 0
	for _, one := range all {
		together := 0
		for _, other := range all {
			if one.begin.Before(other.end) && !one.begin.Before(other.begin) {
				together++
			}
		}
		most = max(most, together)
	}
	equal(t, "most running together, of at most 3", 3, most)
}

func TestEmulator_what_fails_in_a_FIFO_queue_holds_its_group_until_it_is_a_dead_letter(t *testing.T) {
	a, queues := fifoAWS(t)
	send(t, a, queues, "g", "bad", "error always")
	send(t, a, queues, "g", "good", "fine")
	d, invocations := deliverFrom(t, a)
	check(t, d.Idle(t.Context()))
	var bodies []string
	for len(invocations) > 0 {
		bodies = append(bodies, (<-invocations).Logs[0].Fields["body"].(string))
	}
	equal(t, "invocations", []string{"error always", "error always", "fine"}, bodies)
	dead, err := queues.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: aws.String(a.Endpoint + "/" + Account + "/dead.fifo")})
	check(t, err)
	equal(t, "dead letters", 1, len(dead.Messages))
	equal(t, "dead letter", "error always", *dead.Messages[0].Body)
}

func TestA_FIFO_queue_mapped_as_Lambda_would_not_is_refused(t *testing.T) {
	arn := "arn:aws:sqs:" + region + ":" + Account + ":sample.fifo"
	for name, mapping := range map[string]map[string]any{
		"window": {"EventSourceArn": arn, "MaximumBatchingWindowInSeconds": 5},
		"batch":  {"EventSourceArn": arn, "BatchSize": 11},
	} {
		_, err := Deliver(t.Context(), newFakeAWS(t, mapping).aws(), DeliverOptions{Regions: []string{region}})
		if err == nil || !strings.Contains(err.Error(), "sample.fifo") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
