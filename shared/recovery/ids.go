// Package recovery knows recovery points: whose they are, how old, whether one
// could be restored from, and which is the newest. It decides on values handed to
// it and calls nothing; the signer it asks is handed to it as well.
package recovery

import (
	"regexp"
	"strings"
)

var (
	instanceID = regexp.MustCompile(`^i-([0-9a-f]{8}|[0-9a-f]{17})$`)
	volumeID   = regexp.MustCompile(`^vol-([0-9a-f]{8}|[0-9a-f]{17})$`)
	imageID    = regexp.MustCompile(`^ami-([0-9a-f]{8}|[0-9a-f]{17})$`)
	snapshotID = regexp.MustCompile(`^snap-([0-9a-f]{8}|[0-9a-f]{17})$`)

	// inName finds an instance id in an image's name, in any case, not as a part of a longer word.
	inName = regexp.MustCompile(`(?i)(?:^|[^0-9a-z])(i-(?:[0-9a-f]{17}|[0-9a-f]{8}))(?:[^0-9a-z]|$)`)
	// backupName is the name AWS Backup gives its images: AwsBackup_i-…_<uuid>.
	backupName = regexp.MustCompile(`(?i)^AwsBackup_(i-(?:[0-9a-f]{17}|[0-9a-f]{8}))_[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	// instanceARN is the value of the tag aws:backup:source-resource on an image of an instance.
	instanceARN = regexp.MustCompile(`^arn:[a-z-]+:ec2:[a-z0-9-]+:\d{12}:instance/(i-(?:[0-9a-f]{17}|[0-9a-f]{8}))$`)
)

// IsInstanceID reports whether s is an EC2 instance id: i- and 8 or 17 lower-case hex digits.
func IsInstanceID(s string) bool { return instanceID.MatchString(s) }

// IsImageID reports whether s is an AMI id: ami- and 8 or 17 lower-case hex digits.
func IsImageID(s string) bool { return imageID.MatchString(s) }

// noVolume is what EC2 shows as the volume of a snapshot that is a copy:
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Snapshot.html
const noVolume = "vol-ffffffff"

// IsVolumeID reports whether s is an EBS volume id: vol- and 8 or 17 lower-case hex digits,
// and not the one that stands for none.
func IsVolumeID(s string) bool { return volumeID.MatchString(s) && s != noVolume }

// IsSnapshotID reports whether s is an EBS snapshot id: snap- and 8 or 17 lower-case hex digits.
func IsSnapshotID(s string) bool { return snapshotID.MatchString(s) }

// IsSourceID reports whether s is the id of something that recovery points are taken from.
func IsSourceID(s string) bool { return IsInstanceID(s) || IsVolumeID(s) }

// Fits reports whether a recovery point of this id can be one of the source: an image of an
// instance, or a snapshot of a volume.
func Fits(point, source string) bool {
	if IsVolumeID(source) {
		return IsSnapshotID(point)
	}
	return IsImageID(point)
}

func isSnapshot(id string) bool { return strings.HasPrefix(id, "snap-") }
