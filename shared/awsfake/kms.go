package awsfake

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

func (c *Client) mac(message []byte) []byte {
	h := hmac.New(sha256.New, []byte("the key of "+c.region))
	h.Write(message)
	return h.Sum(nil)
}

// GenerateMac signs with the Region's key.
func (c *Client) GenerateMac(ctx context.Context, in *kms.GenerateMacInput, _ ...func(*kms.Options)) (*kms.GenerateMacOutput, error) {
	return do(ctx, c, "GenerateMac", true, func(*region, bool) (*kms.GenerateMacOutput, error) {
		return &kms.GenerateMacOutput{Mac: c.mac(in.Message)}, nil
	})
}

// VerifyMac answers a MAC that does not fit with an exception, as KMS does.
func (c *Client) VerifyMac(ctx context.Context, in *kms.VerifyMacInput, _ ...func(*kms.Options)) (*kms.VerifyMacOutput, error) {
	return do(ctx, c, "VerifyMac", true, func(*region, bool) (*kms.VerifyMacOutput, error) {
		if !hmac.Equal(c.mac(in.Message), in.Mac) {
			return nil, &types.KMSInvalidMacException{}
		}
		return &kms.VerifyMacOutput{MacValid: true}, nil
	})
}
