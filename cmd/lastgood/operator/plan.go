package operator

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"lastgood/shared/attest"
	"lastgood/shared/config"
	"lastgood/shared/inventory"
	"lastgood/shared/lifecycle"
	"lastgood/shared/recovery"
	"lastgood/shared/retention"
)

// Plan is what the policies would do, as things stand.
type Plan struct {
	At       time.Time    `json:"at"`
	Policies []PolicyPlan `json:"policies"` // those configured in their order, then those that only recovery points tell of
	Silent   []Silent     `json:"silent"`   // Regions that did not answer
}

// PolicyPlan is what one policy would do.
type PolicyPlan struct {
	Policy   string    `json:"policy"`
	Schedule string    `json:"schedule,omitempty"`
	Timezone string    `json:"timezone,omitempty"`
	Produce  string    `json:"produce,omitempty"`
	Next     time.Time `json:"next,omitzero"` // of its runs; zero where there is none
	Notes    []string  `json:"notes"`
	Regions  []PlanIn  `json:"regions"`
}

// PlanIn is what a policy would do in one Region.
type PlanIn struct {
	Region     string          `json:"region"`
	Targets    []PlannedTarget `json:"targets"`    // that the next run would capture
	Sets       []PlannedSet    `json:"sets"`       // that are kept, or would be deleted
	Copies     []PlannedCopy   `json:"copies"`     // that are due
	Unanswered []string        `json:"unanswered"` // Regions to copy to that gave no answer
	policy     string
}

// PlannedTarget is an instance or volume, and its volumes.
type PlannedTarget struct {
	ID      string   `json:"id"`
	Volumes []string `json:"volumes"`
	LeftOut []string `json:"leftOut"`
}

// PlannedSet is what one attempt of a run made, or the copy of that.
type PlannedSet struct {
	Target  string          `json:"target"`
	Run     string          `json:"run"`
	Attempt string          `json:"attempt,omitempty"`
	Copied  bool            `json:"copied"`
	TakenAt time.Time       `json:"takenAt,omitzero"`
	State   retention.State `json:"state"`
	Points  []string        `json:"points"`
	Delete  bool            `json:"delete"`
	Reason  string          `json:"reason"`
}

// PlannedCopy is a copy that is due.
type PlannedCopy struct {
	Target string `json:"target"`
	Point  string `json:"point"`
	To     string `json:"to"`
	Reason string `json:"reason"`
}

// Plan looks at what the policies, or the one of that name, would do. It changes nothing.
func (a *Account) Plan(ctx context.Context, region string, only *config.Policy) (Plan, error) {
	looking := a.impatient()
	if region != "" {
		looking.Regions = slices.DeleteFunc(looking.Regions, func(r *Region) bool { return r.Name != region })
	}
	policies := a.Config.Policies
	if only != nil {
		policies = []config.Policy{*only}
	}
	answers, silent, err := ask(looking, func(r *Region) ([]PlanIn, error) { return looking.planIn(ctx, r, policies, only != nil) })
	if err != nil {
		return Plan{}, err
	}
	plan := Plan{At: a.Now().UTC(), Policies: []PolicyPlan{}, Silent: silent}
	for _, p := range policies {
		plan.Policies = append(plan.Policies, a.planOf(p))
	}
	for _, in := range slices.Concat(answers...) {
		i := slices.IndexFunc(plan.Policies, func(p PolicyPlan) bool { return p.Policy == in.policy })
		if i < 0 {
			i = len(plan.Policies)
			plan.Policies = append(plan.Policies, PolicyPlan{Policy: in.policy, Notes: []string{"it is not in the configuration: everything that it made is kept"}})
		}
		plan.Policies[i].Regions = append(plan.Policies[i].Regions, in)
	}
	for i, p := range plan.Policies {
		_, known := a.Config.Policy(p.Policy)
		if known && len(silent) == 0 && !slices.ContainsFunc(p.Regions, func(in PlanIn) bool { return len(in.Targets) > 0 }) {
			plan.Policies[i].Notes = append(plan.Policies[i].Notes, "it has no targets")
		}
	}
	return plan, nil
}

// planOf is what can be said of a policy without asking anybody.
func (a *Account) planOf(p config.Policy) PolicyPlan {
	plan := PolicyPlan{Policy: p.Name, Schedule: p.Schedule, Timezone: p.Timezone, Produce: string(p.Produce), Notes: []string{}}
	var again bool
	if plan.Next, again = p.Next(a.Now()); !again {
		plan.Notes = append(plan.Notes, "its schedule has no next run")
	}
	if p.Scripts != nil && p.Scripts.Document != "" {
		plan.Notes = append(plan.Notes, fmt.Sprintf(
			"the document %s is your own and has no fence: when a command arrives late, after the thaw, another thaw can only be attempted", p.Scripts.Document))
	}
	return plan
}

