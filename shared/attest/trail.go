package attest

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"lastgood/shared/recovery"
)

// Trail is CloudTrail's event history, which holds the calls of 90 days, needs no trail, and is
// written by AWS alone. It takes LookupsPerSecond.
// https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
type Trail struct {
	CloudTrail cloudtrail.LookupEventsAPIClient
}

// LookupsPerSecond is how often CloudTrail's history may be asked, whoever asks.
const LookupsPerSecond = 2

const (
	aroundCall   = 2 * time.Minute // between a copy's start, as EC2 shows it, and its call
	pagesOfCalls = 4               // of 50 calls: how many there may have been at that time
)

// CopiedFrom is what a snapshot was copied from, by the call that made it; the zero Origin where
// the history does not tell.
func (t Trail) CopiedFrom(ctx context.Context, p recovery.Point) (Origin, error) {
	pages := cloudtrail.NewLookupEventsPaginator(t.CloudTrail, &cloudtrail.LookupEventsInput{
		LookupAttributes: []types.LookupAttribute{{AttributeKey: types.LookupAttributeKeyEventName, AttributeValue: aws.String("CopySnapshot")}},
		StartTime:        aws.Time(p.Created.Add(-aroundCall)),
		EndTime:          aws.Time(p.Created.Add(aroundCall)),
	})
	for n := 0; n < pagesOfCalls && pages.HasMorePages(); n++ {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return Origin{}, fmt.Errorf("looking up who copied %s in CloudTrail: %w", p.ID, err)
		}
		for _, e := range page.Events {
			if from, is := copyCall(aws.ToString(e.CloudTrailEvent), p.ID); is {
				return from, nil
			}
		}
	}
	return Origin{}, nil
}

var regionCode = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]+)+-\d$`)

// copyCall reads the record of a successful CopySnapshot that made the copy of this id.
func copyCall(record, id string) (Origin, bool) {
	var call struct {
		EventSource       string `json:"eventSource"`
		EventName         string `json:"eventName"`
		ErrorCode         string `json:"errorCode"`
		RequestParameters struct {
			SourceRegion     string `json:"sourceRegion"`
			SourceSnapshotID string `json:"sourceSnapshotId"`
		} `json:"requestParameters"`
		ResponseElements struct {
			SnapshotID string `json:"snapshotId"`
		} `json:"responseElements"`
	}
	if err := json.Unmarshal([]byte(record), &call); err != nil {
		return Origin{}, false
	}
	from := Origin{call.RequestParameters.SourceRegion, call.RequestParameters.SourceSnapshotID}
	return from, call.EventSource == "ec2.amazonaws.com" && call.EventName == "CopySnapshot" && call.ErrorCode == "" &&
		call.ResponseElements.SnapshotID == id && regionCode.MatchString(from.Region) && recovery.IsSnapshotID(from.Image)
}
