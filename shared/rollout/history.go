package rollout

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

// Refreshes that have not ended, and those that are on their way back.
// https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_InstanceRefresh.html
var (
	underWay = []types.InstanceRefreshStatus{
		types.InstanceRefreshStatusPending, types.InstanceRefreshStatusInProgress, types.InstanceRefreshStatusBaking,
		types.InstanceRefreshStatusCancelling, types.InstanceRefreshStatusRollbackInProgress,
	}
	undone = []types.InstanceRefreshStatus{types.InstanceRefreshStatusCancelling, types.InstanceRefreshStatusRollbackInProgress}
)

// history adds what the group's refreshes say: the one that is under way, the newest one to the wanted image that has ended,
// and since the last one that went well, one to another image that left instances of it.
func (v *view) history(f *Facts) {
	wentWell := false
	for _, described := range newestFirst(v.refreshes[f.Group.Name]) {
		r := &Refresh{
			ID: aws.ToString(described.InstanceRefreshId), Status: string(described.Status), Reason: aws.ToString(described.StatusReason),
			Image: v.brings(described, f.Runs), Undone: slices.Contains(undone, described.Status),
			Good: described.Status == types.InstanceRefreshStatusSuccessful,
		}
		switch {
		case slices.Contains(underWay, described.Status):
			f.Under = r
			continue
		case described.DesiredConfiguration == nil:
		case r.Image == f.Want:
			f.Last = or(f.Last, r)
		case !wentWell && !r.Good && r.Image != "" && v.launched(f.Group, desiredBy(described)):
			f.Left = or(f.Left, r)
		}
		wentWell = wentWell || r.Good
	}
}

func or(first, second *Refresh) *Refresh {
	if first != nil {
		return first
	}
	return second
}

// launched reports whether a group has an instance of a version.
func (v *view) launched(g Group, s Spec) bool {
	return slices.ContainsFunc(g.described.Instances, func(i types.Instance) bool {
		launched := specOf(i.LaunchTemplate)
		return launched.Version == s.Version && v.same(launched, s)
	})
}

// newestFirst sorts refreshes. There is at most one that has not ended, and it is the newest.
func newestFirst(refreshes []types.InstanceRefresh) []types.InstanceRefresh {
	return slices.SortedStableFunc(slices.Values(refreshes), func(a, b types.InstanceRefresh) int { return ended(b).Compare(ended(a)) })
}

// ended is when a refresh ended, and of one that has not, later than all. One that was cancelled before it began has no start.
func ended(r types.InstanceRefresh) time.Time {
	switch {
	case slices.Contains(underWay, r.Status):
		return time.Unix(1<<60, 0)
	case r.EndTime != nil:
		return *r.EndTime
	}
	return aws.ToTime(r.StartTime)
}

// brings is the image of a refresh's desired configuration; without one it is what the group runs.
func (v *view) brings(r types.InstanceRefresh, runs string) string {
	if r.DesiredConfiguration == nil {
		return runs
	}
	version, _ := v.version(desiredBy(r))
	return imageIn(version)
}

// desiredBy is the launch template's version that a refresh brings.
func desiredBy(r types.InstanceRefresh) Spec {
	d := r.DesiredConfiguration
	switch {
	case d == nil:
		return Spec{}
	case d.MixedInstancesPolicy != nil && d.MixedInstancesPolicy.LaunchTemplate != nil:
		return specOf(d.MixedInstancesPolicy.LaunchTemplate.LaunchTemplateSpecification)
	}
	return specOf(d.LaunchTemplate)
}
