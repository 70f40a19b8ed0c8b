package drill

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// server is an instance that the policy backs up.
type server struct{ id, boot, data string } // and its volumes

// launchDatabase launches db-1, with two volumes and the policy's tag.
func (s *stage) launchDatabase(ctx context.Context) error {
	id, err := s.launch(ctx, "db-1")
	if err != nil {
		return err
	}
	s.db.id = id
	if _, err := s.main.ec2.CreateTags(ctx, &ec2.CreateTagsInput{Resources: []string{id}, Tags: []types.Tag{{Key: aws.String("Backup"), Value: aws.String("nightly")}}}); err != nil {
		return fmt.Errorf("tagging %s: %w", id, err)
	}
	made, err := s.main.ec2.CreateVolume(ctx, &ec2.CreateVolumeInput{AvailabilityZone: aws.String(MainRegion + "a"), Size: aws.Int32(1)})
	if err != nil {
		return fmt.Errorf("making a data volume: %w", err)
	}
	s.db.data = *made.VolumeId
	if _, err := s.main.ec2.AttachVolume(ctx, &ec2.AttachVolumeInput{Device: aws.String("/dev/sdf"), InstanceId: &id, VolumeId: made.VolumeId}); err != nil {
		return fmt.Errorf("attaching %s: %w", s.db.data, err)
	}
	described, err := s.main.ec2.DescribeInstances(ctx, &ec2.DescribeInstancesInput{InstanceIds: []string{id}})
	if err != nil {
		return fmt.Errorf("describing %s: %w", id, err)
	}
	for _, m := range described.Reservations[0].Instances[0].BlockDeviceMappings {
		if *m.Ebs.VolumeId != s.db.data {
			s.db.boot = *m.Ebs.VolumeId
		}
	}
	s.out.nameAll(label{s.db.boot, "db-1's boot volume"}, label{s.db.data, "db-1's data volume"})
	return nil
}

// busy has db-1's application refuse to stand still, or no longer.
func (s *stage) busy(ctx context.Context, busy bool) error {
	dir, err := s.aws.HostDir(ctx, s.db.id)
	if err != nil {
		return err
	}
	file := filepath.Join(dir, "home", "busy")
	if busy {
		return os.WriteFile(file, nil, 0o600)
	}
	return os.Remove(file)
}

// application is what db-1's application does.
func (s *stage) application(ctx context.Context) (string, error) {
	dir, err := s.aws.HostDir(ctx, s.db.id)
	if err != nil {
		return "", err
	}
	state, err := os.ReadFile(filepath.Join(dir, "home", "application"))
	return strings.TrimSpace(string(state)), err
}
