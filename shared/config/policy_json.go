package config

import (
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Defaults are there before a value is read over them, so that what is written is never
// taken for what is missing.

// UnmarshalJSONFrom reads a policy over its defaults.
func (p *Policy) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	type plain Policy
	*p = Policy{Timezone: "UTC", Produce: Snapshot}
	return json.UnmarshalDecode(dec, (*plain)(p))
}

// UnmarshalJSONFrom reads scripts over their defaults, which are those of Data Lifecycle Manager.
func (s *Scripts) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	type plain Scripts
	*s = Scripts{Timeout: Duration(10 * time.Second), OnFailure: CrashConsistent}
	return json.UnmarshalDecode(dec, (*plain)(s))
}

// UnmarshalJSONFrom reads a rule of retention over its default, which an age has only.
func (r *Retain) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	type plain Retain
	const missing = -1 << 31
	*r = Retain{AtLeast: missing}
	err := json.UnmarshalDecode(dec, (*plain)(r))
	switch {
	case r.AtLeast != missing:
	case r.Age > 0:
		r.AtLeast = 1
	default:
		r.AtLeast = 0
	}
	return err
}
