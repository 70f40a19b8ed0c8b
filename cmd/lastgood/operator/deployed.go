package operator

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go"

	"lastgood/shared/telemetry"
)

// Deployed is the configuration that a Region's stack was deployed with.
type Deployed struct {
	Region      string
	Fingerprint string // as of config.Config
}

// Differently are the Regions, or the one of that name, whose functions have another
// configuration than the one at hand. Silent are those of which nobody could tell.
func (a *Account) Differently(ctx context.Context, region string) (others []Deployed, silent []Silent) {
	// That no Region answers is for the command itself to find out: a stack may just not be for everybody to read.
	answers, silent, _ := ask(a.In(region).impatient(), func(r *Region) (Deployed, error) { return r.deployed(ctx) })
	return slices.DeleteFunc(answers, func(d Deployed) bool { return d.Fingerprint == a.Config.Fingerprint() }), silent
}

func (r *Region) deployed(ctx context.Context) (Deployed, error) {
	stack, err := r.stack(ctx)
	if err != nil {
		return Deployed{}, err
	}
	fingerprint, says := outputs(stack)[telemetry.OutputConfiguration]
	if !says {
		return Deployed{}, fmt.Errorf("%s does not say: it was deployed by an older lastgood", telemetry.StackName(r.Name))
	}
	return Deployed{r.Name, fingerprint}, nil
}

// errNoStack says that lastgood is not deployed in a Region.
var errNoStack = errors.New("does not exist")

// stack describes lastgood's stack of the Region.
func (r *Region) stack(ctx context.Context) (types.Stack, error) {
	name := telemetry.StackName(r.Name)
	out, err := cloudformation.NewFromConfig(r.AWS).DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &name})
	// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
	if said, is := errors.AsType[smithy.APIError](err); is && said.ErrorCode() == "ValidationError" {
		return types.Stack{}, fmt.Errorf("%s %w", name, errNoStack)
	}
	if err != nil {
		return types.Stack{}, err
	}
	return out.Stacks[0], nil
}

// outputs are a stack's, by their keys.
func outputs(stack types.Stack) map[string]string {
	values := map[string]string{}
	for _, o := range stack.Outputs {
		values[aws.ToString(o.OutputKey)] = aws.ToString(o.OutputValue)
	}
	return values
}
