// Package setup makes what every event function needs, once per cold start, from its
// environment and the configuration file beside its binary.
package setup

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"lastgood/shared/attest"
	"lastgood/shared/config"
	"lastgood/shared/inventory"
	"lastgood/shared/lifecycle"
	"lastgood/shared/pointer"
	"lastgood/shared/signature"
	"lastgood/shared/telemetry"
)

// Setup is a function's configuration, clients and the parts they make up. No call is
// made before an event comes.
type Setup struct {
	Config  config.Function
	AWS     aws.Config
	EC2     *ec2.Client
	SSM     *ssm.Client
	Key     signature.Key
	Points  inventory.Points
	Settler *pointer.Settler
	Log     *slog.Logger
	Metrics *telemetry.Recorder
	Now     func() time.Time
}

// attempts bounds the SDK's retries, with its own backoff. What fails after that comes
// again from the queue.
const attempts = 4

// callTimeout bounds one attempt of a call: a connection that hangs must not cost the
// invocation, and with it all other events of the batch.
const callTimeout = 10 * time.Second

// Load sets a function up. An error means a broken deployment and says what is missing.
func Load(function telemetry.Function) (Setup, error) {
	c, err := config.LoadFunction()
	if err != nil {
		return Setup{}, fmt.Errorf("setting up %s: %w", function, err)
	}
	cfg, err := awsconfig.LoadDefaultConfig(context.Background(),
		awsconfig.WithHTTPClient(awshttp.NewBuildableClient().WithTimeout(callTimeout)),
		awsconfig.WithRetryMaxAttempts(attempts), awsconfig.WithRetryMode(aws.RetryModeStandard))
	if err != nil {
		return Setup{}, fmt.Errorf("setting up %s: reading the AWS configuration: %w", function, err)
	}
	s := Setup{
		Config:  c,
		AWS:     cfg,
		EC2:     ec2.NewFromConfig(cfg),
		SSM:     ssm.NewFromConfig(cfg),
		Key:     signature.Key{KMS: kms.NewFromConfig(cfg), ID: c.SigningKeyID},
		Log:     slog.New(slog.NewJSONHandler(os.Stdout, nil)).With(telemetry.FieldFunction, function),
		Metrics: &telemetry.Recorder{Function: function, Out: os.Stdout, Now: time.Now},
		Now:     time.Now,
	}
	s.Points = inventory.PointsIn(s.EC2, c.Region)
	s.Settler = &pointer.Settler{
		Points:   s.Points,
		Store:    pointer.Store{SSM: s.SSM, Parameter: c.Parameter},
		Verifier: s.Key,
		Included: c.Included,
		Aliases:  c.Aliases,
		Pause:    pointer.Pause,
	}
	return s, nil
}

// Originals asks other Regions for the originals of copies.
func (s Setup) Originals() attest.Originals {
	return attest.Originals{Client: s.EC2In, Timeout: attest.SourceRegionTimeout}
}

// Attestor signs whose an image is.
func (s Setup) Attestor() attest.Attestor {
	return attest.Attestor{EC2: s.EC2, Signer: s.Key, TrustsClaimed: s.Config.Trust == config.Claimed}
}

// Copies attests copies of snapshots.
func (s Setup) Copies() attest.Snapshots {
	return attest.Snapshots{
		Client:   func(region string) ec2.DescribeSnapshotsAPIClient { return s.ec2In(region) },
		Timeout:  attest.SourceRegionTimeout,
		Attestor: s.Attestor(),
	}
}

// History asks CloudTrail what snapshots were copied from.
func (s Setup) History() attest.Trail {
	return attest.Trail{CloudTrail: cloudtrail.NewFromConfig(s.AWS)}
}

// Keeper copies and prunes what policies made.
func (s Setup) Keeper() *lifecycle.Keeper {
	return &lifecycle.Keeper{
		Config:    s.Config.Config,
		Points:    s.Points,
		EC2:       s.EC2,
		Groups:    autoscaling.NewFromConfig(s.AWS),
		SSM:       s.SSM,
		Verifier:  s.Key,
		Elsewhere: func(region string) lifecycle.Destination { return s.ec2In(region) },
		Timeout:   attest.SourceRegionTimeout,
		Now:       s.Now,
	}
}

// EC2Within is a client whose calls may take longer than others'.
func (s Setup) EC2Within(timeout time.Duration) *ec2.Client {
	return ec2.NewFromConfig(s.AWS, func(o *ec2.Options) { o.HTTPClient = awshttp.NewBuildableClient().WithTimeout(timeout) })
}

// EC2In is a client for another Region.
func (s Setup) EC2In(region string) ec2.DescribeImagesAPIClient { return s.ec2In(region) }

func (s Setup) ec2In(region string) *ec2.Client {
	return ec2.NewFromConfig(s.AWS, func(o *ec2.Options) { o.Region = region })
}
