package drill

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"lastgood/shared/recovery"
)

// lookalike is somebody who may tag and name images, and no more.
func (s *stage) lookalike(ctx context.Context) (err error) {
	s.out.event("Somebody images the instance not-web-1, and names and tags the image, and a copy of it in %s, as backups of web-1. lastgood takes them for what they are, images of not-web-1.", DRRegion)
	if s.other, err = s.launch(ctx, "not-web-1"); err != nil {
		return err
	}
	name := "AwsBackup_" + s.web + "_0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f4"
	tags := []types.Tag{
		{Key: aws.String(recovery.TagSourceID), Value: &s.web},
		{Key: aws.String(recovery.TagTakenAt), Value: aws.String(time.Now().UTC().Format(time.RFC3339Nano))},
		{Key: aws.String("instance-id"), Value: &s.web},
		{Key: aws.String("Name"), Value: aws.String("web-1")},
	}
	image, err := s.main.image(ctx, s.main.ec2, s.other, name, tags...)
	if err != nil {
		return err
	}
	s.out.name(image, "the lookalike")
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
	s.out.name(copied, "the copy of the lookalike")
	if err := s.finish(ctx, s.dr, copied, "available"); err != nil {
		return err
	}
	if err := s.show(ctx, s.other); err != nil {
		return err
	}
	s.points(ctx, s.main, s.second, "an image's name and tags move no other instance's pointer in the main Region")
	s.points(ctx, s.dr, s.copies[1], "a copy's name and tags move no other instance's pointer in the DR Region, not even with a signature taken from a true copy")
	return nil
}
