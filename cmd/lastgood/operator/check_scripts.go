package operator

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"lastgood/shared/config"
	"lastgood/shared/consistency"
	"lastgood/shared/inventory"
	"lastgood/shared/pointer"
	"lastgood/shared/recovery"
)

// dryRunTime is how long a dry run may take on the host.
const dryRunTime = 15 * time.Second

// checkScripts has one running target of each policy with scripts say what it lacks for them.
func checkScripts(ctx context.Context, p probe) (found []Finding, err error) {
	for _, policy := range p.Config.Policies {
		if policy.Scripts == nil {
			continue
		}
		if !p.dryRuns {
			return one(Unknown, "no host was asked what it lacks for scripts: --no-dry-run", ""), nil
		}
		host, err := p.running(ctx, policy.Target)
		if err != nil {
			return nil, err
		}
		if host == "" {
			found = append(found, one(Unknown, "policy "+policy.Name+" has no running target in this Region to ask", "")...)
			continue
		}
		found = append(found, p.dryRun(ctx, policy, host))
	}
	return found, nil
}

// dryRun asks a host. Its error is an outcome: nobody could tell.
func (p probe) dryRun(ctx context.Context, policy config.Policy, host string) Finding {
	runner := consistency.Runner{SSM: p.SSM, Now: p.Now, Pause: pointer.Pause}
	document := cmp.Or(policy.Scripts.Document, consistency.DocumentName(policy.Name))
	run := recovery.Run{Policy: policy.Name, Scheduled: p.Now().UTC().Truncate(time.Second), Target: host}
	result, err := runner.Run(ctx, host, document, consistency.ExecutionID(run.String(), 1, false), consistency.DryRun, dryRunTime)
	f := Finding{Level: Fail, Text: fmt.Sprintf("policy %s, document %s on %s: %s", policy.Name, document, host, result.Meaning), Command: result.Output}
	switch {
	case result.Outcome == consistency.Succeeded:
		f.Level, f.Text, f.Command = OK, fmt.Sprintf("policy %s, document %s: %s has what it takes", policy.Name, document, host), ""
	case err != nil:
		f.Level, f.Text = Unknown, fmt.Sprintf("policy %s, document %s on %s: %s", policy.Name, document, host, brief(err))
	case result.Outcome == consistency.Refused && strings.Contains(result.Meaning, "AccessDenied"):
		f.Level = Unknown
	case result.ExitCode == consistency.NotReady:
		f.Text = fmt.Sprintf("policy %s, document %s: %s lacks something; its output says what", policy.Name, document, host)
	}
	if f.Command != "" {
		f.Command += " --region " + p.Name
	}
	return f
}

// running is a target that is running; "" where there is none.
func (p probe) running(ctx context.Context, target config.Target) (string, error) {
	ids, err := inventory.Targets{EC2: p.EC2}.Find(ctx, target)
	if err != nil || len(ids) == 0 {
		return "", err
	}
	out, err := p.EC2.DescribeInstances(ctx, &ec2.DescribeInstancesInput{Filters: []types.Filter{
		{Name: aws.String("instance-id"), Values: ids[:min(perFilter, len(ids))]},
		{Name: aws.String("instance-state-name"), Values: []string{"running"}},
	}})
	if err != nil {
		return "", err
	}
	first := ""
	for _, reservation := range out.Reservations {
		for _, i := range reservation.Instances {
			if id := aws.ToString(i.InstanceId); first == "" || id < first {
				first = id
			}
		}
	}
	return first, nil
}
