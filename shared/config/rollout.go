package config

import (
	"errors"
	"fmt"
	"time"
)

// Rollout says how an image reaches the Auto Scaling groups that follow its instance. A
// group's own tags go before the percentage and the warm-up.
type Rollout struct {
	Retain               int      `json:"retain"`               // how many of the versions and launch configurations it made stay, of each template and group
	MinHealthyPercentage int      `json:"minHealthyPercentage"` // of a group that stays in service during a refresh
	InstanceWarmup       Duration `json:"instanceWarmup"`       // how long a new instance takes until it counts as in service
	AutoRollback         bool     `json:"autoRollback"`         // let Auto Scaling undo a refresh that fails
	AllowClaimed         bool     `json:"allowClaimed"`         // roll out images too of which nobody attests that they are the instance's
	PassRoles            []string `json:"passRoles"`            // roles of instance profiles that groups may launch with, as ARNs
}

// maxWarmup bounds a typing error: AWS documents no upper limit, and takes 0.
// https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_RefreshPreferences.html
const maxWarmup = 24 * time.Hour

func (r Rollout) validate() error {
	errs := []error{
		between("rollout.retain", r.Retain, 1, maxRetained),
		between("rollout.minHealthyPercentage", r.MinHealthyPercentage, 0, 100),
	}
	if r.InstanceWarmup.Std() > maxWarmup {
		errs = append(errs, bad("rollout.instanceWarmup", r.InstanceWarmup.String(), `"0 seconds" to "24 hours"`))
	}
	for i, role := range r.PassRoles {
		if !rolePattern.MatchString(role) {
			errs = append(errs, bad(fmt.Sprintf("rollout.passRoles[%d]", i), role, `an IAM role's ARN, such as "arn:aws:iam::111122223333:role/web"`))
		}
	}
	return errors.Join(errs...)
}
