package event

import (
	"encoding/json"
	"fmt"
)

// Rollout asks to look at the Auto Scaling groups that follow a pointer: a "Parameter Store
// Change", best effort and within seconds, EventBridge Scheduler's word, or a person's.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/monitoring-systems-manager-event-examples.html#SSM-Parameter-Store-event-types
type Rollout struct {
	Meta
	Parameter string // the parameter that changed; "" asks to look at the groups of all pointers
}

// parameterChange is what the event of a parameter is called.
const parameterChange = "Parameter Store Change"

// DecodeRollout reads a "Parameter Store Change" event, or {"reconcile": "<why>"}.
func DecodeRollout(raw []byte) (Rollout, error) {
	var shape struct {
		DetailType string `json:"detail-type"`
		Why        string `json:"reconcile"`
	}
	if json.Unmarshal(raw, &shape) == nil && shape.DetailType == "" && shape.Why != "" {
		return Rollout{Meta: Meta{Name: "rollout " + shape.Why}}, nil
	}
	e, err := envelopeOf(raw, "aws.ssm", parameterChange)
	if err != nil {
		return Rollout{Meta: metaOf(e, e.DetailType)}, err
	}
	var detail struct {
		Operation string `json:"operation"`
		Name      string `json:"name"`
		Exception string `json:"exception"`
	}
	if err := json.Unmarshal(e.Detail, &detail); err != nil {
		return Rollout{Meta: metaOf(e, e.DetailType)}, fmt.Errorf("decoding the detail of event %s: %w", e.ID, err)
	}
	r := Rollout{Meta: metaOf(e, detail.Operation), Parameter: detail.Name}
	switch {
	case detail.Operation == "" || detail.Name == "":
		return r, fmt.Errorf("decoding event %s: operation or name is missing", e.ID)
	case detail.Exception != "":
		return r, NotForUs("the parameter did not change: " + detail.Exception)
	case detail.Operation != "Create" && detail.Operation != "Update" && detail.Operation != "Delete":
		return r, NotForUs(fmt.Sprintf("the operation %q", detail.Operation))
	}
	return r, nil
}
