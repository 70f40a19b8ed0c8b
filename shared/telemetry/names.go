// Package telemetry holds the one vocabulary of log fields, metric names and
// function names. The functions emit them; infra and the documentation import
// them, so that an alarm cannot name a metric that nobody emits.
package telemetry

// Namespace is the CloudWatch namespace of every metric lastgood emits.
const Namespace = "Lastgood"

// Function is the name of a function's folder below functions/.
type Function string

// The functions.
const (
	CreateImage Function = "createimage"
	CopyImage   Function = "copyimage"
	ImageState  Function = "imagestate"
)

// Functions lists every function.
var Functions = []Function{CreateImage, CopyImage, ImageState}

// Name is the name the function is deployed under.
func (f Function) Name() string { return "lastgood-" + string(f) }

// Log fields. One spelling each, in every function.
const (
	FieldEventID   = "event_id"
	FieldEventName = "event_name"
	FieldSourceID  = "source_id"
	FieldImageID   = "image_id"
	FieldRegion    = "region"
	FieldOutcome   = "outcome"
	FieldReason    = "reason"
	FieldError     = "error"
	FieldEvidence  = "evidence"
	FieldFrom      = "from"
	FieldTo        = "to"
	FieldParameter = "parameter"
)
