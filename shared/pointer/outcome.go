package pointer

import (
	"fmt"
	"log/slog"
	"time"

	"lastgood/shared/recovery"
	"lastgood/shared/telemetry"
)

// patience is how long EC2's answers are waited for to show what an event said. EC2 is
// eventually consistent; "soon" is all that AWS promises:
// https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html
const patience = 5 * time.Minute

// Fresh reports whether EC2's answers may still be behind an event of that time.
func Fresh(now, event time.Time) bool { return now.Sub(event) < patience }

// Unattributed is the outcome for an image without an attested source: EC2 does not
// show it (yet), only a claim says whose it is, or nobody does.
func Unattributed(images map[string]recovery.Point, id string, fresh bool) telemetry.Outcome {
	image, shown := images[id]
	outcome := telemetry.Outcome{Name: telemetry.OutcomeUnattributed, Reason: "nobody says whose image it is", Metrics: []telemetry.Metric{telemetry.ImagesUnattributed}}
	source, by := recovery.Claimed(image)
	switch {
	case !shown && fresh:
		outcome = telemetry.Failed(fmt.Errorf("EC2 does not show %s yet", id))
	case !shown:
		outcome = telemetry.Outcome{Name: telemetry.OutcomeGone, Reason: "the image does not exist any more"}
	case source != "":
		outcome = telemetry.Outcome{Name: telemetry.OutcomeClaimed, Reason: "only a tag or a name says whose image it is", Metrics: []telemetry.Metric{telemetry.ImagesClaimed}}.
			With(slog.String(telemetry.FieldSourceID, source), slog.String(telemetry.FieldEvidence, string(by)))
	}
	return outcome.With(slog.String(telemetry.FieldImageID, id))
}
