package awsfake

import (
	"context"
	"fmt"
	"hash"
	"io"

	"github.com/aws/smithy-go"
)

// Call is one call of a process.
type Call struct {
	Region, Action string
	Read           bool
}

// Fault is what happens to a call.
type Fault struct {
	Before error // the call fails, and takes no effect
	After  error // the call takes effect, and its answer is lost
	Stale  bool  // a read answers from before the last change
	Dies   bool  // the process dies right after the call took effect
	Again  bool  // the first answer is lost and the SDK sends the call again: it takes effect twice
}

// Mishaps are what may happen to any call of a flow that has to get there all the same, by what one says of the call.
var Mishaps = map[string]Fault{
	"failing":           {Before: ErrThrottled},
	"losing its answer": {After: ErrLost},
	"twice":             {Again: true},
	"dying":             {Dies: true},
}

// Process is one running function: its clients share a hook, its count of calls and its fate.
type Process struct {
	World *World
	Hook  func(n int, c Call) Fault // n counts from 0; nil means that nothing happens
	Calls []Call
	dead  bool
	began map[string]int // Region -> the change at which its settling pass began
	seen  hash.Hash64    // all that the process's calls depended on; nil if nobody asks
}

// Process starts a process in the world.
func (w *World) Process(hook func(n int, c Call) Fault) *Process {
	return &Process{World: w, Hook: hook, began: map[string]int{}}
}

// Client is the process's client for one Region: it is EC2, SSM and KMS at once.
func (p *Process) Client(region string) *Client { return &Client{p, region} }

// Client calls one Region.
type Client struct {
	process *Process
	region  string
}

// do runs a call: the hook decides whether it takes effect, and whether anybody hears of it.
func do[Out any](ctx context.Context, c *Client, action string, read bool, effect func(r *region, stale bool) (Out, error)) (Out, error) {
	var nothing Out
	p := c.process
	if p.dead {
		return nothing, ErrDied
	}
	if err := ctx.Err(); err != nil {
		return nothing, err
	}
	call := Call{Region: c.region, Action: action, Read: read}
	n := len(p.Calls)
	p.Calls = append(p.Calls, call)
	var fault Fault
	if p.Hook != nil {
		fault = p.Hook(n, call)
	}
	if p.dead {
		return nothing, ErrDied
	}
	r, exists := p.World.regions[c.region]
	if !exists || p.World.down[c.region] {
		return nothing, errDown
	}
	if fault.Before != nil {
		return nothing, fault.Before
	}
	p.saw(action, r, fault)
	out, err := effect(r, fault.Stale)
	if fault.Again {
		p.saw(action, r, fault)
		out, err = effect(r, fault.Stale)
	}
	if fault.Dies {
		p.dead = true
		return nothing, ErrDied
	}
	if fault.After != nil {
		return nothing, fault.After
	}
	return out, err
}

// saw notes what the answer to a call depends on: two processes of one kind that saw the
// same are in the same state.
func (p *Process) saw(action string, r *region, fault Fault) {
	if p.seen == nil {
		return
	}
	io.WriteString(p.seen, action) //nolint:errcheck // a hash takes everything
	if fault != (Fault{}) {
		fmt.Fprint(p.seen, fault)
	}
	switch action {
	case "DescribeSnapshots":
		io.WriteString(p.seen, r.snapshotsAsOf(fault.Stale).String()) //nolint:errcheck // a hash takes everything
	case "DescribeImages", "CreateTags":
		io.WriteString(p.seen, r.imagesAsOf(fault.Stale).String()) //nolint:errcheck // likewise
	case "RunCommand":
		io.WriteString(p.seen, r.hosts.String()) //nolint:errcheck // likewise
	case "DescribeInstances", "DescribeVolumes":
		io.WriteString(p.seen, r.instances.String()+r.volumes.String()) //nolint:errcheck // likewise
	case "CreateSnapshots", "CreateSnapshot", "CreateImage": // what they make has an id that is news
		fmt.Fprint(p.seen, p.World.made)
	case "SendCommand":
		io.WriteString(p.seen, r.hosts.String()+r.commands.String()) //nolint:errcheck // likewise
	case "GetCommandInvocation", "ListCommands":
		io.WriteString(p.seen, r.commandsAsOf(fault.Stale).String()) //nolint:errcheck // likewise
	case "DescribeAutoScalingGroups", "DescribeInstanceRefreshes", "DescribeLaunchConfigurations", "DescribeLaunchTemplateVersions",
		"CreateLaunchTemplateVersion", "DeleteLaunchTemplateVersions", "CreateLaunchConfiguration", "DeleteLaunchConfiguration",
		"UpdateAutoScalingGroup", "StartInstanceRefresh", "CreateOrUpdateTags":
		io.WriteString(p.seen, r.scalingAsOf(fault.Stale).String()) //nolint:errcheck // likewise
	case "GenerateMac", "VerifyMac":
	default:
		io.WriteString(p.seen, r.parametersAsOf(fault.Stale).String()) //nolint:errcheck // likewise
	}
}

// Change is a change of the world that the process makes as one step, where a test can
// put other processes' calls before and after it.
func (p *Process) Change(name string, change func(w *World)) {
	if p.dead {
		return
	}
	if p.Hook != nil {
		p.Hook(len(p.Calls), Call{Action: name})
	}
	p.Calls = append(p.Calls, Call{Action: name})
	if !p.dead {
		change(p.World)
	}
}

// Count is how often the process made a call.
func (p *Process) Count(action string) int {
	n := 0
	for _, c := range p.Calls {
		if c.Action == action {
			n++
		}
	}
	return n
}

func apiError(code string) error {
	return &smithy.GenericAPIError{Code: code, Message: "the fake says so"}
}

func (w *World) broken(format string, args ...any) {
	w.Broken = append(w.Broken, fmt.Sprintf(format, args...))
}
