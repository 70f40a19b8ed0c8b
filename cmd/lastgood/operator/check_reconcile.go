package operator

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"lastgood/shared/telemetry"
)

// Reconcile is late when it has not completed for this long, or for twice its interval.
const reconcileLate = time.Hour

// checkReconcile looks in the function's log for the metric that a complete run writes
// there: that needs the permission to read one log, and tells the minute.
func checkReconcile(ctx context.Context, p probe) ([]Finding, error) {
	group := "/aws/lambda/" + telemetry.Reconcile.Name()
	late := max(reconcileLate, 2*p.Config.ReconcileEvery.Std())
	pages := cloudwatchlogs.NewFilterLogEventsPaginator(cloudwatchlogs.NewFromConfig(p.AWS), &cloudwatchlogs.FilterLogEventsInput{
		LogGroupName: &group, FilterPattern: aws.String(string(telemetry.ReconcilesCompleted)),
		StartTime: aws.Int64(p.Now().Add(-late).UnixMilli()),
	})
	var last time.Time
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if _, missing := errors.AsType[*types.ResourceNotFoundException](err); missing {
			return one(Fail, "reconcile has no log: it never ran", p.deploy()), nil
		}
		if err != nil {
			return nil, err
		}
		for _, e := range page.Events {
			if at := time.UnixMilli(aws.ToInt64(e.Timestamp)); at.After(last) {
				last = at
			}
		}
	}
	if last.IsZero() {
		return one(Fail, "reconcile has not completed for "+Age(late)+": lost events stay lost",
			fmt.Sprintf("aws logs tail %s --region %s --since 3h", group, p.Name)), nil
	}
	return one(OK, "reconcile completed "+Age(p.Now().Sub(last))+" ago", ""), nil
}
