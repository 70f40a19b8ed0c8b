package operator

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"lastgood/shared/telemetry"
)

func checkCredentials(ctx context.Context, p probe) ([]Finding, error) {
	caller, err := sts.NewFromConfig(p.AWS).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if refused, is := errors.AsType[smithy.APIError](err); is {
		return one(Fail, "AWS refuses the credentials: "+refused.ErrorCode(), "aws sts get-caller-identity --region "+p.Name), nil
	}
	if noCredentials(err) || err != nil && !unanswered(err) {
		return one(Fail, brief(err), "aws configure list"), nil
	}
	if err != nil {
		return nil, err
	}
	return one(OK, "you are "+aws.ToString(caller.Arn), ""), nil
}

func (p probe) deploy() string { return "npx cdk deploy " + telemetry.StackName(p.Name) }

func checkStack(_ context.Context, p probe) ([]Finding, error) {
	stack, err := p.ours()
	if errors.Is(err, errNoStack) {
		return one(Fail, err.Error()+": lastgood does nothing in this Region", p.deploy()), nil
	}
	if err != nil {
		return nil, err
	}
	return p.judgeStack(stack), nil
}

// judgeStack holds a stack against the configuration.
func (p probe) judgeStack(stack types.Stack) []Finding {
	found := one(OK, fmt.Sprintf("%s is %s", telemetry.StackName(p.Name), stack.StackStatus), "")
	status := string(stack.StackStatus)
	events := fmt.Sprintf("aws cloudformation describe-stack-events --region %s --stack-name %s", p.Name, telemetry.StackName(p.Name))
	switch {
	case strings.HasSuffix(status, "FAILED"), strings.HasPrefix(status, "DELETE"), status == string(types.StackStatusRollbackComplete):
		found[0].Level, found[0].Command = Fail, events
	case strings.HasSuffix(status, "IN_PROGRESS"), strings.Contains(status, "ROLLBACK"):
		found[0].Level, found[0].Command = Warn, events
	}
	says := outputs(stack)
	if deployed, is := says[telemetry.OutputConfiguration]; is && deployed != p.Config.Fingerprint() {
		found = append(found, Finding{
			Level: Warn, Command: p.deploy(),
			Text: fmt.Sprintf("the stack was deployed with another configuration (%s) than the one here (%s): commands that act refuse", deployed, p.Config.Fingerprint()),
		})
	}
	if prefix, is := says[telemetry.OutputParameterPrefix]; is && prefix != p.Config.Parameter.Prefix {
		found = append(found, Finding{
			Level: Fail, Command: p.deploy(),
			Text: fmt.Sprintf("the stack was deployed with the prefix %s, and the configuration here says %s", prefix, p.Config.Parameter.Prefix),
		})
	}
	return found
}
