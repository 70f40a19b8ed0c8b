package operator

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	stacks "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"lastgood/shared/config"
	"lastgood/shared/pointer"
)

// Level is how a check came out.
type Level string

// The levels.
const (
	OK      Level = "ok"
	Warn    Level = "warn"
	Fail    Level = "fail"
	Unknown Level = "unknown" // nobody could tell
)

// Finding is what a check found in a Region.
type Finding struct {
	Region  string `json:"region"`
	Check   string `json:"check"`
	Level   Level  `json:"level"`
	Text    string `json:"text"`
	Command string `json:"command,omitempty"` // what mends it, or looks further
}

// Findings are all there are, in the order of the Regions and the checks.
type Findings []Finding

// ToActOn counts those that somebody has to act on.
func (f Findings) ToActOn() int {
	n := 0
	for _, finding := range f {
		if finding.Level == Warn || finding.Level == Fail {
			n++
		}
	}
	return n
}

// probe is a Region to be checked.
type probe struct {
	*Region
	Config config.Config
	File   ConfigFile
	Now    func() time.Time
	// everywhere are all Regions, for what is only wrong if it is so in all of them.
	everywhere []*Region
	// dryRuns allows to run the dry runs of documents.
	dryRuns bool
	// ours is lastgood's stack of the Region, asked for once for all checks.
	ours func() (stacks.Stack, error)
	// all lists every parameter of the Region, once for all checks.
	all func() ([]types.ParameterMetadata, error)
}

// check looks at one thing. Its error says that nobody could tell.
type check struct {
	name   string
	look   func(context.Context, probe) ([]Finding, error)
	onOurs bool // it looks at what the stack makes: without a stack there is nothing to look at
}

var checks = []check{
	{name: "credentials", look: checkCredentials},
	{name: "stack", look: checkStack},
	{name: "trail", look: checkTrail},
	{name: "rules", look: checkRules, onOurs: true},
	{name: "schedule", look: checkSchedules, onOurs: true},
	{name: "dead-letters", look: checkDeadLetters, onOurs: true},
	{name: "captures", look: checkCaptures, onOurs: true},
	{name: "targets", look: checkTargets},
	{name: "scripts", look: checkScripts, onOurs: true},
	{name: "copies", look: checkCopies},
	{name: "groups", look: checkGroups},
	{name: "reconcile", look: checkReconcile, onOurs: true},
	{name: "prefix", look: checkPrefix},
	{name: "parameters", look: checkParameters},
	{name: "quota", look: checkQuota},
	{name: "throughput", look: checkThroughput},
	{name: "signers", look: checkSigners, onOurs: true},
	{name: "tags", look: checkTags},
}

// Doctor checks all Regions, or the one of that name. It changes nothing; with dryRuns it runs the dry run of each
// policy's document on one of its targets, which looks at the host and leaves it as it is.
func (a *Account) Doctor(ctx context.Context, region string, dryRuns bool) Findings {
	everywhere, looking := a.impatient().Regions, a.In(region).impatient()
	found := make([]Findings, len(looking.Regions))
	var looks sync.WaitGroup
	for i, r := range looking.Regions {
		p := probe{Region: r, Config: a.Config, File: a.File, Now: a.Now, everywhere: everywhere, dryRuns: dryRuns}
		p.ours = sync.OnceValues(func() (stacks.Stack, error) { return r.stack(ctx) })
		p.all = sync.OnceValues(func() ([]types.ParameterMetadata, error) { return pointer.Describe(ctx, r.SSM) })
		looks.Go(func() { found[i] = p.examine(ctx) })
	}
	looks.Wait()
	return slices.Concat(found...)
}

// examine makes every check. Where none was answered there is one finding for all.
func (p probe) examine(ctx context.Context) Findings {
	found, errs := make([][]Finding, len(checks)), make([]error, len(checks))
	var looks sync.WaitGroup
	for i, c := range checks {
		looks.Go(func() {
			if c.onOurs {
				if _, err := p.ours(); errors.Is(err, errNoStack) {
					return
				}
			}
			found[i], errs[i] = c.look(ctx, p)
		})
	}
	looks.Wait()
	answered := slices.ContainsFunc(errs, func(err error) bool { return err != nil && !unanswered(err) }) ||
		slices.ContainsFunc(slices.Concat(found...), func(f Finding) bool { return f.Level != Unknown })
	if !answered {
		return Findings{{p.Name, "region", Fail, "the Region does not answer: " + brief(errs[0]), ""}}
	}
	var all Findings
	for i, c := range checks {
		for _, f := range found[i] {
			f.Region, f.Check, f.Command = p.Name, c.name, p.File.Command(f.Command)
			all = append(all, f)
		}
		if errs[i] != nil && !noCredentials(errs[i]) { // the check of those tells it once
			all = append(all, Finding{p.Name, c.name, Unknown, brief(errs[i]), ""})
		}
	}
	return all
}

// one is the finding of a check that has just one.
func one(level Level, text, command string) []Finding {
	return []Finding{{Level: level, Text: text, Command: command}}
}
