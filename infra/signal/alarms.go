package signal

import (
	"fmt"
	"time"

	"lastgood/shared/config"
	"lastgood/shared/telemetry"
)

const (
	anHour = 3600 / PeriodSeconds // periods
	// lastingPeriods of throttling are more than a burst: SQS delivers again by itself.
	lastingPeriods = 3
)

// Alarms is the one table of them, for a Region.
func Alarms(c config.Config, region string) []Alarm {
	alarms := []Alarm{
		{
			Name:   "lastgood-dead-letters",
			Series: queue("ApproximateNumberOfMessagesVisible", telemetry.DeadLetters), Statistic: "Maximum",
			Periods: 1, Breaching: 1,
			Means: "Something could not be delivered, understood or done. It is kept for 14 days. Reconcile makes good what it can; what cannot be understood stays.",
			First: "lastgood doctor",
		},
		{
			Name:   "lastgood-pointers-dangling",
			Series: ours(telemetry.PointersDangling), Statistic: "Maximum",
			Periods: looks(c), Breaching: 1,
			Means: "A pointer names an image that cannot be launched, and no good one of its instance is left in this Region.",
			First: "lastgood status",
		},
		{
			Name:   "lastgood-pointers-stale",
			Series: ours(telemetry.PointersStale), Statistic: "Maximum",
			Periods: looks(c), Breaching: 1,
			Means: fmt.Sprintf("A pointer is older than maxPointerAge (%s), and its instance has been backed up twice within retireAfter (%s): "+
				"backups, or their copies, have stopped.", c.MaxPointerAge, c.RetireAfter),
			First: "lastgood status",
		},
		{
			Name:   "lastgood-pointers-repaired",
			Series: ours(telemetry.PointersRepaired), Statistic: "Sum",
			Periods: anHour, Breaching: 1,
			Means: "Reconcile moved a pointer that an event should have moved: events are being lost. Is the trail on? After a deployment to a Region that had images before, it may be the backfill.",
			First: "lastgood doctor",
		},
		{
			Name:   "lastgood-tags-contradicting",
			Series: ours(telemetry.TagsContradicting), Statistic: "Sum",
			Periods: anHour, Breaching: 1,
			Means: "A lastgood: tag or signature said something else than the evidence. No pointer followed it, but somebody wrote it.",
			First: "aws cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,AttributeValue=CreateTags --region " + region,
		},
		{
			Name:   "lastgood-reconcile-overdue",
			Series: ours(telemetry.ReconcilesCompleted), Statistic: "Sum",
			Below: true, Threshold: 1, Periods: anHour, Breaching: anHour, SilenceIsBad: true,
			Means: "No reconcile has looked at everything for an hour: what events miss stays missed, and nothing here is measured.",
			First: fmt.Sprintf("aws logs tail /aws/lambda/%s --since 2h --region %s", telemetry.Reconcile.Name(), region),
		},
	}
	for _, f := range telemetry.Functions {
		alarms = append(alarms, ofFunction(f, region)...)
	}
	return alarms
}

func ofFunction(f telemetry.Function, region string) []Alarm {
	return []Alarm{
		{
			Name:   f.Name() + "-errors",
			Series: lambda("Errors", f), Statistic: "Sum",
			Periods: 1, Breaching: 1,
			Means: "An invocation crashed, ran out of time or could not start. Its messages come again.",
			First: fmt.Sprintf("aws logs tail /aws/lambda/%s --since 1h --region %s", f.Name(), region),
		},
		{
			Name:   f.Name() + "-throttles",
			Series: lambda("Throttles", f), Statistic: "Sum",
			Periods: lastingPeriods, Breaching: lastingPeriods,
			Means: "Lambda has refused to run the function for a quarter of an hour: other functions use up the account's concurrency.",
			First: "aws lambda get-account-settings --region " + region,
		},
	}
}

// looks is how many periods hold two runs of reconcile: what only reconcile measures is
// judged by one that is there, whatever a late one does.
func looks(c config.Config) int {
	window, period := 2*c.ReconcileEvery.Std(), PeriodSeconds*time.Second
	return int((window + period - 1) / period)
}
