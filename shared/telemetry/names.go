// Package telemetry holds the one vocabulary of function names, other names of what the
// stacks make, log fields, outcomes and metrics. The functions emit them; infra and the documentation import them, so
// that an alarm cannot name a metric that nobody emits.
package telemetry

// Namespace is the CloudWatch namespace of every metric lastgood emits.
const Namespace = "Lastgood"

// Function is the name of a function's folder below functions/.
type Function string

// The functions.
const (
	CreateImage   Function = "createimage"
	CopyImage     Function = "copyimage"
	ImageState    Function = "imagestate"
	Reconcile     Function = "reconcile"
	SnapshotState Function = "snapshotstate"
	Snapshot      Function = "snapshot"
	Capture       Function = "capture"
	Rollout       Function = "rollout"
)

// Functions lists every function.
var Functions = []Function{CreateImage, CopyImage, ImageState, Reconcile, SnapshotState, Snapshot, Capture, Rollout}

// Name is the name the function is deployed under.
func (f Function) Name() string { return "lastgood-" + string(f) }

// The names of what the stacks make besides the functions, the same in every Region.
const (
	SigningKeyAlias = "alias/lastgood"
	DeadLetters     = "lastgood-dead-letters" // the queue
	// Captures go through FIFO queues, whose dead letters go to FIFO queues too. What cannot be
	// captured is thawed, and what cannot be thawed is dead.
	CaptureQueue    = "lastgood-capture.fifo"
	ThawQueue       = "lastgood-thaw.fifo"
	ThawDeadLetters = "lastgood-thaw-dead-letters.fifo"
)

// Queues lists the queues that feed functions.
func Queues() []string {
	var names []string
	for _, f := range Functions {
		if f != Capture {
			names = append(names, f.Name())
		}
	}
	return append(names, CaptureQueue, ThawQueue)
}

// PolicySchedule is the name of a policy's schedule.
func PolicySchedule(policy string) string { return "lastgood-policy-" + policy }

// StackName is the name of a Region's stack.
func StackName(region string) string { return "Lastgood-" + region }

// The stacks' outputs that the command line reads.
const (
	OutputConfiguration   = "Configuration"   // the configuration's fingerprint
	OutputParameterPrefix = "ParameterPrefix" // what the pointers' names begin with
)

// Log fields, one spelling each in every function.
const (
	FieldFunction      = "function"
	FieldEventID       = "event_id"
	FieldEventName     = "event_name"
	FieldRegion        = "region"
	FieldImageID       = "image_id"
	FieldSnapshotID    = "snapshot_id"
	FieldSourceID      = "source_id"
	FieldEvidence      = "evidence"
	FieldParameter     = "parameter"
	FieldFrom          = "from"
	FieldTo            = "to"
	FieldOutcome       = "outcome"
	FieldReason        = "reason"
	FieldForged        = "forged"
	FieldPolicy        = "policy"
	FieldRun           = "run"
	FieldPoints        = "points"
	FieldTarget        = "target"
	FieldPruned        = "pruned"
	FieldLeftover      = "leftover"
	FieldGroup         = "group"
	FieldError         = "error"
	FieldTargets       = "targets"
	FieldGroups        = "groups"
	FieldChanged       = "changed"
	FieldImages        = "images"
	FieldSnapshots     = "snapshots"
	FieldPointers      = "pointers"
	FieldFailures      = "failures"
	FieldUnfinished    = "unfinished"
	FieldCopiesStarted = "copies_started"
	FieldCopiesWaiting = "copies_waiting"
	FieldUnanswered    = "unanswered"
	FieldNotCopied     = "not_copied"
)

// Fields lists every log field.
var Fields = []string{
	FieldFunction, FieldEventID, FieldEventName, FieldRegion, FieldImageID, FieldSnapshotID, FieldSourceID, FieldEvidence,
	FieldParameter, FieldFrom, FieldTo, FieldOutcome, FieldReason, FieldForged, FieldPolicy, FieldRun,
	FieldPoints, FieldTarget, FieldPruned, FieldLeftover, FieldGroup, FieldError, FieldTargets, FieldGroups,
	FieldChanged, FieldImages, FieldSnapshots, FieldPointers, FieldFailures, FieldUnfinished, FieldCopiesStarted, FieldCopiesWaiting,
	FieldUnanswered, FieldNotCopied,
}

