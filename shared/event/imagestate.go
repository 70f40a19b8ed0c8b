package event

import (
	"encoding/json"
	"fmt"

	"lastgood/shared/recovery"
)

// ImageState is an "EC2 AMI State Change": best effort, within seconds, and without a
// word of whose image it is.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitor-ami-events.html
type ImageState struct {
	Meta
	ImageID string
	State   recovery.State
}

var imageStates = map[string]recovery.State{
	"available":    recovery.Available,
	"failed":       recovery.Gone,
	"deregistered": recovery.Gone,
	"disabled":     recovery.Gone,
}

// DecodeImageState reads an "EC2 AMI State Change" event.
func DecodeImageState(raw []byte) (ImageState, error) {
	e, err := envelope(raw, "EC2 AMI State Change")
	if err != nil {
		return ImageState{Meta: metaOf(e, e.DetailType)}, err
	}
	var detail struct {
		ImageID string `json:"ImageId"`
		State   string `json:"State"`
	}
	if err := json.Unmarshal(e.Detail, &detail); err != nil {
		return ImageState{Meta: metaOf(e, e.DetailType)}, fmt.Errorf("decoding the detail of event %s: %w", e.ID, err)
	}
	change := ImageState{
		Meta:    metaOf(e, detail.State),
		ImageID: detail.ImageID,
		State:   imageStates[detail.State],
	}
	switch {
	case detail.ImageID == "" || detail.State == "":
		return change, fmt.Errorf("decoding event %s: ImageId or State is missing", e.ID)
	case !recovery.IsImageID(change.ImageID):
		return change, fmt.Errorf("decoding event %s: ImageId %q is no AMI id", e.ID, change.ImageID)
	case change.State == "":
		return change, NotForUs(fmt.Sprintf("the state %q", detail.State))
	}
	return change, nil
}
