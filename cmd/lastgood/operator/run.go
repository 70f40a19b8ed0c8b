package operator

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"lastgood/shared/config"
	"lastgood/shared/event"
	"lastgood/shared/inventory"
	"lastgood/shared/recovery"
	"lastgood/shared/telemetry"
)

// RunRequest says which policy to run, and where.
type RunRequest struct {
	Policy  config.Policy
	Targets []string // only these of its targets; empty for all
	Region  string   // "" for every Region
}

// PolicyRun is one run of a policy, now.
type PolicyRun struct {
	Policy    string    `json:"policy"`
	Scheduled time.Time `json:"scheduled"` // in whole seconds, as a schedule would say it
	Regions   []RunIn   `json:"regions"`
	only      bool
	reach     *reach
	file      ConfigFile
}

// RunIn is the run in one Region.
type RunIn struct {
	Region string   `json:"region"`
	Runs   []string `json:"runs"` // one for each target, as in the tag lastgood:run
	Queued bool     `json:"queued"`
	Error  string   `json:"error,omitempty"`
	ids    []string
}

// PolicyRun finds a policy's targets. It changes nothing yet. An error says that there is
// nothing to run on.
func (a *Account) PolicyRun(ctx context.Context, q RunRequest) (*PolicyRun, error) {
	x, err := a.reach(q.Region)
	if err != nil {
		return nil, err
	}
	p := &PolicyRun{Policy: q.Policy.Name, Scheduled: a.Now().UTC().Truncate(time.Second), only: len(q.Targets) > 0, reach: x, file: a.File}
	found := each(ctx, x, func(ctx context.Context, r *Region) ([]string, error) {
		return inventory.Targets{EC2: r.EC2}.Find(ctx, q.Policy.Target)
	})
	all := slices.Concat(found...)
	for i, r := range x.regions {
		in := RunIn{Region: r.Name, Runs: []string{}, Error: x.problem(r.Name)}
		for _, id := range found[i] {
			if !p.only || slices.Contains(q.Targets, id) {
				in.ids = append(in.ids, id)
				in.Runs = append(in.Runs, recovery.Run{Policy: p.Policy, Scheduled: p.Scheduled, Target: id}.String())
			}
		}
		p.Regions = append(p.Regions, in)
	}
	if err := x.err(); err != nil {
		return p, err
	}
	return p, x.notTargets(q, all)
}

// notTargets is an error if a target that was named is none, or there is not one at all.
func (x *reach) notTargets(q RunRequest, found []string) error {
	var err error
	strangers := slices.DeleteFunc(slices.Clone(q.Targets), func(id string) bool { return slices.Contains(found, id) })
	switch {
	case len(strangers) > 0:
		err = fmt.Errorf("%s: no target of policy %s, which captures %s", strings.Join(strangers, ", "), q.Policy.Name, describeTarget(q.Policy.Target))
	case len(found) == 0:
		err = fmt.Errorf("policy %s has no targets: there is no %s", q.Policy.Name, describeTarget(q.Policy.Target))
	default:
		return nil
	}
	for _, r := range x.regions {
		if problem := x.problem(r.Name); problem != "" {
			err = fmt.Errorf("%w; %s: %s", err, r.Name, problem)
		}
	}
	return err
}

// describeTarget says in words what a policy captures.
func describeTarget(t config.Target) string {
	if len(t.IDs) > 0 {
		return string(t.Type) + " " + someOf(t.IDs)
	}
	return string(t.Type) + " with " + tagsText(t.Tags, " and ")
}

// Runs counts the targets.
func (p *PolicyRun) Runs() (n int) {
	for _, in := range p.Regions {
		n += len(in.Runs)
	}
	return n
}

// Do sends each Region's function snapshot what the policy's schedule would send it.
func (p *PolicyRun) Do(ctx context.Context) error {
	p.reach.patience = actPatience
	queued := each(ctx, p.reach, func(ctx context.Context, r *Region) (bool, error) {
		in := p.Regions[slices.Index(p.reach.regions, r)]
		if len(in.ids) == 0 {
			return false, nil
		}
		var only []string
		if p.only {
			only = in.ids
		}
		body, err := event.EncodeDue(p.Policy, p.Scheduled, only...)
		if err != nil {
			return false, err
		}
		return true, p.send(ctx, r, telemetry.Snapshot.Name(), body)
	})
	for i, in := range p.Regions {
		p.Regions[i].Error = p.reach.problem(in.Region)
		p.Regions[i].Queued = queued[i] && p.Regions[i].Error == ""
	}
	return p.reach.err()
}

func (p *PolicyRun) send(ctx context.Context, r *Region, queue, body string) error {
	client := sqs.NewFromConfig(r.AWS)
	url, err := client.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &queue})
	if _, missing := errors.AsType[*types.QueueDoesNotExist](err); missing {
		return fmt.Errorf("the queue %s does not exist: %s", queue, p.file.Command("npx cdk deploy "+telemetry.StackName(r.Name)))
	}
	if err != nil {
		return fmt.Errorf("finding the queue %s: %w", queue, err)
	}
	if _, err := client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: url.QueueUrl, MessageBody: aws.String(body)}); err != nil {
		return fmt.Errorf("sending to the queue %s: %w", queue, err)
	}
	return nil
}

// Findings reports whether a Region failed.
func (p *PolicyRun) Findings() bool {
	return slices.ContainsFunc(p.Regions, func(in RunIn) bool { return in.Error != "" })
}

// Follow are the commands that show what becomes of the run.
func (p *PolicyRun) Follow() []string {
	var commands []string
	for _, in := range p.Regions {
		if in.Queued {
			commands = append(commands, fmt.Sprintf("aws logs tail /aws/lambda/%s --region %s --since 1m --follow", telemetry.Capture.Name(), in.Region))
		}
	}
	for _, in := range p.Regions {
		if in.Queued {
			return append(commands, p.file.Command("lastgood status "+in.ids[0]))
		}
	}
	return commands
}
