package local

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// AgentState is what Systems Manager reaches of an instance.
type AgentState string

// An instance is online at first. While its agent is offline its commands wait;
// those for an unmanaged instance are refused.
const (
	AgentOnline    AgentState = "online"
	AgentOffline   AgentState = "offline"
	AgentUnmanaged AgentState = "unmanaged"
)

// SetAgent changes what Systems Manager reaches of an instance. Commands sent from now on
// reach it that much later, and may be overtaken by others.
func (a *AWS) SetAgent(ctx context.Context, instanceID string, state AgentState, delay time.Duration) error {
	in := map[string]any{"instanceId": instanceID, "state": state, "delay": delay.Seconds()}
	return a.control(ctx, http.MethodPost, "agents", in, nil)
}

// ExpireCommand ends a command that waits for its agent, as if its time for delivery was over.
func (a *AWS) ExpireCommand(ctx context.Context, commandID string) error {
	return a.control(ctx, http.MethodPost, "commands/expire", map[string]string{"commandId": commandID}, nil)
}

// HostDir is the folder in which an instance's commands run on this machine: home in it is
// their working directory, run what LASTGOOD_STATE_DIR names.
func (a *AWS) HostDir(ctx context.Context, instanceID string) (string, error) {
	var out struct{ Path string }
	err := a.control(ctx, http.MethodGet, "hosts?instanceId="+url.QueryEscape(instanceID), nil, &out)
	return out.Path, err
}
