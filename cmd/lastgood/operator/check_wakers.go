package operator

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"

	"lastgood/infra/pattern"
	"lastgood/shared/telemetry"
)

// checkRules looks at the rules that wake the event functions.
func checkRules(ctx context.Context, p probe) (found []Finding, err error) {
	client := eventbridge.NewFromConfig(p.AWS)
	enabled := 0
	for _, f := range telemetry.Functions {
		if _, onEvents := pattern.For(f, p.Config); !onEvents {
			continue
		}
		name := f.Name()
		rule, err := client.DescribeRule(ctx, &eventbridge.DescribeRuleInput{Name: &name})
		_, missing := errors.AsType[*ebtypes.ResourceNotFoundException](err)
		switch {
		case missing:
			found = append(found, one(Fail, "the rule "+name+" does not exist", p.deploy())...)
		case err != nil:
			return found, err
		case rule.State == ebtypes.RuleStateDisabled:
			found = append(found, one(Fail, "the rule "+name+" is disabled", fmt.Sprintf("aws events enable-rule --region %s --name %s", p.Name, name))...)
		default:
			enabled++
		}
	}
	if len(found) == 0 {
		return one(OK, fmt.Sprintf("all %d rules are enabled", enabled), ""), nil
	}
	return found, nil
}

// checkSchedules looks at the schedules of reconcile and rollout, and at that of each policy.
func checkSchedules(ctx context.Context, p probe) ([]Finding, error) {
	found, err := p.checkSchedule(ctx, telemetry.Reconcile.Name(), "lost events stay lost", "", "")
	if err != nil {
		return nil, err
	}
	more, err := p.checkSchedule(ctx, telemetry.Rollout.Name(), "groups miss an image whose event is lost", "", "")
	if err != nil {
		return nil, err
	}
	found = append(found, more...)
	for _, policy := range p.Config.Policies {
		more, err := p.checkSchedule(ctx, telemetry.PolicySchedule(policy.Name), "the policy captures nothing", policy.Schedule, policy.Timezone)
		if err != nil {
			return nil, err
		}
		found = append(found, more...)
	}
	return found, nil
}

// checkSchedule looks at one of them; without is what is so as long as it does not run. It has to
// have this expression and time zone, unless they are "".
func (p probe) checkSchedule(ctx context.Context, name, without, expression, timezone string) ([]Finding, error) {
	schedule, err := scheduler.NewFromConfig(p.AWS).GetSchedule(ctx, &scheduler.GetScheduleInput{Name: &name})
	if _, missing := errors.AsType[*types.ResourceNotFoundException](err); missing {
		return one(Fail, "the schedule "+name+" does not exist: "+without, p.deploy()), nil
	}
	if err != nil {
		return nil, err
	}
	if schedule.State == types.ScheduleStateDisabled {
		return one(Fail, "the schedule "+name+" is disabled: "+without, "aws scheduler get-schedule --name "+name+" --region "+p.Name+"  # then update-schedule with the same, and --state ENABLED"), nil
	}
	has := aws.ToString(schedule.ScheduleExpression) + " " + aws.ToString(schedule.ScheduleExpressionTimezone)
	if want := expression + " " + timezone; expression != "" && has != want {
		return one(Warn, "the schedule "+name+" is "+has+", and the configuration here says "+want, p.deploy()), nil
	}
	return one(OK, "the schedule "+name+", "+aws.ToString(schedule.ScheduleExpression)+", is enabled", ""), nil
}
