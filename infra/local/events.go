package local

import (
	"context"
	"encoding/json"
	"net/http"
)

// Event is an event that AWS sent, or is about to send.
type Event struct {
	Sequence   int             `json:"sequence"` // from 0
	Index      int             `json:"index"`    // its place among the held ones
	Region     string          `json:"region"`
	Envelope   json.RawMessage `json:"envelope"`
	State      string          `json:"state"` // queued, held, waiting (its Region is down), delivered, dropped, error
	Time       Moment          `json:"time"`
	Deliveries int             `json:"deliveries"`
	Targets    []string        `json:"targets"` // "<queue ARN>: delivered", or why not
}

// Events lists all events so far, in the order in which they came about.
func (a *AWS) Events(ctx context.Context) ([]Event, error) {
	var out struct{ Events []Event }
	err := a.control(ctx, http.MethodGet, "events", nil, &out)
	return out.Events, err
}

// HoldEvents keeps events back from now on, until ReleaseEvents.
func (a *AWS) HoldEvents(ctx context.Context) error {
	return a.control(ctx, http.MethodPost, "events/hold", nil, nil)
}

// HeldEvents lists the events kept back.
func (a *AWS) HeldEvents(ctx context.Context) ([]Event, error) {
	var out struct{ Events []Event }
	err := a.control(ctx, http.MethodGet, "events/held", nil, &out)
	return out.Events, err
}

// ReleaseEvents delivers held events in the order of these indices, one as often
// as it is named, drops those not named, and holds nothing back any more. With
// nil all are delivered as they came.
func (a *AWS) ReleaseEvents(ctx context.Context, order []int) error {
	in := map[string][]int{}
	if order != nil {
		in["order"] = order
	}
	return a.control(ctx, http.MethodPost, "events/release", in, nil)
}

// PutEvent sends an event, a whole EventBridge envelope, as an AWS service does.
func (a *AWS) PutEvent(ctx context.Context, region string, envelope json.RawMessage) error {
	in := map[string]any{"region": region, "event": envelope}
	return a.control(ctx, http.MethodPost, "events/put", in, nil)
}

// Ahead is what is still to happen at AWS.
type Ahead struct {
	Undelivered int `json:"undelivered"` // events on their way to their queues; not the held ones
	Timers      int `json:"timers"`      // images that will become available, parameters being validated
}

// Ahead asks what is still to happen.
func (a *AWS) Ahead(ctx context.Context) (Ahead, error) {
	var out Ahead
	err := a.control(ctx, http.MethodGet, "events/idle", nil, &out)
	return out, err
}
