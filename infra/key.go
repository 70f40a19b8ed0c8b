package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"lastgood/shared/telemetry"
)

// accountActions are what the account may delegate with IAM policies: managing the
// key, and verifying. GenerateMac is not among them, so no IAM policy alone can
// grant signing; nor is CreateGrant, which would be a way around that.
// https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
var accountActions = []string{
	"kms:DescribeKey", "kms:EnableKey", "kms:DisableKey", "kms:UpdateKeyDescription",
	"kms:GetKeyPolicy", "kms:PutKeyPolicy", "kms:ListKeyPolicies", "kms:GetKeyRotationStatus",
	"kms:ListGrants", "kms:RevokeGrant",
	"kms:TagResource", "kms:UntagResource", "kms:ListResourceTags",
	"kms:CreateAlias", "kms:UpdateAlias", "kms:DeleteAlias",
	"kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion",
	"kms:VerifyMac",
}

// newSigningKey is the Region's key for signatures. It outlives the stack: what it
// signed could not be verified without it. HMAC keys cannot be rotated.
func newSigningKey(scope constructs.Construct) awskms.Key {
	return awskms.NewKey(scope, jsii.String("SigningKey"), &awskms.KeyProps{
		Alias:         jsii.String(telemetry.SigningKeyAlias),
		Description:   jsii.String("Signs what lastgood says about copied images: which source, and how old"),
		KeySpec:       awskms.KeySpec_HMAC_256,
		KeyUsage:      awskms.KeyUsage_GENERATE_VERIFY_MAC,
		RemovalPolicy: awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE,
		Policy: awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{
			Statements: &[]awsiam.PolicyStatement{
				awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
					Sid:        jsii.String("AccountManagesAndVerifies"),
					Principals: &[]awsiam.IPrincipal{awsiam.NewAccountRootPrincipal()},
					Actions:    jsii.Strings(accountActions...),
					Resources:  jsii.Strings("*"), // in a key policy: this key
				}),
			},
		}),
	})
}

// allowSigning names the roles that may sign. KMS keeps the roles themselves, not their
// names: a role made again under the same name may not.
func allowSigning(key awskms.Key, sid string, roleARNs ...*string) {
	if len(roleARNs) == 0 {
		return
	}
	principals := make([]awsiam.IPrincipal, len(roleARNs))
	for i, arn := range roleARNs {
		principals[i] = awsiam.NewArnPrincipal(arn)
	}
	key.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        jsii.String(sid),
		Principals: &principals,
		Actions:    jsii.Strings("kms:GenerateMac"),
		Resources:  jsii.Strings("*"),
	}), jsii.Bool(false))
}
