package awsfake

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// command is one command on one instance, as SSM knows it.
type command struct {
	id, instance, document, executionID, command, comment string
	status, details                                       string
	exitCode                                              int32
	ran                                                   bool // on the host, whatever SSM says of it
}

// Unmanage takes an instance from SSM, which SetHost gave to it: it was stopped, or is
// gone. Its application goes with it.
func (w *World) Unmanage(in, instance string) {
	w.regions[in].hosts = w.regions[in].hosts.without(instance)
}

// FireTimer lets an instance's own thaw happen, if anything is frozen.
func (w *World) FireTimer(in, instance string) { w.SetHost(in, instance, w.Host(in, instance).Timer()) }

// Undelivered lists the commands that have not reached their host, in the order they were sent.
// Expired ones are among them: Run Command may deliver them all the same.
func (w *World) Undelivered(in string) []string {
	r := w.regions[in]
	return slices.DeleteFunc(r.commands.ids(), func(id string) bool { return r.commands.rows[id].ran })
}

// Deliver lets a command run on its host, however late. What SSM said of it before stands.
func (w *World) Deliver(in, id string) {
	r := w.regions[in]
	c := r.commands.rows[id]
	if _, exists := r.hosts.rows[c.instance]; c.ran || !exists {
		return
	}
	exitCode := w.run(in, Command{c.instance, c.executionID, c.command})
	c.exitCode, c.ran = int32(exitCode), true //nolint:gosec // an exit code fits
	if c.status == "Pending" {
		c.status, c.details = "Success", "Success"
		if c.exitCode != 0 {
			c.status, c.details = "Failed", "Failed"
		}
	}
	r.setCommand(c)
}

// Expire ends a command that was not delivered in time.
func (w *World) Expire(in, id string) {
	r := w.regions[in]
	if c := r.commands.rows[id]; c.status == "Pending" {
		c.status, c.details, c.exitCode = "TimedOut", "DeliveryTimedOut", -1
		r.setCommand(c)
	}
}

func (r *region) setCommand(c command) {
	r.commandsBefore, r.commands = r.commands, r.commands.with(c.id, c)
}

func (r *region) commandsAsOf(stale bool) *table[command] {
	if stale {
		return r.commandsBefore
	}
	return r.commands
}

// SendCommand delivers at once, unless the world is Offline. It has no client token: who
// lets the SDK send it again breaks the world.
func (c *Client) SendCommand(ctx context.Context, in *ssm.SendCommandInput, options ...func(*ssm.Options)) (*ssm.SendCommandOutput, error) {
	return do(ctx, c, "SendCommand", false, func(r *region, _ bool) (*ssm.SendCommandOutput, error) {
		var o ssm.Options
		for _, option := range options {
			option(&o)
		}
		w := c.process.World
		if _, once := o.Retryer.(aws.NopRetryer); !once {
			w.broken("SendCommand to %s may be sent again by the SDK", in.InstanceIds[0])
		}
		if _, managed := r.hosts.rows[in.InstanceIds[0]]; !managed {
			return nil, &types.InvalidInstanceId{}
		}
		sent := command{
			id:       fmt.Sprintf("00000000-0000-4000-8000-%012d", len(r.commands.rows)+1),
			instance: in.InstanceIds[0], document: *in.DocumentName, comment: aws.ToString(in.Comment),
			executionID: in.Parameters["executionId"][0], command: in.Parameters["command"][0],
			status: "Pending", details: "Pending", exitCode: -1,
		}
		r.setCommand(sent)
		if !w.Offline {
			w.Deliver(c.region, sent.id)
		}
		return &ssm.SendCommandOutput{Command: &types.Command{CommandId: &sent.id}}, nil
	})
}

// GetCommandInvocation does not know a command that it has not seen yet.
func (c *Client) GetCommandInvocation(ctx context.Context, in *ssm.GetCommandInvocationInput, _ ...func(*ssm.Options)) (*ssm.GetCommandInvocationOutput, error) {
	return do(ctx, c, "GetCommandInvocation", true, func(r *region, stale bool) (*ssm.GetCommandInvocationOutput, error) {
		found, exists := r.commandsAsOf(stale).rows[*in.CommandId]
		if !exists || found.instance != *in.InstanceId {
			return nil, &types.InvocationDoesNotExist{}
		}
		return &ssm.GetCommandInvocationOutput{
			CommandId: in.CommandId, InstanceId: in.InstanceId, DocumentName: &found.document, Comment: &found.comment,
			Status: types.CommandInvocationStatus(found.status), StatusDetails: &found.details, ResponseCode: found.exitCode,
		}, nil
	})
}

// ListCommands knows the instance and the filter DocumentName; whatever there is was invoked lately.
func (c *Client) ListCommands(ctx context.Context, in *ssm.ListCommandsInput, _ ...func(*ssm.Options)) (*ssm.ListCommandsOutput, error) {
	return do(ctx, c, "ListCommands", true, func(r *region, stale bool) (*ssm.ListCommandsOutput, error) {
		commands := r.commandsAsOf(stale)
		out := &ssm.ListCommandsOutput{}
		for _, id := range commands.ids() {
			found := commands.rows[id]
			if found.instance == *in.InstanceId && !slices.ContainsFunc(in.Filters, func(f types.CommandFilter) bool {
				return f.Key == types.CommandFilterKeyDocumentName && *f.Value != found.document
			}) {
				out.Commands = append(out.Commands, types.Command{CommandId: &found.id, DocumentName: &found.document, Comment: &found.comment})
			}
		}
		return out, nil
	})
}
