package operator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/smithy-go"

	"lastgood/shared/config"
	"lastgood/shared/recovery"
	"lastgood/shared/telemetry"
)

// checkSigners looks at who may sign, and so attest a copy, going by the key's policy.
func checkSigners(ctx context.Context, p probe) ([]Finding, error) {
	client := kms.NewFromConfig(p.AWS)
	key, err := client.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: aws.String(telemetry.SigningKeyAlias)}) // GetKeyPolicy takes no alias
	if err != nil {
		return nil, err
	}
	out, err := client.GetKeyPolicy(ctx, &kms.GetKeyPolicyInput{KeyId: key.KeyMetadata.KeyId, PolicyName: aws.String("default")})
	if err != nil {
		return nil, err
	}
	signers, err := signersOf(aws.ToString(out.Policy))
	if err != nil {
		return nil, err
	}
	look := fmt.Sprintf("aws kms get-key-policy --region %s --key-id %s", p.Name, aws.ToString(key.KeyMetadata.KeyId))
	var strangers []string
	for _, signer := range signers {
		if !slices.Contains(p.Config.Signers, signer) && !strings.Contains(signer, ":role/"+telemetry.StackName(p.Name)+"-") {
			strangers = append(strangers, signer)
		}
	}
	if len(strangers) > 0 {
		return one(Warn, "may sign copies, though neither a function of lastgood nor in \"signers\": "+someOf(strangers), look), nil
	}
	return one(OK, fmt.Sprintf("only lastgood's functions and the configured signers, %d roles, may sign copies; grants are not looked at", len(signers)), ""), nil
}

// signersOf lists the principals that a key policy lets generate MACs. A denial, or a
// condition, is not taken into account: rather one too many.
func signersOf(policy string) ([]string, error) {
	var document struct {
		Statement []struct {
			Effect    string
			Principal json.RawMessage
			Action    texts
		}
	}
	if err := json.Unmarshal([]byte(policy), &document); err != nil {
		return nil, fmt.Errorf("reading the key's policy: %w", err)
	}
	var signers []string
	for _, s := range document.Statement {
		may := slices.ContainsFunc(s.Action, func(pattern string) bool {
			match, _ := path.Match(strings.ToLower(pattern), "kms:generatemac")
			return match
		})
		if s.Effect != "Allow" || !may {
			continue
		}
		var by struct{ AWS texts }
		if err := json.Unmarshal(s.Principal, &by); err != nil {
			by.AWS = texts{strings.Trim(string(s.Principal), `"`)}
		}
		signers = append(signers, by.AWS...)
	}
	slices.Sort(signers)
	return slices.Compact(signers), nil
}

// texts is one string or several, as policies have it.
type texts []string

func (t *texts) UnmarshalJSON(raw []byte) error {
	var text string
	if err := json.Unmarshal(raw, &text); err == nil {
		*t = texts{text}
		return nil
	}
	return json.Unmarshal(raw, (*[]string)(t))
}

// checkTags asks EC2 whether the caller may write lastgood's tags, in a dry run, which
// takes service control policies into account. Nobody can be asked about others. Either answer is in order.
func checkTags(ctx context.Context, p probe) ([]Finding, error) {
	means := "that is no danger, for an unsigned tag moves no pointer; docs/attribution.md has a policy that reserves the tags"
	if p.Config.Trust == config.Claimed {
		means = "with \"trust\": \"claimed\" whoever may, moves pointers; docs/attribution.md has a policy that reserves the tags"
	}
	image, err := p.EC2.DescribeImages(ctx, &ec2.DescribeImagesInput{Owners: []string{"self"}, MaxResults: aws.Int32(5)})
	if err != nil {
		return nil, err
	}
	if len(image.Images) == 0 {
		return one(Unknown, "there is no image yet to ask EC2 about, whether you may write lastgood:* tags", ""), nil
	}
	_, err = p.EC2.CreateTags(ctx, &ec2.CreateTagsInput{
		DryRun: aws.Bool(true), Resources: []string{aws.ToString(image.Images[0].ImageId)},
		Tags: []types.Tag{{Key: aws.String(recovery.TagSourceID), Value: aws.String("dry-run")}},
	})
	said, is := errors.AsType[smithy.APIError](err)
	switch {
	case is && said.ErrorCode() == "DryRunOperation":
		return one(OK, "you may write lastgood:* tags on images; "+means, ""), nil
	case is && said.ErrorCode() == "UnauthorizedOperation":
		return one(OK, "you may not write lastgood:* tags on images; nobody can be asked about others", ""), nil
	}
	return nil, fmt.Errorf("asking for a dry run: %w", err)
}