// OutcomeName says in a word what became of an event.
type OutcomeName string

// The outcomes. What becomes of a pointer is a pointer.Move, what becomes of a group a rollout.Verdict.
const (
	OutcomeFailed        OutcomeName = "failed"            // the event has to come again
	OutcomeBad           OutcomeName = "bad-event"         // it cannot be understood, however often it comes
	OutcomeIgnored       OutcomeName = "ignored"           // it is understood, and not for the function
	OutcomeTogether      OutcomeName = "together"          // settled with another event of the batch
	OutcomeGone          OutcomeName = "gone"              // what it is about does not exist any more
	OutcomeUnattributed  OutcomeName = "unattributed"      // nobody says whose it is
	OutcomeClaimed       OutcomeName = "claimed"           // only a tag or a name says whose it is
	OutcomeUnresolved    OutcomeName = "unresolved"        // the Region of a copy's original did not answer
	OutcomeContradicting OutcomeName = "contradicting"     // a copy's tags are not its original's
	OutcomeNotNamed      OutcomeName = "not-named"         // no pointer names the image that is gone
	OutcomeWaitingForSet OutcomeName = "waiting"           // the set of the snapshot is not complete yet
	OutcomeSetDone       OutcomeName = "done"              // the snapshot is done, and no volume's pointer was to be settled
	OutcomeReconciled    OutcomeName = "reconciled"        // a run of reconcile got to everything
	OutcomeUnfinished    OutcomeName = "unfinished"        // a run of reconcile did not
	OutcomeKept          OutcomeName = "kept"              // retention has looked at the sets of a policy's target
	OutcomeLeftovers     OutcomeName = "leftovers-deleted" // snapshots of deregistered images were deleted
	OutcomeQueued        OutcomeName = "queued"            // a capture of each target of a policy is queued
	OutcomeCaptured      OutcomeName = "captured"          // there is a set, or an image
	OutcomeSkipped       OutcomeName = "skipped"           // a capture is not to be made
	OutcomeGivenUp       OutcomeName = "given-up"          // no attempt at a capture made anything
	OutcomeLooked        OutcomeName = "looked"            // the groups that follow an instance were looked at
)

// OutcomeNames lists every one of them.
var OutcomeNames = []OutcomeName{
	OutcomeFailed, OutcomeBad, OutcomeIgnored, OutcomeTogether, OutcomeGone, OutcomeUnattributed, OutcomeClaimed,
	OutcomeUnresolved, OutcomeContradicting, OutcomeNotNamed, OutcomeWaitingForSet, OutcomeSetDone, OutcomeReconciled, OutcomeUnfinished,
	OutcomeKept, OutcomeLeftovers, OutcomeQueued, OutcomeCaptured, OutcomeSkipped, OutcomeGivenUp, OutcomeLooked,
}

// Metric is the name of a CloudWatch metric. Counts are emitted without dimensions
// and by Function; both always together.
type Metric string

