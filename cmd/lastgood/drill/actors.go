package drill

import (
	"cmp"
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"lastgood/infra/local"
	"lastgood/shared/telemetry"
)

// launch starts an instance in the main Region, from the base image.
func (s *stage) launch(ctx context.Context, name string) (string, error) {
	instance, err := s.main.launch(ctx, name, s.base)
	if err == nil {
		s.out.name(instance, name)
	}
	return instance, err
}

// backup has AWS Backup image web-1: its name, its tag, its calls.
func (s *stage) backup(ctx context.Context, name, uuid string) (string, error) {
	image, err := s.main.image(ctx, s.main.backup, s.web, "AwsBackup_"+s.web+"_"+uuid, types.Tag{Key: aws.String("Name"), Value: aws.String("web-1")})
	if err != nil {
		return "", err
	}
	s.out.name(image, name)
	arn := fmt.Sprintf("arn:aws:ec2:%s:%s:instance/%s", MainRegion, local.Account, s.web)
	return image, s.aws.SetTags(ctx, MainRegion, image, map[string]string{"aws:backup:source-resource": arn})
}

// heldBackup is a backup that becomes available, and whose events are kept back.
func (s *stage) heldBackup(ctx context.Context, name, uuid string) (string, error) {
	if err := s.aws.HoldEvents(ctx); err != nil {
		return "", err
	}
	image, err := s.backup(ctx, name, uuid)
	if err != nil {
		return "", err
	}
	return image, s.aws.FinishImage(ctx, MainRegion, image, "available", "")
}

// copyBackup has AWS Backup copy an image to the DR Region.
func (s *stage) copyBackup(ctx context.Context, image, name string) (string, error) {
	copied, err := s.dr.copyFrom(ctx, s.dr.backup, MainRegion, image, "AwsBackup_"+s.web+"_"+image)
	if err == nil {
		s.out.name(copied, name)
	}
	return copied, err
}

// finishedCopy has AWS Backup copy an image of web-1 to the DR Region, and the copy become available.
func (s *stage) finishedCopy(ctx context.Context, image, name string) (string, error) {
	s.out.event("AWS Backup copies it to %s, and the copy becomes available.", DRRegion)
	copied, err := s.copyBackup(ctx, image, name)
	if err != nil {
		return "", err
	}
	return copied, s.finish(ctx, s.dr, copied, "available")
}

// finish ends the time that an image of web-1 is pending, and waits for what follows.
func (s *stage) finish(ctx context.Context, p place, image, state string) error {
	if err := s.aws.FinishImage(ctx, p.region, image, state, ""); err != nil {
		return err
	}
	return s.after(ctx, s.web)
}

// reconcile fires the schedule in a Region, and shows where the pointer of an instance stands then.
func (s *stage) reconcile(ctx context.Context, p place, instance string) error {
	if err := s.aws.FireSchedule(ctx, p.region, telemetry.Reconcile.Name()); err != nil {
		return err
	}
	return s.after(ctx, instance)
}

// idle waits until every event is delivered and handled.
func (s *stage) idle(ctx context.Context) error {
	if err := s.delivery.Idle(ctx); err != nil {
		return fmt.Errorf("waiting for the functions: %w", err)
	}
	return nil
}

// after waits until every event is delivered and handled, and shows where the pointer of an instance stands.
func (s *stage) after(ctx context.Context, instance string) error {
	if err := s.idle(ctx); err != nil {
		return err
	}
	return s.show(ctx, instance)
}

// show tells where the pointer of an instance stands in both Regions.
func (s *stage) show(ctx context.Context, instance string) error {
	line := "the pointer of " + s.out.called(instance) + ":"
	for _, p := range []place{s.main, s.dr} {
		value, err := p.value(ctx, s.parameter(instance))
		if err != nil {
			return err
		}
		line += fmt.Sprintf("   %s -> %s", p.region, s.out.called(cmp.Or(value, "none yet")))
	}
	s.out.detail("%s", line)
	return nil
}

// points checks where the pointer stands in a Region.
func (s *stage) points(ctx context.Context, p place, image, what string) {
	s.pointsOf(ctx, p, s.web, image, what)
}

// pointsOf checks where the pointer of an instance stands in a Region.
func (s *stage) pointsOf(ctx context.Context, p place, instance, image, what string) {
	value, err := p.value(ctx, s.parameter(instance))
	s.list.check(err == nil && value == image, what, "in %s the pointer names %q, and not %q (%v)", p.region, value, image, err)
}