func (a *Account) planIn(ctx context.Context, r *Region, policies []config.Policy, only bool) ([]PlanIn, error) {
	plans := map[string]*PlanIn{}
	of := func(policy string) *PlanIn {
		if plans[policy] == nil {
			plans[policy] = &PlanIn{policy: policy, Region: r.Name, Targets: []PlannedTarget{}, Sets: []PlannedSet{}, Copies: []PlannedCopy{}, Unanswered: []string{}}
		}
		return plans[policy]
	}
	runs := []string{"*"}
	if only {
		runs = []string{policies[0].Name + "/*"}
	}
	for _, p := range policies {
		targets, err := r.plannedTargets(ctx, p)
		if err != nil {
			return nil, err
		}
		of(p.Name).Targets = targets
	}
	points, err := r.Points.OfRuns(ctx, runs...)
	if err != nil {
		return nil, err
	}
	results, err := a.keeper(r).Plan(ctx, subjects(points)...)
	if err != nil {
		return nil, err
	}
	for _, result := range results {
		of(result.Policy).add(result)
	}
	var all []PlanIn
	for _, policy := range slices.Sorted(maps.Keys(plans)) {
		all = append(all, *plans[policy])
	}
	return all, nil
}

// keeper decides as the functions do.
func (a *Account) keeper(r *Region) *lifecycle.Keeper {
	return &lifecycle.Keeper{
		Config: a.Config, Points: r.Points, EC2: r.EC2, Groups: autoscaling.NewFromConfig(r.AWS), SSM: r.SSM, Verifier: r.Key,
		Elsewhere: func(region string) lifecycle.Destination {
			return ec2.NewFromConfig(r.AWS, func(o *ec2.Options) { o.Region = region })
		},
		Timeout: attest.SourceRegionTimeout, Now: a.Now,
	}
}

// subjects are the policies and targets of which there are points, in order.
func subjects(points []recovery.Point) []lifecycle.Subject {
	all := map[lifecycle.Subject]bool{}
	for _, p := range points {
		if s, ok := lifecycle.SubjectOf(p); ok {
			all[s] = true
		}
	}
	return slices.SortedFunc(maps.Keys(all), func(a, b lifecycle.Subject) int {
		return cmp.Or(cmp.Compare(a.Policy, b.Policy), cmp.Compare(a.Target, b.Target))
	})
}

func (in *PlanIn) add(r lifecycle.Result) {
	for _, d := range r.Decisions {
		s := PlannedSet{
			Target: r.Target, Run: d.Run.String(), Attempt: d.Attempt, Copied: d.Copied, TakenAt: d.TakenAt, State: d.State,
			Points: []string{}, Delete: d.Delete, Reason: d.Reason,
		}
		for _, p := range d.Points {
			s.Points = append(s.Points, p.ID)
		}
		in.Sets = append(in.Sets, s)
	}
	for _, c := range r.Due {
		in.Copies = append(in.Copies, PlannedCopy{r.Target, c.Original.ID, c.To.Region, c.Reason})
	}
	for _, region := range r.Unanswered {
		if !slices.Contains(in.Unanswered, region) {
			in.Unanswered = append(in.Unanswered, region)
		}
	}
}

// Unanswered counts the Regions of which nobody could tell everything.
func (p Plan) Unanswered() int {
	n := len(p.Silent)
	for _, policy := range p.Policies {
		for _, in := range policy.Regions {
			n += len(in.Unanswered)
		}
	}
	return n
}

func (r *Region) plannedTargets(ctx context.Context, p config.Policy) ([]PlannedTarget, error) {
	ids, err := inventory.Targets{EC2: r.EC2}.Find(ctx, p.Target)
	if err != nil {
		return nil, fmt.Errorf("policy %s: %w", p.Name, err)
	}
	targets := []PlannedTarget{}
	if p.Target.Type == config.Volume {
		for _, id := range ids {
			targets = append(targets, PlannedTarget{ID: id, Volumes: []string{id}, LeftOut: []string{}})
		}
		return targets, nil
	}
	for some := range slices.Chunk(ids, perFilter) {
		more, err := r.plannedInstances(ctx, p, some)
		if err != nil {
			return nil, err
		}
		targets = append(targets, more...)
	}
	return targets, nil
}
