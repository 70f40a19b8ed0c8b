package event

import (
	"fmt"

	"lastgood/shared/recovery"
)

// CreateImage is a successful ec2:CreateImage. CloudTrail delivers it minutes later,
// at least once and in no order.
type CreateImage struct {
	Meta
	ImageID    string // "" where CloudTrail left the response out
	InstanceID string // "" where CloudTrail left the request out; never both
}

type createImageRequest struct {
	InstanceID string `json:"instanceId"`
}

// DecodeCreateImage reads an "AWS API Call via CloudTrail" event of CreateImage.
func DecodeCreateImage(raw []byte) (CreateImage, error) {
	meta, call, err := decodeCall[createImageRequest](raw, "CreateImage")
	e := CreateImage{Meta: meta, ImageID: call.ResponseElements.ImageID, InstanceID: call.RequestParameters.InstanceID}
	switch {
	case err != nil:
		return CreateImage{Meta: meta}, err
	case e.InstanceID != "" && !recovery.IsInstanceID(e.InstanceID):
		return e, fmt.Errorf("decoding event %s: requestParameters.instanceId %q is no instance id", e.ID, e.InstanceID)
	case e.ImageID == "" && e.InstanceID == "":
		return e, fmt.Errorf("decoding event %s: it names neither an image nor an instance", e.ID)
	}
	return e, nil
}
