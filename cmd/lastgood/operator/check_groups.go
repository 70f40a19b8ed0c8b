package operator

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"lastgood/shared/rollout"
)

// checkGroups looks at the groups that follow instances: how they stand, as status says it, and whether
// the function may give them an image at all.
func checkGroups(ctx context.Context, p probe) ([]Finding, error) {
	results, err := p.rollout(p.Config).Plan(ctx)
	if err != nil {
		return nil, err
	}
	found := slices.Concat(p.checkTemplates(ctx, results), p.checkProfiles(ctx, results))
	for _, r := range results {
		s := groupStanding(p.Name, r)
		if level, about := groupLevel(s); about {
			found = append(found, Finding{Level: level, Text: fmt.Sprintf("the group %s, %s: %s", s.Group, s.State, s.Reason), Command: s.Command})
		}
	}
	switch {
	case len(results) == 0:
		return one(OK, "no Auto Scaling group follows an instance", ""), nil
	case len(found) == 0:
		return one(OK, fmt.Sprintf("%d that follow an instance, and nothing is in their way", len(results)), ""), nil
	}
	return found, nil
}

// groupLevel says how bad it is how a group stands, and whether there is anything to say.
func groupLevel(s GroupStanding) (level Level, about bool) {
	switch s.State {
	case GroupRefused, GroupFailed:
		return Fail, true
	case GroupBehind:
		return Warn, true
	case GroupUnknown:
		return Unknown, true
	case GroupHeld: // a person wants it so
		return OK, true
	case GroupLeft: // what else leaves a group as it is, its pointer's own state tells, or its template
		return Warn, s.Target == ""
	case GroupCurrent, GroupRefreshing, GroupWaiting:
	}
	return OK, false
}

// perDescribeTemplates is the limit of a page:
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeLaunchTemplates.html
const perDescribeTemplates = 200

// checkTemplates looks for launch templates that the function may not use, for want of their tag.
func (p probe) checkTemplates(ctx context.Context, results []rollout.Result) (found []Finding) {
	rolled := slices.DeleteFunc(slices.Clone(results), func(r rollout.Result) bool { return r.Resolves() || len(r.Group.Templates()) == 0 })
	if len(rolled) == 0 {
		return nil
	}
	pages := ec2.NewDescribeLaunchTemplatesPaginator(p.EC2, &ec2.DescribeLaunchTemplatesInput{MaxResults: aws.Int32(perDescribeTemplates)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return one(Unknown, "nobody can tell whether the launch templates carry the tag "+rollout.TagFollow+": "+brief(err), "")
		}
		for _, t := range page.LaunchTemplates {
			found = append(found, p.checkTemplate(t, rolled)...)
		}
	}
	return found
}

func (p probe) checkTemplate(t ec2types.LaunchTemplate, results []rollout.Result) []Finding {
	id, name := aws.ToString(t.LaunchTemplateId), aws.ToString(t.LaunchTemplateName)
	users := slices.DeleteFunc(slices.Clone(results), func(r rollout.Result) bool {
		return !slices.ContainsFunc(r.Group.Templates(), func(s rollout.Spec) bool { return s.ID == id || s.ID == "" && s.Name == name })
	})
	if len(users) == 0 || slices.ContainsFunc(t.Tags, func(tag ec2types.Tag) bool { return aws.ToString(tag.Key) == rollout.TagFollow }) {
		return nil
	}
	return one(Fail,
		fmt.Sprintf("%s: the launch template %s has no tag %s, so that the function may neither make a version of it nor launch with it: UnauthorizedOperation", groupsText(users), name, rollout.TagFollow),
		fmt.Sprintf("aws ec2 create-tags --region %s --resources %s --tags Key=%s,Value=%s", p.Name, id, rollout.TagFollow, users[0].Group.Follows))
}

// checkProfiles looks for instance profiles whose role the function may not pass. Only IAM knows it: a profile and its role have names of their own.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-ec2_instance-profiles.html
func (p probe) checkProfiles(ctx context.Context, results []rollout.Result) (found []Finding) {
	users := map[string][]rollout.Result{}
	for _, r := range results {
		if r.Profile != "" && !r.Resolves() {
			users[r.Profile] = append(users[r.Profile], r)
		}
	}
	client := iam.NewFromConfig(p.AWS)
	for _, profile := range slices.Sorted(maps.Keys(users)) {
		who := groupsText(users[profile]) + ": the instance profile " + profile
		out, err := client.GetInstanceProfile(ctx, &iam.GetInstanceProfileInput{InstanceProfileName: &profile})
		if _, missing := errors.AsType[*types.NoSuchEntityException](err); missing {
			found = append(found, one(Fail, who+" does not exist: nothing can be launched with it", "aws iam list-instance-profiles --query InstanceProfiles[].InstanceProfileName")...)
			continue
		}
		if err != nil {
			found = append(found, one(Unknown, who+": nobody can tell its role, and whether the function may pass it: "+brief(err), "")...)
			continue
		}
		for _, role := range out.InstanceProfile.Roles {
			if arn := aws.ToString(role.Arn); !slices.Contains(p.Config.Rollout.PassRoles, arn) {
				found = append(found, one(Fail, fmt.Sprintf("%s has the role %s, which the function may not pass: add it to rollout.passRoles, and deploy", who, arn), p.deploy())...)
			}
		}
	}
	return found
}

func groupsText(results []rollout.Result) string {
	var names []string
	for _, r := range results {
		names = append(names, r.Group.Name)
	}
	if len(names) == 1 {
		return "the group " + names[0]
	}
	return "the groups " + someOf(names)
}
