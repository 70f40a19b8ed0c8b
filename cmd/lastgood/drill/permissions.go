package drill

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"lastgood/infra/permission"
	"lastgood/shared/telemetry"
)

// idle are the functions with nothing to do: nobody makes an image or runs a policy in the DR
// Region, and nothing is copied to the main one.
var idle = map[string][]string{
	MainRegion: {telemetry.CopyImage.Name()},
	DRRegion:   {telemetry.CreateImage.Name(), telemetry.Snapshot.Name(), telemetry.Capture.Name()},
}

// allowedBy names the actions that allow calls of another name.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html
var allowedBy = map[string]string{"sqs:SendMessageBatch": "sqs:SendMessage"}

// permissions holds what each function called against what its role allows.
func (s *stage) permissions(ctx context.Context) error {
	s.out.event("What each function called is held against what its role allows.")
	calls, err := s.aws.Calls(ctx, 0)
	if err != nil {
		return err
	}
	made := map[string][]string{} // access key -> actions
	for _, c := range calls {
		action := c.Service + ":" + c.Action
		made[c.AccessKey] = append(made[c.AccessKey], cmp.Or(allowedBy[action], action))
	}
	held := map[string]bool{} // by access key: a function may have more than one queue
	var silent, beyond []string
	for _, f := range s.delivery.Functions {
		actions := slices.Compact(slices.Sorted(slices.Values(made[f.AccessKey])))
		if len(actions) == 0 && slices.Contains(idle[f.Region], f.Name) || held[f.AccessKey] {
			continue
		}
		held[f.AccessKey] = true
		name := f.Name + " in " + f.Region
		if len(actions) == 0 {
			silent = append(silent, name)
		}
		allowed := permission.Actions(telemetry.Function(strings.TrimPrefix(f.Name, "lastgood-")), s.config)
		if extra := slices.DeleteFunc(actions, func(a string) bool { return slices.Contains(allowed, a) }); len(extra) > 0 {
			beyond = append(beyond, fmt.Sprintf("%s called %s", name, strings.Join(extra, " ")))
		}
	}
	s.list.check(len(held) > 0 && silent == nil, fmt.Sprintf("each of the %d functions with something to do, in either Region, called AWS itself", len(held)),
		"no call was logged of %v", silent)
	s.list.check(beyond == nil, "no function called an action that its role does not allow", "%s", strings.Join(beyond, "; "))
	return nil
}
