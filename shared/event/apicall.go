package event

import (
	"encoding/json"
	"fmt"

	"lastgood/shared/recovery"
)

// apiCall is a call of EC2's API in CloudTrail's record, as far as it is needed. CloudTrail
// leaves out requestParameters or responseElements over 100 KB, and a failed call has no response:
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
type apiCall[Request any] struct {
	EventSource  string `json:"eventSource"`
	EventName    string `json:"eventName"`
	ErrorCode    string `json:"errorCode"`
	UserIdentity struct {
		InvokedBy string `json:"invokedBy"`
	} `json:"userIdentity"`
	RequestParameters Request `json:"requestParameters"`
	ResponseElements  struct {
		ImageID string `json:"imageId"`
	} `json:"responseElements"`
}

// awsBackup is what userIdentity.invokedBy says when AWS Backup itself made the call.
const awsBackup = "backup.amazonaws.com"

// decodeCall decodes a successful call of name. A call that failed, a dry run and a
// call of another service by the same name are NotForUs.
func decodeCall[Request any](raw []byte, name string) (Meta, apiCall[Request], error) {
	var call apiCall[Request]
	e, err := envelope(raw, "AWS API Call via CloudTrail")
	if err != nil {
		return metaOf(e, e.DetailType), call, err
	}
	if err := json.Unmarshal(e.Detail, &call); err != nil {
		return metaOf(e, e.DetailType), call, fmt.Errorf("decoding CloudTrail's record in event %s: %w", e.ID, err)
	}
	meta := metaOf(e, call.EventName)
	switch {
	case call.EventSource == "" || call.EventName == "":
		return meta, call, fmt.Errorf("decoding event %s: eventSource or eventName is missing", e.ID)
	case call.EventSource != "ec2.amazonaws.com":
		return meta, call, NotForUs("a call of " + call.EventSource)
	case call.EventName != name:
		return meta, call, NotForUs("the call " + call.EventName)
	case call.ErrorCode != "":
		return meta, call, NotForUs("the call answered " + call.ErrorCode)
	case call.ResponseElements.ImageID != "" && !recovery.IsImageID(call.ResponseElements.ImageID):
		return meta, call, fmt.Errorf("decoding event %s: responseElements.imageId %q is no AMI id", e.ID, call.ResponseElements.ImageID)
	}
	return meta, call, nil
}
