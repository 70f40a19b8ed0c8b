package operator

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"

	"lastgood/shared/config"
	"lastgood/shared/recovery"
	"lastgood/shared/rollout"
)

// GroupStanding is how an Auto Scaling group stands that follows an instance.
type GroupStanding struct {
	Group   string        `json:"group"`
	Region  string        `json:"region"`
	Follows string        `json:"follows"`
	Runs    string        `json:"runs,omitempty"`   // the image that it launches
	Target  string        `json:"target,omitempty"` // the image that its pointer names
	State   GroupState    `json:"state"`
	Refresh *GroupRefresh `json:"refresh,omitempty"` // that is under way
	Reason  string        `json:"reason,omitempty"`  // in the words of the function's log
	Command string        `json:"command,omitempty"` // what mends it
}

// GroupRefresh is an instance refresh that is under way.
type GroupRefresh struct {
	ID     string `json:"id"`
	Status string `json:"status"`          // as Auto Scaling calls it
	Image  string `json:"image,omitempty"` // what it brings; nothing where that cannot be known
}

// GroupState says in a word how a group stands.
type GroupState string

// The states. To act on there is something with the last four.
const (
	GroupCurrent    GroupState = "current"    // it launches what its pointer names
	GroupRefreshing GroupState = "refreshing" // a refresh brings that
	GroupWaiting    GroupState = "waiting"    // a refresh to something else is under way
	GroupHeld       GroupState = "held"
	GroupLeft       GroupState = "left"    // there is nothing to give it, or AWS gives it by itself
	GroupBehind     GroupState = "behind"  // rollout's next look gives it what its pointer names
	GroupFailed     GroupState = "failed"  // its refresh failed
	GroupRefused    GroupState = "refused" // a person has to put something right
	GroupUnknown    GroupState = "unknown" // it could not be looked at
)

// Warns reports whether there is something to act on.
func (g GroupStanding) Warns() bool {
	return slices.Contains([]GroupState{GroupBehind, GroupFailed, GroupRefused, GroupUnknown}, g.State)
}

// rollout is what rolls images out in a Region, as the function does.
func (r *Region) rollout(c config.Config) *rollout.Rollout {
	return &rollout.Rollout{
		Groups: autoscaling.NewFromConfig(r.AWS), EC2: r.EC2, SSM: r.SSM, Images: r.Points.Images,
		Verifier: r.Key, Store: r.Settler.Store, Config: c.Rollout,
	}
}

// groupsIn are the groups of a Region that follow instances: those asked for, or with nothing asked for any.
func (a *Account) groupsIn(ctx context.Context, r *Region, only []string) ([]GroupStanding, error) {
	sources := slices.DeleteFunc(slices.Clone(only), func(id string) bool { return !recovery.IsInstanceID(id) })
	if len(only) > 0 && len(sources) == 0 {
		return nil, nil
	}
	results, err := r.rollout(a.Config).Plan(ctx, sources...)
	if err != nil {
		return nil, err
	}
	var standings []GroupStanding
	for _, result := range results {
		standings = append(standings, groupStanding(r.Name, result))
	}
	return standings, nil
}

func groupStanding(region string, r rollout.Result) GroupStanding {
	s := GroupStanding{Group: r.Group.Name, Region: region, Follows: r.Group.Follows, Runs: r.Runs, Target: r.Want, Reason: r.Decision.Reason}
	if r.Under != nil {
		s.Refresh = &GroupRefresh{r.Under.ID, r.Under.Status, r.Under.Image}
	}
	again := fmt.Sprintf("lastgood rollout %s --region %s", s.Group, region)
	switch {
	case r.Err != nil:
		s.State, s.Reason = GroupUnknown, brief(r.Err)
	case r.Decision.Acts():
		s.State, s.Reason, s.Command = GroupBehind, "rollout's next look gives it "+r.Want, again
	default:
		s.State = map[rollout.Verdict]GroupState{
			rollout.Unchanged: GroupCurrent, rollout.Waiting: GroupWaiting, rollout.Held: GroupHeld,
			rollout.Left: GroupLeft, rollout.Failed: GroupFailed, rollout.Refused: GroupRefused,
		}[r.Decision.Verdict]
	}
	switch {
	case s.State == GroupHeld:
		s.Reason, s.Command = s.Reason+", until somebody takes it off", again
	case s.State == GroupFailed: // the log names the command
		s.Reason, _, _ = strings.Cut(s.Reason, rollout.ToTryAgain)
		s.Command = again
	case s.State == GroupRefused && r.Group.WrongTag != "":
		s.Command = fmt.Sprintf("aws autoscaling create-or-update-tags --region %s --tags ResourceId=%s,ResourceType=auto-scaling-group,Key=%s,Value=…,PropagateAtLaunch=false", region, s.Group, r.Group.WrongTag)
	case s.State == GroupLeft && r.Want == "":
		s.Command = "lastgood status " + s.Follows
	}
	if s.State == GroupCurrent && r.Under != nil && r.Want != r.Runs {
		s.State = GroupRefreshing
	}
	return s
}
