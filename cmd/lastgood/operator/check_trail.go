package operator

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"lastgood/shared/config"
)

// checkTrail looks for a trail that logs management write events of this Region: without
// one CloudTrail tells EventBridge nothing.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
func checkTrail(ctx context.Context, p probe) ([]Finding, error) {
	client := cloudtrail.NewFromConfig(p.AWS)
	out, err := client.DescribeTrails(ctx, &cloudtrail.DescribeTrailsInput{IncludeShadowTrails: aws.Bool(true)})
	if err != nil {
		return nil, err
	}
	var doubts []string
	for _, trail := range out.TrailList {
		name := aws.ToString(trail.Name)
		logs, err := logsWrites(ctx, client, trail)
		switch {
		case err != nil:
			doubt := name + " (" + brief(err) + ")"
			if aws.ToBool(trail.IsOrganizationTrail) {
				doubt = name + " of the organization (" + brief(err) + ")"
			}
			doubts = append(doubts, doubt)
		case logs == yes:
			return one(OK, "the trail "+name+" logs management write events", ""), nil
		case logs == perhaps:
			doubts = append(doubts, name+" (its selectors filter by more than this can judge)")
		}
	}
	look := fmt.Sprintf("aws cloudtrail describe-trails --region %s", p.Name)
	if len(doubts) > 0 {
		return one(Unknown, "cannot tell whether a trail logs management write events: "+someOf(doubts), look), nil
	}
	text := "no trail logs management write events, so most events never come, and pointers move at the next reconcile only"
	if p.Config.Trail != config.TrailCreate {
		text += `; make one, or set "trail": "create" in the configuration, and deploy it`
	}
	return one(Fail, text, p.deploy()), nil
}

// answer is what can be said of a trail.
type answer int

const (
	no answer = iota
	perhaps
	yes
)

func logsWrites(ctx context.Context, client *cloudtrail.Client, trail types.Trail) (answer, error) {
	status, err := client.GetTrailStatus(ctx, &cloudtrail.GetTrailStatusInput{Name: trail.TrailARN})
	if err != nil {
		return no, err
	}
	if !aws.ToBool(status.IsLogging) {
		return no, nil
	}
	selectors, err := client.GetEventSelectors(ctx, &cloudtrail.GetEventSelectorsInput{TrailName: trail.TrailARN})
	if err != nil {
		return no, err
	}
	return selectsWrites(selectors.EventSelectors, selectors.AdvancedEventSelectors), nil
}

// selectsWrites judges a trail's selectors. Without any, a trail logs all management events:
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-management-events-with-cloudtrail.html
func selectsWrites(plain []types.EventSelector, advanced []types.AdvancedEventSelector) answer {
	if len(plain)+len(advanced) == 0 {
		return yes
	}
	for _, s := range plain {
		// No plain selector can exclude EC2.
		if (s.IncludeManagementEvents == nil || *s.IncludeManagementEvents) && s.ReadWriteType != types.ReadWriteTypeReadOnly {
			return yes
		}
	}
	best := no
	for _, s := range advanced {
		best = max(best, advancedSelects(s))
	}
	return best
}

func advancedSelects(s types.AdvancedEventSelector) answer {
	management, sure := false, yes
	for _, f := range s.FieldSelectors {
		switch aws.ToString(f.Field) {
		case "eventCategory":
			management = slices.Contains(f.Equals, "Management")
		case "readOnly":
			if slices.Contains(f.Equals, "true") || slices.Contains(f.NotEquals, "false") {
				return no
			}
		case "eventSource":
			if slices.Contains(f.NotEquals, "ec2.amazonaws.com") || len(f.Equals) > 0 && !slices.Contains(f.Equals, "ec2.amazonaws.com") {
				return no
			}
		default:
			sure = perhaps
		}
	}
	if !management {
		return no
	}
	return sure
}
