package event

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Reconcile asks to look at everything: EventBridge Scheduler's word, or a person's.
type Reconcile struct {
	Meta
}

// DecodeReconcile reads {"reconcile": "<why>"}.
func DecodeReconcile(raw []byte) (Reconcile, error) {
	var e struct {
		Why string `json:"reconcile"`
	}
	if err := json.Unmarshal(raw, &e); err != nil {
		return Reconcile{}, fmt.Errorf("decoding a request to reconcile: %w", err)
	}
	if e.Why == "" {
		return Reconcile{}, errors.New(`decoding a request to reconcile: "reconcile" does not say why`)
	}
	return Reconcile{Meta{Name: "reconcile " + e.Why}}, nil
}
