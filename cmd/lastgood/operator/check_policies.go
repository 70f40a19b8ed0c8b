package operator

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"lastgood/shared/config"
	"lastgood/shared/inventory"
)

// checkTargets looks for policies that capture nothing in any Region. It is told once, with
// the main Region.
func checkTargets(ctx context.Context, p probe) (found []Finding, err error) {
	if p.Name != p.Config.Regions.Main {
		return nil, nil
	}
	for _, policy := range p.Config.Policies {
		n := 0
		for _, r := range p.everywhere {
			targets, err := inventory.Targets{EC2: r.EC2}.Find(ctx, policy.Target)
			if err != nil {
				return nil, fmt.Errorf("asking %s for the targets of policy %s: %w", r.Name, policy.Name, err)
			}
			n += len(targets)
		}
		level, text, command := OK, fmt.Sprintf("targets of policy %s: %d", policy.Name, n), ""
		if n == 0 {
			level, text = Warn, fmt.Sprintf("policy %s captures nothing: there is no %s in any Region. ", policy.Name, describeTarget(policy.Target))
			if len(policy.Target.IDs) > 0 {
				text, command = text+"Correct the ids in its target, and deploy", p.deploy()
			} else {
				text, command = text+"Tag what it is to capture, or correct its target and deploy", p.tagTarget(policy.Target)
			}
		}
		found = append(found, one(level, text, command)...)
	}
	return found, nil
}

// tagTarget is the command that makes something a target.
func (p probe) tagTarget(t config.Target) string {
	id, tags := "i-…", ""
	if t.Type == config.Volume {
		id = "vol-…"
	}
	for _, key := range slices.Sorted(maps.Keys(t.Tags)) {
		tags += " " + shellWord("Key="+key+",Value="+t.Tags[key])
	}
	return fmt.Sprintf("aws ec2 create-tags --region %s --resources %s --tags%s", p.Name, id, tags)
}

// checkCopies looks whether the Region still takes copies, where a policy copies to it.
func checkCopies(ctx context.Context, p probe) ([]Finding, error) {
	copied := false
	for _, policy := range p.Config.Policies {
		_, copies := policy.RetainIn(p.Name, true)
		copied = copied || copies
	}
	if !copied {
		return nil, nil
	}
	n, err := p.Points.Snapshots.Copying(ctx)
	if err != nil {
		return nil, err
	}
	text := fmt.Sprintf("%d of the %d copies that EC2 makes at once are under way", n, inventory.CopiesAtOnce)
	if n >= inventory.CopiesAtOnce {
		return one(Warn, text+": the others wait; ask for a higher quota where that does not pass",
			"aws service-quotas list-service-quotas --region "+p.Name+" --service-code ebs"), nil
	}
	return one(OK, text, ""), nil
}
