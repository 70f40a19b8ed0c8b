// Package rollout is the function that gives the image of a pointer that moved to the Auto
// Scaling groups that follow its instance.
package rollout

import (
	"context"
	"errors"
	"log/slog"
	"slices"

	"lastgood/shared/event"
	"lastgood/shared/pointer"
	"lastgood/shared/rollout"
	"lastgood/shared/telemetry"
)

// Handler answers changes of parameters, and a schedule that makes up for those that were lost.
type Handler struct {
	Rollout *rollout.Rollout
	Prefix  pointer.Names
	Log     *slog.Logger
	Metrics *telemetry.Recorder
}

// Handle looks once at the groups that follow what changed, however many events say so; a
// schedule asks for all groups. The events of a group that fails come again; what fails at a look that
// a schedule asked for, the next one tries again.
func (h Handler) Handle(ctx context.Context, batch []event.Rollout) []telemetry.Outcome {
	outcomes := make([]telemetry.Outcome, len(batch))
	sources, all := h.sources(batch)
	if len(sources) == 0 && !all {
		for i := range outcomes {
			outcomes[i] = notAPointer()
		}
		return outcomes
	}
	if all {
		sources = nil
	}
	results, err := h.Rollout.Run(ctx, sources...)
	if err != nil {
		h.Log.Error("rollout", telemetry.FieldError, err.Error())
	}
	for _, r := range results {
		h.tell(ctx, r)
	}
	for i, e := range batch {
		outcomes[i] = h.outcome(e, results, err)
	}
	if err != nil && all {
		h.Metrics.Count(telemetry.RolloutsFailed)
	}
	return outcomes
}

// sources are the instances whose pointers changed, and whether all groups are to be looked at.
func (h Handler) sources(batch []event.Rollout) (sources []string, all bool) {
	for _, e := range batch {
		if source := h.Prefix.Source(e.Parameter); source != "" {
			sources = append(sources, source)
		}
		all = all || e.Parameter == ""
	}
	slices.Sort(sources)
	return slices.Compact(sources), all
}

func notAPointer() telemetry.Outcome {
	return telemetry.Ignored("the parameter is no instance's pointer")
}

// tell logs and counts what became of a group, unless nothing did.
func (h Handler) tell(ctx context.Context, r rollout.Result) {
	o := telemetry.Outcome{Name: telemetry.OutcomeName(r.Decision.Verdict), Reason: r.Decision.Reason, Err: r.Err}
	switch {
	case r.Err != nil:
		o.Name, o.Metrics = telemetry.OutcomeFailed, []telemetry.Metric{telemetry.RolloutsFailed}
	case r.Decision.Verdict == rollout.Unchanged:
		return
	case r.Decision.Acts():
		o.Metrics = []telemetry.Metric{telemetry.RolloutsStarted}
	case r.Decision.Verdict == rollout.Failed:
		o.Metrics = []telemetry.Metric{telemetry.RolloutsFailed}
	case r.Decision.Verdict == rollout.Refused:
		o.Metrics = []telemetry.Metric{telemetry.RolloutsRefused}
	}
	h.Metrics.Count(o.Metrics...)
	o.Log(ctx, h.Log, slog.String(telemetry.FieldGroup, r.Group.Name), slog.String(telemetry.FieldSourceID, r.Group.Follows),
		slog.String(telemetry.FieldFrom, r.Runs), slog.String(telemetry.FieldTo, r.Want))
}

// outcome is what became of the groups that an event is about.
func (h Handler) outcome(e event.Rollout, results []rollout.Result, err error) telemetry.Outcome {
	source := h.Prefix.Source(e.Parameter)
	if e.Parameter != "" && source == "" {
		return notAPointer()
	}
	groups, changed, failures := 0, 0, []error{err}
	for _, r := range results {
		if source != "" && r.Group.Follows != source {
			continue
		}
		groups++
		if r.Decision.Acts() && r.Err == nil {
			changed++
		}
		failures = append(failures, r.Err)
	}
	o := telemetry.Outcome{Name: telemetry.OutcomeLooked}
	if failed := errors.Join(failures...); failed != nil && source != "" {
		o = telemetry.Failed(failed)
	}
	if source != "" {
		o = o.With(slog.String(telemetry.FieldSourceID, source))
	}
	return o.With(slog.Int(telemetry.FieldGroups, groups), slog.Int(telemetry.FieldChanged, changed))
}
