package snapshotstate

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"

	"lastgood/shared/event"
	"lastgood/shared/recovery"
	"lastgood/shared/telemetry"
)

// sets lists all parts of the runs, each in the state of its set, with the tags that were just
// written on them.
func (h Handler) sets(ctx context.Context, runs map[string]bool, s seen) (map[string]recovery.Point, error) {
	listed, err := h.Snapshots.OfRuns(ctx, slices.Sorted(maps.Keys(runs))...)
	if err != nil {
		return nil, err
	}
	parts := map[string]recovery.Point{}
	for _, p := range slices.Concat(listed, slices.Collect(maps.Values(s.found))) { // what was asked for by id is the fresher
		p.Tags = s.attested[p.ID].On(p.Tags)
		parts[p.ID] = p
	}
	for _, p := range recovery.Whole(slices.Collect(maps.Values(parts))) {
		parts[p.ID] = p
	}
	return parts, nil
}

// set are the parts of the set that a snapshot belongs to, in the order of their ids.
func (s seen) set(id string) []recovery.Point {
	wanted, _ := s.parts[id].Set()
	var parts []recovery.Point
	for _, other := range slices.Sorted(maps.Keys(s.parts)) {
		if set, _ := s.parts[other].Set(); set == wanted && set != (recovery.SetID{}) {
			parts = append(parts, s.parts[other])
		}
	}
	return parts
}

// judge says what an event is about: its outcome is SetDone where its sets are to be settled.
func (s seen) judge(e event.SnapshotState, fresh bool) telemetry.Outcome {
	outcome := telemetry.Ignored("no policy made it")
	for _, change := range e.Snapshots {
		p, shown := s.found[change.ID]
		switch {
		case !shown && fresh && change.State != recovery.Gone:
			return telemetry.Failed(fmt.Errorf("EC2 does not show %s yet", change.ID))
		case !shown:
			outcome = telemetry.Outcome{Name: telemetry.OutcomeGone, Reason: "the snapshot does not exist any more"}
			continue
		case p.Tags[recovery.TagRun] == "":
			continue
		case fresh && p.Held == "" && p.State.Before(change.State):
			return telemetry.Failed(fmt.Errorf("EC2 shows %s as %s, which was announced as %s", p.ID, p.State, change.State))
		}
		if outcome = s.ofPart(p, change); outcome.Name != telemetry.OutcomeSetDone {
			return outcome
		}
	}
	return outcome
}

// ofPart is the outcome for one snapshot of a policy.
func (s seen) ofPart(p recovery.Point, change event.SnapshotChange) telemetry.Outcome {
	o := telemetry.Outcome{Name: telemetry.OutcomeSetDone}.With(slog.String(telemetry.FieldRun, p.Tags[recovery.TagRun]))
	if !p.Original() {
		attested := s.attested[p.ID]
		o.Metrics = append(o.Metrics, attested.Metrics()...)
		switch {
		case attested.Err != nil:
			return telemetry.Failed(attested.Err)
		case change.State == recovery.Gone:
			o.Metrics = append(o.Metrics, telemetry.CopiesFailed)
		case attested.Source != "":
		case attested.Contradicted:
			o.Name, o.Reason = telemetry.OutcomeContradicting, "its tags are not those of what it was copied from"
			return o
		case attested.Unanswered:
			o.Name, o.Reason, o.Metrics = telemetry.OutcomeUnresolved, "no answer from "+change.OriginalRegion+", where its original is", append(o.Metrics, telemetry.ImagesUnresolved)
			return o
		default:
			o.Name, o.Reason, o.Metrics = telemetry.OutcomeUnattributed, "nobody says what it was copied from", append(o.Metrics, telemetry.ImagesUnattributed)
			return o
		}
	}
	if s.parts[p.ID].State == recovery.Pending {
		o.Name, o.Reason = telemetry.OutcomeWaitingForSet, "its set is not complete yet"
	}
	return o
}
