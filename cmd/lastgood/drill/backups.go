package drill

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"lastgood/shared/config"
	"lastgood/shared/recovery"
)

func (s *stage) instance(ctx context.Context) (err error) {
	s.out.event("The instance web-1 is launched in %s.", MainRegion)
	s.web, err = s.launch(ctx, "web-1")
	s.out.detail("its pointer is the parameter %s", s.parameter(s.web))
	return err
}

func (s *stage) firstBackup(ctx context.Context) (err error) {
	s.out.event("AWS Backup images web-1. The image is pending.")
	if s.first, err = s.backup(ctx, "backup 1", "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f1"); err != nil {
		return err
	}
	if err := s.after(ctx, s.web); err != nil {
		return err
	}
	s.points(ctx, s.main, "", "a pending image is not published")
	s.out.event("The image becomes available.")
	if err := s.finish(ctx, s.main, s.first, "available"); err != nil {
		return err
	}
	s.points(ctx, s.main, s.first, "an image is published once it is available")
	s.reader = newReader(ctx, s.main, s.parameter(s.web))
	return nil
}

func (s *stage) firstCopy(ctx context.Context) (err error) {
	s.out.event("AWS Backup copies it to %s.", DRRegion)
	if s.copies[0], err = s.copyBackup(ctx, s.first, "copy of backup 1"); err != nil {
		return err
	}
	if err := s.after(ctx, s.web); err != nil {
		return err
	}
	tags, err := s.dr.tags(ctx, s.copies[0])
	if err != nil {
		return err
	}
	s.list.check(tags[recovery.TagSourceID] == s.web && tags[recovery.TagSignature] != "", "the copy is attributed and signed while it is pending", "its tags are %v", tags)
	s.points(ctx, s.dr, "", "a pending copy is not published")
	s.out.event("The copy becomes available.")
	if err := s.finish(ctx, s.dr, s.copies[0], "available"); err != nil {
		return err
	}
	s.points(ctx, s.dr, s.copies[0], "the copy is published in the DR Region once it is available")
	return nil
}

func (s *stage) secondBackup(ctx context.Context) (err error) {
	s.out.event("AWS Backup images web-1 again. Its events come out of order (availability before creation), and each of them twice.")
	before, err := s.version(ctx)
	if err != nil {
		return err
	}
	if s.second, err = s.heldBackup(ctx, "backup 2", "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f2"); err != nil {
		return err
	}
	creation, err := s.held(ctx, "AWS API Call via CloudTrail")
	if err != nil {
		return err
	}
	availability, err := s.held(ctx, "EC2 AMI State Change")
	if err != nil {
		return err
	}
	if err := s.aws.ReleaseEvents(ctx, []int{availability, creation, availability, creation}); err != nil {
		return err
	}
	if err := s.after(ctx, s.web); err != nil {
		return err
	}
	s.points(ctx, s.main, s.second, "the second backup is published, whatever the order of its events")
	after, err := s.version(ctx)
	if err != nil {
		return err
	}
	want := before + 1
	if s.config.Parameter.Versioning == config.Pinned {
		want = 1
	}
	s.list.check(after == want, "four events move the pointer once", "its version went from %d to %d", before, after)
	if s.copies[1], err = s.finishedCopy(ctx, s.second, "copy of backup 2"); err != nil {
		return err
	}
	s.points(ctx, s.dr, s.copies[1], "the copy of the second backup is published in the DR Region")
	return nil
}

// held is the place of the one event of a type among those kept back.
func (s *stage) held(ctx context.Context, detailType string) (int, error) {
	held, err := s.aws.HeldEvents(ctx)
	if err != nil {
		return 0, err
	}
	var found []int
	for _, e := range held {
		var envelope struct {
			DetailType string `json:"detail-type"`
		}
		if err := json.Unmarshal(e.Envelope, &envelope); err != nil {
			return 0, fmt.Errorf("reading an event kept back: %w", err)
		}
		if envelope.DetailType == detailType {
			found = append(found, e.Index)
		}
	}
	if len(found) != 1 {
		return 0, fmt.Errorf("%d events of type %q are kept back, not one", len(found), detailType)
	}
	return found[0], nil
}

func (s *stage) failingBackup(ctx context.Context) error {
	s.out.event("The third backup fails.")
	third, err := s.backup(ctx, "backup 3", "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f3")
	if err != nil {
		return err
	}
	if err := s.finish(ctx, s.main, third, "failed"); err != nil {
		return err
	}
	s.points(ctx, s.main, s.second, "a backup that failed moves nothing")
	return nil
}

func (s *stage) newestDeregistered(ctx context.Context) error {
	s.out.event("Somebody deregisters backup 2, the newest image, in %s.", MainRegion)
	if _, err := s.main.ec2.DeregisterImage(ctx, &ec2.DeregisterImageInput{ImageId: &s.second}); err != nil {
		return fmt.Errorf("deregistering %s: %w", s.second, err)
	}
	if err := s.after(ctx, s.web); err != nil {
		return err
	}
	s.points(ctx, s.main, s.first, "once its image is deregistered, the pointer falls back to the newest one that is still good")
	s.points(ctx, s.dr, s.copies[1], "in the DR Region the pointer stays at the copy of the deregistered image, which is still good")
	return nil
}

// version is that of the pointer in the main Region.
func (s *stage) version(ctx context.Context) (int64, error) {
	name := s.parameter(s.web)
	out, err := s.main.ssm.GetParameter(ctx, &ssm.GetParameterInput{Name: &name})
	if err != nil {
		return 0, fmt.Errorf("reading %s: %w", name, err)
	}
	return out.Parameter.Version, nil
}
