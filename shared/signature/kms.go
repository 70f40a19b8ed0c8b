// Package signature signs and verifies with a KMS HMAC key, one per Region, whose
// GenerateMac is allowed to lastgood's own functions only.
package signature

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// algorithm is the one an HMAC_256 key has:
// https://docs.aws.amazon.com/kms/latest/developerguide/hmac.html
const algorithm = types.MacAlgorithmSpecHmacSha256

// KMS is what this package calls.
type KMS interface {
	GenerateMac(context.Context, *kms.GenerateMacInput, ...func(*kms.Options)) (*kms.GenerateMacOutput, error)
	VerifyMac(context.Context, *kms.VerifyMacInput, ...func(*kms.Options)) (*kms.VerifyMacOutput, error)
}

// Key is a recovery.Signer backed by one KMS key. Messages are at most 4,096 bytes.
type Key struct {
	KMS KMS
	ID  string // key id, ARN or alias
}

// Sign returns message's HMAC in base64, 44 characters that a tag's value may hold.
func (k Key) Sign(ctx context.Context, message []byte) (string, error) {
	out, err := k.KMS.GenerateMac(ctx, &kms.GenerateMacInput{KeyId: &k.ID, MacAlgorithm: algorithm, Message: message})
	if err != nil {
		return "", fmt.Errorf("generating a MAC with %s: %w", k.ID, err)
	}
	return base64.StdEncoding.EncodeToString(out.Mac), nil
}

// Verify reports whether signature is message's. KMS answers a MAC that does not fit
// with KMSInvalidMacException, which is an answer and no error.
func (k Key) Verify(ctx context.Context, message []byte, signature string) (bool, error) {
	mac, err := base64.StdEncoding.DecodeString(signature)
	if err != nil || len(mac) == 0 {
		return false, nil // no signature of ours
	}
	out, err := k.KMS.VerifyMac(ctx, &kms.VerifyMacInput{KeyId: &k.ID, MacAlgorithm: algorithm, Message: message, Mac: mac})
	if _, no := errors.AsType[*types.KMSInvalidMacException](err); no {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("verifying a MAC with %s: %w", k.ID, err)
	}
	return out.MacValid, nil
}
