package drill

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"lastgood/shared/telemetry"
)

// lostEvents is a backup whose events never come.
func (s *stage) lostEvents(ctx context.Context) (err error) {
	s.out.event("AWS Backup images web-1 once more, and every event of it is lost.")
	if s.unheard, err = s.heldBackup(ctx, "backup 4", "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f5"); err != nil {
		return err
	}
	if err := s.aws.ReleaseEvents(ctx, []int{}); err != nil {
		return err
	}
	if err := s.after(ctx, s.web); err != nil {
		return err
	}
	s.points(ctx, s.main, s.first, "a backup whose events are lost is not published before reconcile looks")
	s.out.event("reconcile's schedule fires.")
	if err := s.reconcile(ctx, s.main, s.web); err != nil {
		return err
	}
	s.points(ctx, s.main, s.unheard, "reconcile publishes a backup whose events were lost")
	if s.unheardCopy, err = s.finishedCopy(ctx, s.unheard, "copy of backup 4"); err != nil {
		return err
	}
	s.points(ctx, s.dr, s.unheardCopy, "the copy of a backup whose events were lost is published in the DR Region")
	return nil
}

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
	if err := s.after(ctx, s.web); err != nil {
		return err
	}
	after, err := s.deadLetters(ctx, s.main)
	if err != nil {
		return err
	}
	s.list.check(after == 1, "an event that nobody can understand ends in the dead-letter queue", "there are %d messages in it", after)
	s.points(ctx, s.main, s.first, "an event that nobody can understand moves no pointer")
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
