package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudtrail"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"
)

const (
	trailName = "lastgood"
	trailDays = 90
)

// newTrail makes CloudTrail tell EventBridge about this Region's write calls; event
// history alone tells it nothing:
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
func newTrail(stack awscdk.Stack) {
	bucket := awss3.NewBucket(stack, jsii.String("TrailBucket"), &awss3.BucketProps{
		Encryption:        awss3.BucketEncryption_S3_MANAGED,
		BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ALL(),
		EnforceSSL:        jsii.Bool(true),
		// CloudFormation cannot delete a bucket that has logs in it, and should not: they are evidence.
		RemovalPolicy: awscdk.RemovalPolicy_RETAIN,
		LifecycleRules: &[]*awss3.LifecycleRule{{
			Expiration:                          awscdk.Duration_Days(jsii.Number(trailDays)),
			AbortIncompleteMultipartUploadAfter: awscdk.Duration_Days(jsii.Number(1)),
		}},
	})
	policy := allowTrail(stack, bucket)

	// The plain resource, because the construct's bucket policy would let any trail write.
	trail := awscloudtrail.NewCfnTrail(stack, jsii.String("Trail"), &awscloudtrail.CfnTrailProps{
		TrailName:                  jsii.String(trailName),
		S3BucketName:               bucket.BucketName(),
		IsLogging:                  jsii.Bool(true),
		IsMultiRegionTrail:         jsii.Bool(false), // every Region has its own stack
		IncludeGlobalServiceEvents: jsii.Bool(false),
		EnableLogFileValidation:    jsii.Bool(true),
		EventSelectors: []any{&awscloudtrail.CfnTrail_EventSelectorProperty{
			IncludeManagementEvents: jsii.Bool(true),
			ReadWriteType:           jsii.String("WriteOnly"),
		}},
	})
	trail.Node().AddDependency(policy)
}

// allowTrail lets this trail, and no other, write to the bucket:
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
func allowTrail(stack awscdk.Stack, bucket awss3.Bucket) awss3.BucketPolicy {
	arn := stack.FormatArn(&awscdk.ArnComponents{
		Service: jsii.String("cloudtrail"), Resource: jsii.String("trail"), ResourceName: jsii.String(trailName),
	})
	allow := func(sid, action string, resource *string, equals map[string]any) {
		equals["aws:SourceArn"] = arn
		bucket.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Sid:        jsii.String(sid),
			Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("cloudtrail.amazonaws.com"), nil)},
			Actions:    jsii.Strings(action),
			Resources:  &[]*string{resource},
			Conditions: &map[string]any{"StringEquals": equals},
		}))
	}
	allow("TrailLooks", "s3:GetBucketAcl", bucket.BucketArn(), map[string]any{})
	allow("TrailWrites", "s3:PutObject", bucket.ArnForObjects(jsii.String("AWSLogs/"+*stack.Account()+"/*")),
		map[string]any{"s3:x-amz-acl": "bucket-owner-full-control"})
	return bucket.Policy()
}
