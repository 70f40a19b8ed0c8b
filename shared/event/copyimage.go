package event

import (
	"fmt"
	"regexp"

	"lastgood/shared/recovery"
)

// CopyImage is a successful ec2:CopyImage, heard in the Region the image is copied to.
type CopyImage struct {
	Meta
	ImageID       string // the copy
	SourceImageID string // the original; "" where CloudTrail left the request out
	SourceRegion  string // the original's Region; "" likewise
	ByBackup      bool   // AWS Backup itself made the call
}

var regionCode = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]+)+-\d$`)

type copyImageRequest struct {
	SourceRegion  string `json:"sourceRegion"`
	SourceImageID string `json:"sourceImageId"`
}

// DecodeCopyImage reads an "AWS API Call via CloudTrail" event of CopyImage.
func DecodeCopyImage(raw []byte) (CopyImage, error) {
	meta, call, err := decodeCall[copyImageRequest](raw, "CopyImage")
	e := CopyImage{
		Meta:          meta,
		ImageID:       call.ResponseElements.ImageID,
		SourceImageID: call.RequestParameters.SourceImageID,
		SourceRegion:  call.RequestParameters.SourceRegion,
		ByBackup:      call.UserIdentity.InvokedBy == awsBackup,
	}
	switch {
	case err != nil:
		return CopyImage{Meta: meta}, err
	case e.ImageID == "":
		return e, fmt.Errorf("decoding event %s: responseElements.imageId is missing", e.ID)
	case e.SourceImageID != "" && !recovery.IsImageID(e.SourceImageID):
		return e, fmt.Errorf("decoding event %s: requestParameters.sourceImageId %q is no AMI id", e.ID, e.SourceImageID)
	case e.SourceRegion != "" && !regionCode.MatchString(e.SourceRegion):
		return e, fmt.Errorf("decoding event %s: requestParameters.sourceRegion %q is no Region's code", e.ID, e.SourceRegion)
	}
	return e, nil
}
