package reconcile

import (
	"time"

	"golang.org/x/time/rate"

	"lastgood/shared/attest"
	"lastgood/shared/pointer"
	"lastgood/shared/recovery"
	"lastgood/shared/setup"
)

// reserve is kept of an invocation's time, to measure and report.
const reserve = 30 * time.Second

// New is the handler as it is deployed.
func New(s setup.Setup) Handler {
	var policies *Policies
	if len(s.Config.Policies) > 0 {
		policies = &Policies{
			Snapshots: s.Points.Snapshots,
			Copies:    s.Copies(),
			History:   s.History(),
			Pace:      rate.NewLimiter(attest.LookupsPerSecond, 1).Wait,
			Keeper:    s.Keeper(),
		}
	}
	return Handler{
		Policies:  policies,
		Images:    s.Points.Images,
		Originals: s.Originals(),
		Attestor:  s.Attestor(),
		Sweep: &pointer.Sweep{
			Settler:    s.Settler,
			Parameters: s.SSM,
			Pace:       rate.NewLimiter(pointer.PutsPerSecond, 1).Wait,
			Reserve:    reserve,
			Grace:      s.Config.EventGrace.Std(),
		},
		Watch:   recovery.Watch{MaxAge: s.Config.MaxPointerAge.Std(), RetireAfter: s.Config.RetireAfter.Std()},
		Every:   s.Config.ReconcileEvery.Std(),
		Log:     s.Log,
		Metrics: s.Metrics,
		Now:     s.Now,
	}
}
