package drill

import (
	"fmt"
	"strings"

	"lastgood/infra/local"
	"lastgood/shared/pointer"
	"lastgood/shared/telemetry"
)

// heard tells of each event a function answered.
func (s *stage) heard(i local.Invocation) {
	tell := func(said string) {
		s.out.detail("%-13s %s  %s", strings.TrimPrefix(i.Name, "lastgood-"), i.Region, said)
	}
	if i.Error != nil {
		tell(i.Error.Error())
	}
	for _, line := range i.Logs {
		if _, is := line.Fields[telemetry.FieldOutcome]; !is {
			continue
		}
		if said := s.answer(line.Fields); said != "" {
			tell(said)
		}
	}
}

// answer puts a function's log line into words. It is empty where the function had nothing to do:
// the event was not for it, or no group follows the pointer that moved.
func (s *stage) answer(fields map[string]any) string {
	text := func(field string) string { v, _ := fields[field].(string); return v }
	called := func(field string) string { return s.out.called(text(field)) }
	number := func(field string) int { v, _ := fields[field].(float64); return int(v) } // as JSON has it
	about, outcome := s.out.inWords(text(telemetry.FieldEventName)), text(telemetry.FieldOutcome)
	if text(telemetry.FieldImageID) != "" {
		about += " " + called(telemetry.FieldImageID)
	}
	switch {
	case text(telemetry.FieldGroup) != "":
		about = "the group " + text(telemetry.FieldGroup)
		outcome += fmt.Sprintf(", from %s to %s", called(telemetry.FieldFrom), called(telemetry.FieldTo))
	case outcome == string(telemetry.OutcomeIgnored):
		return ""
	case outcome == string(telemetry.OutcomeLooked) && text(telemetry.FieldError) == "":
		if number(telemetry.FieldGroups) == 0 {
			return ""
		}
		outcome += fmt.Sprintf(" at %d groups, changed %d", number(telemetry.FieldGroups), number(telemetry.FieldChanged))
	case outcome == string(pointer.Moved):
		outcome += fmt.Sprintf(", the pointer of %s names %s", called(telemetry.FieldSourceID), called(telemetry.FieldTo))
	}
	said := outcome
	if about != "" {
		said = about + ": " + outcome
	}
	for _, why := range []string{text(telemetry.FieldError), text(telemetry.FieldReason)} {
		if why != "" {
			return said + ", " + why
		}
	}
	return said
}
