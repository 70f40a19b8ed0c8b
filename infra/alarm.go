package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"lastgood/infra/signal"
)

// newAlarm tells the topic when something is wrong, and when it is right again.
func newAlarm(scope constructs.Construct, a signal.Alarm, topic awssns.ITopic) {
	props := &awscloudwatch.CfnAlarmProps{
		AlarmName:          jsii.String(a.Name),
		AlarmDescription:   jsii.String(a.Description()),
		ComparisonOperator: jsii.String("GreaterThanThreshold"),
		Threshold:          jsii.Number(a.Threshold),
		EvaluationPeriods:  jsii.Number(a.Periods),
		DatapointsToAlarm:  jsii.Number(a.Breaching),
		TreatMissingData:   jsii.String("notBreaching"),
		AlarmActions:       &[]any{topic.TopicArn()},
		OkActions:          &[]any{topic.TopicArn()},
	}
	if a.Below {
		props.ComparisonOperator = jsii.String("LessThanThreshold")
	}
	if a.SilenceIsBad {
		props.TreatMissingData = jsii.String("breaching")
		props.Metrics = filled(a)
	} else {
		props.Namespace = jsii.String(a.Series.Namespace)
		props.MetricName = jsii.String(a.Series.Metric)
		props.Dimensions = dimensions(a.Series)
		props.Statistic = jsii.String(a.Statistic)
		props.Period = jsii.Number(a.Period())
	}
	awscloudwatch.NewCfnAlarm(scope, jsii.String("Alarm-"+a.Name), props)
}

// filled makes silence zeros. CloudWatch looks further back than an alarm's periods for
// datapoints before it takes one for missing, and so would hear silence late:
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
// Where there has never been a datapoint there is nothing to fill; then missing is breaching.
func filled(a signal.Alarm) []any {
	return []any{
		&awscloudwatch.CfnAlarm_MetricDataQueryProperty{
			Id: jsii.String("filled"), Expression: jsii.String("FILL(measured, 0)"), Label: jsii.String(a.Series.Metric), ReturnData: jsii.Bool(true),
		},
		&awscloudwatch.CfnAlarm_MetricDataQueryProperty{
			Id: jsii.String("measured"), ReturnData: jsii.Bool(false),
			MetricStat: &awscloudwatch.CfnAlarm_MetricStatProperty{
				Metric: &awscloudwatch.CfnAlarm_MetricProperty{
					Namespace: jsii.String(a.Series.Namespace), MetricName: jsii.String(a.Series.Metric), Dimensions: dimensions(a.Series),
				},
				Period: jsii.Number(a.Period()),
				Stat:   jsii.String(a.Statistic),
			},
		},
	}
}

func dimensions(s signal.Series) any {
	if s.Dimension == "" {
		return nil
	}
	return []any{&awscloudwatch.CfnAlarm_DimensionProperty{Name: jsii.String(s.Dimension), Value: jsii.String(s.Value)}}
}
