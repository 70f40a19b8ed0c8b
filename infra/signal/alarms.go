package signal

import (
	"fmt"
	"time"

	"lastgood/shared/config"
	"lastgood/shared/telemetry"
)

const (
	hourSeconds = 3600
	anHour      = hourSeconds / PeriodSeconds // periods
	// lastingPeriods of throttling are more than a burst: SQS delivers again by itself.
	lastingPeriods = 3
	// lasting is how many runs of reconcile a failure lasts: one alone is put right by the next.
	lasting = 2
	// late is how many runs of reconcile copies wait for: many of one night take more than one.
	late = 8
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
			Threshold: float64(c.RepairsPerHour),
			// The hour before now, as it moves on: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation-window.html
			Seconds: hourSeconds, Periods: 1, Breaching: 1,
			Means: fmt.Sprintf("Reconcile moved pointers that no event had moved within eventGrace (%s): events are being lost. Is the trail on?", c.EventGrace),
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
			Means: "No reconcile has got to every pointer for an hour: what events miss stays missed, and nothing here is measured.",
			First: fmt.Sprintf("aws logs tail /aws/lambda/%s --since 2h --region %s", telemetry.Reconcile.Name(), region),
		},
		{
			Name:   "lastgood-reconcile-failing",
			Series: ours(telemetry.ReconcileFailures), Statistic: "Sum",
			Periods: max(lasting, runs(c, lasting+1)), Breaching: lasting,
			Means: "Again and again reconcile cannot read, sign or write some pointer or image. It goes on with the others, and that one stays as it is.",
			First: fmt.Sprintf("aws logs tail /aws/lambda/%s --since 1h --filter-pattern ERROR --region %s", telemetry.Reconcile.Name(), region),
		},
		{
			Name:   "lastgood-pointers-unconfirmed",
			Series: ours(telemetry.PointersUnconfirmed), Statistic: "Sum",
			Periods: max(lasting, runs(c, lasting+1)), Breaching: lasting,
			Means: "Again and again Parameter Store does not take an image that reconcile gives a pointer of data type aws:ec2:image: its validation fails, and readers see the value from before.",
			First: "lastgood status",
		},
	}
	alarms = append(alarms, ofCaptures(region)...)
	alarms = append(alarms, ofKeeping(c, region)...)
	alarms = append(alarms, ofRollouts(c, region)...)
	for _, f := range telemetry.Functions {
		alarms = append(alarms, ofFunction(f, region)...)
	}
	return alarms
}

// ofKeeping are about what becomes of what policies made.
func ofKeeping(c config.Config, region string) []Alarm {
	return []Alarm{
		{
			Name:   "lastgood-prune-failed",
			Series: ours(telemetry.PruneFailed), Statistic: "Sum",
			Periods: anHour, Breaching: 1,
			Means: "Retention could not delete a recovery point that is to go. It stays, with the rest of its set, and costs; the next look tries again.",
			First: fmt.Sprintf("aws logs tail /aws/lambda/%s --since 2h --filter-pattern ERROR --region %s", telemetry.Reconcile.Name(), region),
		},
		{
			Name:   "lastgood-copies-failed",
			Series: ours(telemetry.CopiesFailed), Statistic: "Sum",
			Periods: anHour, Breaching: 1,
			Means: "A copy to another Region could not be begun, or failed under way: often a key that it may not use. It is begun anew after an hour; until then that Region has older ones only.",
			First: fmt.Sprintf("aws logs tail /aws/lambda/%s --since 2h --filter-pattern %s --region %s", telemetry.Reconcile.Name(), telemetry.FieldNotCopied, region),
		},
		{
			Name:   "lastgood-copies-waiting",
			Series: ours(telemetry.CopiesWaiting), Statistic: "Sum",
			Periods: max(late, runs(c, late+1)), Breaching: late,
			Means: "In eight runs of reconcile copies to another Region were due and could not be begun: it does not answer, or has no room, as EC2 takes 20 at a time. " +
				"Until they are done that Region has older ones only.",
			First: fmt.Sprintf("aws logs tail /aws/lambda/%s --since 3h --filter-pattern '{ $.%s > 0 }' --region %s", telemetry.Reconcile.Name(), telemetry.FieldCopiesWaiting, region),
		},
	}
}

// ofCaptures are about what policies do. What failed, and why, is in capture's log.
func ofCaptures(region string) []Alarm {
	log := fmt.Sprintf("aws logs tail /aws/lambda/%s --region %s", telemetry.Capture.Name(), region)
	return []Alarm{
		{
			Name:   "lastgood-thaw-dead-letters",
			Series: queue("ApproximateNumberOfMessagesVisible", telemetry.ThawDeadLetters), Statistic: "Maximum",
			Periods: 1, Breaching: 1,
			Means: "A capture failed, and nobody can tell whether its application was thawed: an instance may still be frozen. " +
				"Scripts of the configuration thaw by themselves after their timeout and 2 minutes; a document of your own may not.",
			First: log + " --since 6h --filter-pattern ERROR",
		},
		{
			Name:   "lastgood-captures-failed",
			Series: ours(telemetry.CapturesFailed), Statistic: "Sum",
			Periods: anHour, Breaching: 1,
			Means: "A policy's run was given up after all of its attempts: its target has no recovery point of that time. What it has from before stays.",
			First: log + " --since 6h --filter-pattern ERROR",
		},
		{
			Name:   "lastgood-scripts-failed",
			Series: ours(telemetry.ScriptsFailed), Statistic: "Sum",
			Periods: anHour, Breaching: 1,
			Means: "A capture that was to be application-consistent is only crash-consistent, or was skipped: a script failed, or never got to its instance. " +
				"The log names the instance, what the exit code means and where the command's output is.",
			First: log + ` --since 2h --filter-pattern '{ $.reason = "*" }'`,
		},
	}
}

// ofRollouts are about the groups that follow an instance. They are counted at each look, so that an alarm stays on until
// somebody has put it right.
func ofRollouts(c config.Config, region string) []Alarm {
	log := fmt.Sprintf("aws logs tail /aws/lambda/%s --region %s --since 2h", telemetry.Rollout.Name(), region)
	return []Alarm{
		{
			Name:   "lastgood-rollouts-failed",
			Series: ours(telemetry.RolloutsFailed), Statistic: "Maximum",
			Periods: looks(c), Breaching: 1,
			Means: "A group does not get the image that its pointer names: its instance refresh failed and is not started again, or AWS refuses a call. It runs what it ran before.",
			First: log + ` --filter-pattern '{ $.outcome = "failed" }'`,
		},
		{
			Name:   "lastgood-rollouts-refused",
			Series: ours(telemetry.RolloutsRefused), Statistic: "Maximum",
			Periods: looks(c), Breaching: 1,
			Means: "A group is not given the image that its pointer names until somebody puts something right; the log says what. It runs what it ran before.",
			First: log + ` --filter-pattern '{ $.outcome = "refused" }'`,
		},
	}
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
func looks(c config.Config) int { return runs(c, 2) }

// runs is how many periods hold so many runs of reconcile.
func runs(c config.Config, n int) int {
	window, period := time.Duration(n)*c.ReconcileEvery.Std(), PeriodSeconds*time.Second
	return int((window + period - 1) / period)
}
