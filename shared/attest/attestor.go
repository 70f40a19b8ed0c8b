package attest

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"lastgood/shared/recovery"
	"lastgood/shared/telemetry"
)

// Tagger is what Attestor calls.
type Tagger interface {
	CreateTags(context.Context, *ec2.CreateTagsInput, ...func(*ec2.Options)) (*ec2.CreateTagsOutput, error)
}

// Attestor finds out whose image it is, and writes it on the image, with its age, signed.
type Attestor struct {
	EC2           Tagger
	Signer        recovery.Signer
	TrustsClaimed bool // whether what is only claimed counts as attested
}

// Attestation is what is known of an image from now on.
type Attestation struct {
	Source       string // "" when nobody says
	By           recovery.Evidence
	Written      map[string]string // tags written by this call
	Contradicted bool              // tags that said something else were corrected
}

// Attest signs whose image it is, if that is known. byBackup says that CloudTrail told of
// AWS Backup's own call; original is what the image was copied from, if it could be asked
// for. It writes nothing on an image that says so already.
func (a Attestor) Attest(ctx context.Context, image recovery.Point, byBackup bool, original *recovery.Point) (Attestation, error) {
	signed, err := recovery.Verify(ctx, a.Signer, image)
	if err != nil {
		return Attestation{}, err
	}
	source, by := recovery.Attest(recovery.Facts{ByBackup: byBackup, Image: image, Signed: signed, Original: original})
	if source == "" && a.TrustsClaimed {
		source, by = recovery.Claimed(image)
	}
	result := Attestation{Source: source, By: by}
	claim := recovery.Claim{Region: image.Region, Point: image.ID, Source: source, TakenAt: age(image, signed, original)}
	said := image.Tags[recovery.TagSourceID]
	quarantine := original != nil && original.Quarantined() && !image.Quarantined()
	if source == "" || signed && said == source && image.TakenAt().Equal(claim.TakenAt) && !quarantine {
		return result, nil
	}
	tags, err := claim.Tags(ctx, a.Signer)
	if err != nil {
		return result, err
	}
	if quarantine { // what is wrong with the original is wrong with its copy
		tags[recovery.TagQuarantine] = original.Tags[recovery.TagQuarantine]
	}
	if err := a.write(ctx, image.ID, tags); err != nil {
		return result, err
	}
	result.Written = tags
	result.Contradicted = (said != "" && said != source || image.Tags[recovery.TagSignature] != "" && !signed) && !copiedTags(image, original)
	return result, nil
}

// copiedTags reports whether CopyImage brought our tags along from an original that is a
// copy itself. They do not fit, and nobody meant any harm.
func copiedTags(image recovery.Point, original *recovery.Point) bool {
	return original != nil && image.Tags[recovery.TagSignature] != "" &&
		image.Tags[recovery.TagSignature] == original.Tags[recovery.TagSignature] &&
		image.Tags[recovery.TagSourceID] == original.Tags[recovery.TagSourceID]
}

// age is when the copy's content was taken: the creation of its original, as far as
// that is known.
func age(image recovery.Point, signed bool, original *recovery.Point) time.Time {
	switch {
	case original != nil && original.Created.Before(image.Created):
		return original.Created
	case signed:
		return image.TakenAt()
	default:
		return image.Created
	}
}

func (a Attestor) write(ctx context.Context, image string, tags map[string]string) error {
	in := &ec2.CreateTagsInput{Resources: []string{image}}
	for key, value := range tags {
		in.Tags = append(in.Tags, types.Tag{Key: aws.String(key), Value: aws.String(value)})
	}
	if _, err := a.EC2.CreateTags(ctx, in); err != nil {
		return fmt.Errorf("tagging %s with its source: %w", image, err)
	}
	return nil
}

// Metrics are what the attestation adds to the outcome of its event.
func (a Attestation) Metrics() []telemetry.Metric {
	if a.Contradicted {
		return []telemetry.Metric{telemetry.TagsContradicting}
	}
	return nil
}

// On is an image's tags with those that were written on it.
func (a Attestation) On(tags map[string]string) map[string]string {
	if len(a.Written) == 0 {
		return tags
	}
	tags = maps.Clone(tags)
	maps.Copy(tags, a.Written)
	return tags
}