// The metrics.
const (
	PointersMoved      Metric = "PointersMoved"      // a pointer was written
	PointersDangling   Metric = "PointersDangling"   // a pointer names nothing good and nothing good is left
	ImagesUnattributed Metric = "ImagesUnattributed" // nobody says whose image it is
	ImagesUnresolved   Metric = "ImagesUnresolved"   // the Region of the original did not answer in time
	ImagesClaimed      Metric = "ImagesClaimed"      // only a tag or a name says whose image it is
	TagsContradicting  Metric = "TagsContradicting"  // a lastgood: tag or signature that does not fit the evidence
	EventsIgnored      Metric = "EventsIgnored"      // understood, and not for us
	EventsBad          Metric = "EventsBad"          // not understood; ends in the dead-letter queue
	EventsFailed       Metric = "EventsFailed"       // an attempt that failed; SQS delivers the event again
	EventToPointerLag  Metric = "EventToPointerLag"  // milliseconds from the event to the pointer's move

	// What policies do.
	CapturesQueued  Metric = "CapturesQueued"  // targets found by a policy that was due
	CapturesMade    Metric = "CapturesMade"    // sets of snapshots, or images, that were begun
	CapturesFailed  Metric = "CapturesFailed"  // given up after all attempts: the run has no recovery point of this target
	CapturesSkipped Metric = "CapturesSkipped" // the target is gone, or could not be frozen and the policy says to skip
	ScriptsFailed   Metric = "ScriptsFailed"   // captures that were to be application-consistent, and are not
	CaptureLateness Metric = "CaptureLateness" // seconds from the scheduled time until the capture was begun
	FrozenTime      Metric = "FrozenTime"      // seconds from when an application was asked to freeze until it was thawed

	// What becomes of a policy's recovery points.
	PointsPruned  Metric = "PointsPruned"  // recovery points that retention deleted
	PruneFailed   Metric = "PruneFailed"   // recovery points that retention could not delete; the next look tries again
	CopiesStarted Metric = "CopiesStarted" // copies to other Regions that were begun
	CopiesFailed  Metric = "CopiesFailed"  // copies that could not be begun, or failed under way; they are begun anew
	CopiesWaiting Metric = "CopiesWaiting" // copies that a run of reconcile did not begin, as their Region has no room or does not answer

	// What becomes of the Auto Scaling groups that follow an instance, counted at each look.
	RolloutsStarted Metric = "RolloutsStarted" // groups that were given another image: pointed at it, or being refreshed to it
	RolloutsFailed  Metric = "RolloutsFailed"  // groups whose refresh to what their pointer names failed, or that could not be looked at or changed
	RolloutsRefused Metric = "RolloutsRefused" // groups that do not get what their pointer names before a person puts something right

	// What reconcile measures at each run, of all pointers of the Region.
	PointersTracked     Metric = "PointersTracked"     // pointers there are
	PointersRepaired    Metric = "PointersRepaired"    // pointers that reconcile moved because their event did not come in time: it was lost
	PointersStale       Metric = "PointersStale"       // pointers older than maxPointerAge, of instances that are still being backed up
	PointersUnconfirmed Metric = "PointersUnconfirmed" // pointers whose new value Parameter Store has not taken: its validation lasts, or has failed
	PointerAge          Metric = "PointerAge"          // seconds since what each pointer names was taken, of instances that are still being backed up
	CopyLag             Metric = "CopyLag"             // seconds from when a copy's original was taken until the pointer moved to the copy
	ReconcilesCompleted Metric = "ReconcilesCompleted" // runs that got to every pointer, whatever became of it
	ReconcileUnfinished Metric = "ReconcileUnfinished" // pointers a run had no time left for; the next one goes on
	ReconcileFailures   Metric = "ReconcileFailures"   // pointers and images that a run could not read, sign or write; the next one tries again
	ImagesWaiting       Metric = "ImagesWaiting"       // images without a source that had not their turn in a run; they have it in a later one
)

// Metrics lists every metric.
var Metrics = []Metric{
	PointersMoved, PointersDangling, ImagesUnattributed, ImagesUnresolved, ImagesClaimed,
	TagsContradicting, EventsIgnored, EventsBad, EventsFailed, EventToPointerLag,
	CapturesQueued, CapturesMade, CapturesFailed, CapturesSkipped, ScriptsFailed, CaptureLateness, FrozenTime,
	PointsPruned, PruneFailed, CopiesStarted, CopiesFailed, CopiesWaiting,
	RolloutsStarted, RolloutsFailed, RolloutsRefused,
	PointersTracked, PointersRepaired, PointersStale, PointersUnconfirmed, PointerAge, CopyLag,
	ReconcilesCompleted, ReconcileUnfinished, ReconcileFailures, ImagesWaiting,
}
