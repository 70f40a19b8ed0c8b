package drill

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"lastgood/infra/local"
	"lastgood/shared/config"
	"lastgood/shared/pointer"
	"lastgood/shared/recovery"
)

func (s *stage) instance(ctx context.Context) (err error) {
	s.out.event("The instance web-1 is launched in %s.", MainRegion)
	s.web, err = s.launch(ctx, "web-1")
	s.out.detail("its pointer is the parameter %s", s.parameter())
	return err
}

func (s *stage) firstBackup(ctx context.Context) (err error) {
	s.out.event("AWS Backup images web-1. The image is pending.")
	if s.first, err = s.backup(ctx, "backup 1", "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f1"); err != nil {
		return err
	}
	if err := s.after(ctx); err != nil {
		return err
	}
	s.points(ctx, s.main, "", "a pending image is not published")
	s.out.event("The image becomes available.")
	if err := s.finish(ctx, s.main, s.first, "available"); err != nil {
		return err
	}
	s.points(ctx, s.main, s.first, "an image is published once it is available")
	s.reader = newReader(ctx, s.main, s.parameter())
	return nil
}

func (s *stage) firstCopy(ctx context.Context) (err error) {
	s.out.event("AWS Backup copies it to %s.", DRRegion)
	if s.copies[0], err = s.copyBackup(ctx, s.first, "copy of backup 1"); err != nil {
		return err
	}
	if err := s.after(ctx); err != nil {
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
	if err := s.aws.HoldEvents(ctx); err != nil {
		return err
	}
	if s.second, err = s.backup(ctx, "backup 2", "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f2"); err != nil {
		return err
	}
	if err := s.aws.FinishImage(ctx, MainRegion, s.second, "available", ""); err != nil {
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
	if err := s.after(ctx); err != nil {
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
	s.out.event("AWS Backup copies it to %s, and the copy becomes available.", DRRegion)
	if s.copies[1], err = s.copyBackup(ctx, s.second, "copy of backup 2"); err != nil {
		return err
	}
	if err := s.finish(ctx, s.dr, s.copies[1], "available"); err != nil {
		return err
	}
	s.points(ctx, s.dr, s.copies[1], "its copy is published in the DR Region")
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

// lookalike is somebody who may tag and name images, and no more.
func (s *stage) lookalike(ctx context.Context) error {
	s.out.event("Somebody images the instance not-web-1, and names and tags the image, and a copy of it in %s, as backups of web-1.", DRRegion)
	other, err := s.launch(ctx, "not-web-1")
	if err != nil {
		return err
	}
	name := "AwsBackup_" + s.web + "_0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f4"
	tags := []types.Tag{
		{Key: aws.String(recovery.TagSourceID), Value: &s.web},
		{Key: aws.String(recovery.TagTakenAt), Value: aws.String(time.Now().UTC().Format(time.RFC3339Nano))},
		{Key: aws.String("instance-id"), Value: &s.web},
		{Key: aws.String("Name"), Value: aws.String("web-1")},
	}
	image, err := s.main.image(ctx, s.main.ec2, other, name, tags...)
	if err != nil {
		return err
	}
	s.out.name(image, "lookalike")
	if err := s.finish(ctx, s.main, image, "available"); err != nil {
		return err
	}
	signed, err := s.dr.tags(ctx, s.copies[1])
	if err != nil {
		return err
	}
	stolen := types.Tag{Key: aws.String(recovery.TagSignature), Value: aws.String(signed[recovery.TagSignature])}
	copied, err := s.dr.copyFrom(ctx, s.dr.ec2, MainRegion, image, name, append(tags, stolen)...)
	if err != nil {
		return err
	}
	s.out.name(copied, "copy of the lookalike")
	if err := s.finish(ctx, s.dr, copied, "available"); err != nil {
		return err
	}
	s.points(ctx, s.main, s.second, "a name and tags move no pointer in the main Region")
	s.points(ctx, s.dr, s.copies[1], "nor in the DR Region, not even with a signature taken from a true copy")
	return nil
}

func (s *stage) newestDeregistered(ctx context.Context) error {
	s.out.event("Somebody deregisters backup 2, the newest image, in %s.", MainRegion)
	if _, err := s.main.ec2.DeregisterImage(ctx, &ec2.DeregisterImageInput{ImageId: &s.second}); err != nil {
		return fmt.Errorf("deregistering %s: %w", s.second, err)
	}
	if err := s.after(ctx); err != nil {
		return err
	}
	s.points(ctx, s.main, s.first, "the pointer falls back to the newest image that is still good")
	s.points(ctx, s.dr, s.copies[1], "the DR Region keeps the copy, which is still good")
	return nil
}

// launch starts an instance in the main Region, from a base image of its own.
func (s *stage) launch(ctx context.Context, name string) (string, error) {
	base, err := s.main.register(ctx, "base of "+name)
	if err != nil {
		return "", err
	}
	s.out.name(base, "the base image of "+name)
	instance, err := s.main.launch(ctx, name, base)
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

// copyBackup has AWS Backup copy an image to the DR Region.
func (s *stage) copyBackup(ctx context.Context, image, name string) (string, error) {
	copied, err := s.dr.copyFrom(ctx, s.dr.backup, MainRegion, image, "AwsBackup_"+s.web+"_"+image)
	if err == nil {
		s.out.name(copied, name)
	}
	return copied, err
}

// finish ends an image's time as pending, and waits for what follows.
func (s *stage) finish(ctx context.Context, p place, image, state string) error {
	if err := s.aws.FinishImage(ctx, p.region, image, state, ""); err != nil {
		return err
	}
	return s.after(ctx)
}

// points checks where the pointer stands in a Region.
func (s *stage) points(ctx context.Context, p place, image, what string) {
	s.pointsOf(ctx, p, s.web, image, what)
}

// pointsOf checks where the pointer of an instance stands in a Region.
func (s *stage) pointsOf(ctx context.Context, p place, instance, image, what string) {
	value, err := p.value(ctx, pointer.Names(s.config.Parameter.Prefix).Parameter(instance))
	s.list.check(err == nil && value == image, what, "in %s the pointer names %q, and not %q (%v)", p.region, value, image, err)
}

// version is that of the pointer in the main Region.
func (s *stage) version(ctx context.Context) (int64, error) {
	name := s.parameter()
	out, err := s.main.ssm.GetParameter(ctx, &ssm.GetParameterInput{Name: &name})
	if err != nil {
		return 0, fmt.Errorf("reading %s: %w", name, err)
	}
	return out.Parameter.Version, nil
}
