package local

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
)

// logStream is the one stream of a function's log group here. Lambda makes one for each
// of a function's instances.
const logStream = "local"

// keepLogs puts what a function wrote where Lambda puts it: into its log group.
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
func (p *poller) keepLogs(ctx context.Context, lines []LogLine) error {
	if len(lines) == 0 {
		return nil
	}
	group := "/aws/lambda/" + p.Name
	if _, err := p.logGroups.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &group}); err != nil && !exists(err) {
		return err
	}
	if _, err := p.logGroups.CreateLogStream(ctx, &cloudwatchlogs.CreateLogStreamInput{LogGroupName: &group, LogStreamName: aws.String(logStream)}); err != nil && !exists(err) {
		return err
	}
	in := &cloudwatchlogs.PutLogEventsInput{LogGroupName: &group, LogStreamName: aws.String(logStream)}
	for _, line := range lines {
		if line.Text != "" { // CloudWatch Logs takes no empty ones
			in.LogEvents = append(in.LogEvents, types.InputLogEvent{Message: aws.String(line.Text), Timestamp: aws.Int64(time.Now().UnixMilli())})
		}
	}
	_, err := p.logGroups.PutLogEvents(ctx, in)
	return err
}

func exists(err error) bool {
	_, exists := errors.AsType[*types.ResourceAlreadyExistsException](err)
	return exists
}
