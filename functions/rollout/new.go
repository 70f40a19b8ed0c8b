package rollout

import (
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"

	"lastgood/shared/pointer"
	"lastgood/shared/rollout"
	"lastgood/shared/setup"
)

// New is the handler as it is deployed.
func New(s setup.Setup) Handler {
	return Handler{
		Rollout: &rollout.Rollout{
			Groups:   autoscaling.NewFromConfig(s.AWS),
			EC2:      s.EC2,
			SSM:      s.SSM,
			Images:   s.Points.Images,
			Verifier: s.Key,
			Store:    s.Settler.Store,
			Config:   s.Config.Rollout,
		},
		Prefix:  pointer.Names(s.Config.Parameter.Prefix),
		Log:     s.Log,
		Metrics: s.Metrics,
	}
}
