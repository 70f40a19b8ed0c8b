package local

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

func TestEmulator_keeps_what_functions_log(t *testing.T) {
	a := realAWS(t, Options{ImagePending: -time.Second})
	d, _ := deliverFrom(t, a)
	ctx, cfg := t.Context(), a.Config(region, AccessKey(Operator))
	_, err := ec2.NewFromConfig(cfg).RegisterImage(ctx, &ec2.RegisterImageInput{Name: aws.String("base"), RootDeviceName: aws.String("/dev/sda1")})
	check(t, err)
	check(t, d.Idle(ctx))
	found, err := cloudwatchlogs.NewFromConfig(cfg).FilterLogEvents(ctx, &cloudwatchlogs.FilterLogEventsInput{LogGroupName: aws.String("/aws/lambda/lastgood-sample")})
	check(t, err)
	if len(found.Events) == 0 {
		t.Error("nothing was kept")
	}
}
