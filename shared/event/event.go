// Package event knows the events of AWS that lastgood hears: how they look on the wire,
// how they decode, and how they come out of a Lambda invocation. Handlers get values
// of the domain; nothing of the wire leaves this package.
package event

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// Meta is what every event carries.
type Meta struct {
	ID     string    // the event's own id, the same in every delivery
	Name   string    // what happened: the API call, or the new state
	Region string    // where it happened
	Time   time.Time // when it happened

	// Redelivered says that this very message was received before, and not finished:
	// whoever received it may have died half-way.
	Redelivered bool
	// Receives is how often it was received, this time included, and Queue the name of the
	// queue it came from; 0 and "" for what came from no queue.
	Receives int
	Queue    string
}

// About is the event itself, of whatever kind it is.
func (m Meta) About() Meta { return m }

func (m *Meta) arrived(receives int, queue string) {
	m.Redelivered, m.Receives, m.Queue = receives > 1, receives, queue
}

// marked is what every event becomes by embedding Meta, and what Adapter relies on.
type marked interface {
	arrived(receives int, queue string)
}

var _ = []marked{(*CreateImage)(nil), (*CopyImage)(nil), (*ImageState)(nil), (*SnapshotState)(nil), (*Reconcile)(nil), (*Due)(nil), (*Capture)(nil), (*Rollout)(nil)}

// NotForUs says why an event that was understood is none of a function's business.
type NotForUs string

func (reason NotForUs) Error() string { return string(reason) }

// metaOf is what e's envelope says, of an event that cannot be used too: whoever reads
// the log has to find it again. name is what happened, as far as that is known.
func metaOf(e events.EventBridgeEvent, name string) Meta {
	return Meta{ID: e.ID, Name: name, Region: e.Region, Time: e.Time}
}

// envelope decodes what is common to all of EventBridge's events. An event of another
// source than EC2, or another detail type, is a NotForUs.
func envelope(raw []byte, detailType string) (events.EventBridgeEvent, error) {
	return envelopeOf(raw, "aws.ec2", detailType)
}

// envelopeOf does so for the events of another source.
func envelopeOf(raw []byte, source, detailType string) (events.EventBridgeEvent, error) {
	var e events.EventBridgeEvent
	if err := json.Unmarshal(raw, &e); err != nil {
		return e, fmt.Errorf("decoding an EventBridge event: %w", err)
	}
	switch {
	case e.DetailType == "" || e.Source == "" || len(e.Detail) == 0:
		return e, fmt.Errorf("decoding an EventBridge event: source, detail-type or detail is missing")
	case e.ID == "" || e.Region == "" || e.Time.IsZero():
		return e, fmt.Errorf("decoding an EventBridge event: id, region or time is missing")
	case e.Source != source || e.DetailType != detailType:
		return e, NotForUs(fmt.Sprintf("%q of %s", e.DetailType, e.Source))
	}
	return e, nil
}
