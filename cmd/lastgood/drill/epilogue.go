package drill

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"lastgood/infra/permission"
	"lastgood/shared/telemetry"
)

// badEvent is an event that the rule lets pass and nobody can understand.
func (s *stage) badEvent(ctx context.Context) error {
	for _, p := range []place{s.main, s.dr} {
		n, err := s.deadLetters(ctx, p)
		if err != nil {
			return err
		}
		s.list.check(n == 0, "no good event ended in the dead-letter queue of "+p.region, "there are %d", n)
	}
	s.out.event("An event comes that nobody can understand: a CreateImage of the instance \"web-1\". It is tried ten times.")
	event, err := json.Marshal(map[string]any{
		"version": "0", "id": "20000000-0000-4000-8000-000000000bad", "account": "123456789012", "time": "2026-09-01T02:00:05Z",
		"source": "aws.ec2", "detail-type": "AWS API Call via CloudTrail", "region": MainRegion, "resources": []string{},
		"detail": map[string]any{
			"eventSource": "ec2.amazonaws.com", "eventName": "CreateImage",
			"requestParameters": map[string]any{"instanceId": "web-1"}, "responseElements": map[string]any{"imageId": s.first},
		},
	})
	if err != nil {
		return err
	}
	if err := s.aws.PutEvent(ctx, MainRegion, event); err != nil {
		return err
	}
	if err := s.after(ctx); err != nil {
		return err
	}
	after, err := s.deadLetters(ctx, s.main)
	if err != nil {
		return err
	}
	s.list.check(after == 1, "what nobody can understand ends in the dead-letter queue", "there are %d messages in it", after)
	s.points(ctx, s.main, s.first, "and moves nothing")
	return nil
}

func (s *stage) deadLetters(ctx context.Context, p place) (int, error) {
	url, err := p.sqs.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String(telemetry.DeadLetters)})
	if err != nil {
		return 0, fmt.Errorf("finding the dead-letter queue in %s: %w", p.region, err)
	}
	out, err := p.sqs.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: url.QueueUrl, AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameApproximateNumberOfMessages},
	})
	if err != nil {
		return 0, fmt.Errorf("counting the dead letters in %s: %w", p.region, err)
	}
	var n int
	_, err = fmt.Sscan(out.Attributes["ApproximateNumberOfMessages"], &n)
	return n, err
}

// idle are the functions with nothing to do: nobody makes an image or runs a policy in the DR
// Region, and nothing is copied to the main one.
var idle = map[string][]string{
	MainRegion: {telemetry.CopyImage.Name()},
	DRRegion:   {telemetry.CreateImage.Name(), telemetry.Snapshot.Name(), telemetry.Capture.Name()},
}

// allowedBy names the actions that allow calls of another name.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html
var allowedBy = map[string]string{"sqs:SendMessageBatch": "sqs:SendMessage"}

// epilogue holds what the functions did against what they may do.
func (s *stage) epilogue(ctx context.Context) error {
	calls, err := s.aws.Calls(ctx, 0)
	if err != nil {
		return err
	}
	made := map[string][]string{} // access key -> actions
	for _, c := range calls {
		action := c.Service + ":" + c.Action
		made[c.AccessKey] = append(made[c.AccessKey], cmp.Or(allowedBy[action], action))
	}
	told := map[string]bool{}
	for _, f := range s.delivery.Functions {
		actions := slices.Compact(slices.Sorted(slices.Values(made[f.AccessKey])))
		allowed := permission.Actions(telemetry.Function(strings.TrimPrefix(f.Name, "lastgood-")), s.config)
		extra := slices.DeleteFunc(slices.Clone(actions), func(a string) bool { return slices.Contains(allowed, a) })
		if len(actions) == 0 && slices.Contains(idle[f.Region], f.Name) || told[f.AccessKey] {
			continue
		}
		told[f.AccessKey] = true // it may have more than one queue
		s.list.check(len(actions) > 0, fmt.Sprintf("%s in %s made calls of its own", f.Name, f.Region), "no call of it was logged")
		s.list.check(len(extra) == 0,
			fmt.Sprintf("%s in %s made only calls its role allows: %s", f.Name, f.Region, strings.Join(actions, " ")),
			"its role does not allow %v", extra)
	}
	return nil
}
