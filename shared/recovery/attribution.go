package recovery

import "strings"

// Evidence names the rule by which an image's source became known.
type Evidence string

// Attested evidence, in the order in which it is heard: what only AWS, or lastgood, can write.
const (
	ByEvent      Evidence = "event"              // CloudTrail: requestParameters.instanceId of CreateImage
	ByEC2        Evidence = "source-instance-id" // DescribeImages: SourceInstanceId
	ByBackupTag  Evidence = "backup-tag"         // tag aws:backup:source-resource
	BySignature  Evidence = "signature"          // our own signature
	ByOriginal   Evidence = "original"           // source-instance-id or backup-tag, on the image this one was copied from
	ByBackupName Evidence = "backup-name"        // the name, where CloudTrail says that AWS Backup made the call
)

// Claimed evidence: what anyone with tagging or naming rights could write.
const (
	BySourceTag Evidence = "source-tag"  // lastgood:source-id without a signature that fits
	ByDLMTag    Evidence = "dlm-tag"     // instance-id
	ByName      Evidence = "image-name"  // an instance id somewhere in the name
	NoEvidence  Evidence = "no-evidence" // nobody says
)

// Facts is all that is known about where an image came from.
type Facts struct {
	EventInstance string // requestParameters.instanceId of the CreateImage event
	ByBackup      bool   // CloudTrail says that AWS Backup itself made the call
	Image         Point
	Signed        bool   // Image carries a signature that was verified
	Original      *Point // what Image was copied from, when it could be asked for
}

// Attest says whose image it is by the first attested rule that answers:
// see "Whose image is it?" in docs/attribution.md. No answer is a normal outcome.
func Attest(f Facts) (source string, by Evidence) {
	switch {
	case IsInstanceID(f.EventInstance):
		return f.EventInstance, ByEvent
	case f.Image.Original():
		return f.Image.OriginalOf, ByEC2
	case backupSource(f.Image) != "":
		return backupSource(f.Image), ByBackupTag
	case f.Signed && f.Image.Source() != "":
		return f.Image.Source(), BySignature
	case f.Original != nil && f.Original.Original():
		return f.Original.OriginalOf, ByOriginal
	case f.Original != nil && backupSource(*f.Original) != "":
		return backupSource(*f.Original), ByOriginal
	case f.ByBackup && backupName.MatchString(f.Image.Name):
		return strings.ToLower(backupName.FindStringSubmatch(f.Image.Name)[1]), ByBackupName
	}
	return "", NoEvidence
}

// Claimed says whose image it claims to be, by what proves nothing.
func Claimed(p Point) (source string, by Evidence) {
	if s := p.claimedSource(); s != "" {
		return s, BySourceTag
	}
	if s := p.Tags[tagDLMInstance]; IsInstanceID(s) {
		return s, ByDLMTag
	}
	if m := inName.FindStringSubmatch(p.Name); m != nil {
		return strings.ToLower(m[1]), ByName
	}
	return "", NoEvidence
}

// backupSource is the instance in AWS Backup's own tag, or nothing.
func backupSource(p Point) string {
	if m := instanceARN.FindStringSubmatch(p.Tags[tagBackupSource]); m != nil {
		return m[1]
	}
	return ""
}
