package drill

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"lastgood/infra/local"
	"lastgood/shared/config"
	"lastgood/shared/pointer"
	"lastgood/shared/telemetry"
)

// pendingWhenKept is how long an image is pending in a drill that is kept; in the drill
// itself the script decides.
const pendingWhenKept = 2 * time.Second

// retryAfter is when a message that failed comes again. On AWS it is the queue's
// visibility timeout, three minutes.
const retryAfter = time.Second

// stage is where the drill is acted out: the local AWS with both Regions deployed, who
// acts in it, and who watches.
type stage struct {
	aws      *local.AWS
	delivery *local.Delivery
	config   config.Config
	root     string
	out      *timeline
	list     checklist
	main, dr place
	reader   *reader

	web           string // the instance whose backups these are
	first, second string // its backups in the main Region
	copies        [2]string
}

// open starts the local AWS and deploys both Regions to it, as a user would.
func open(ctx context.Context, o Options) (*stage, error) {
	s := &stage{root: cmp.Or(o.Root, "."), out: newTimeline(o.Out), config: configuration(o.Versioning)}
	aws, err := local.Start(ctx, local.Options{Root: s.root, ImagePending: -1})
	if err != nil {
		return nil, err
	}
	s.aws = aws
	s.out.event("The local AWS is up at %s.", aws.Endpoint)
	s.main, s.dr = newPlace(aws, MainRegion), newPlace(aws, DRRegion)
	if err := s.deploy(ctx); err != nil {
		s.close()
		return nil, err
	}
	s.delivery, err = local.Deliver(ctx, aws, local.DeliverOptions{
		Regions: s.config.Regions.All(), RetryAfter: retryAfter, Invoked: s.heard,
		Problem: func(err error) { s.out.detail("delivery: %v", err) },
	})
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *stage) close() {
	if s.reader != nil {
		s.reader.stop()
	}
	if s.delivery != nil {
		s.delivery.Stop()
	}
	s.aws.Stop()
}

// configuration is that of the drill, for this machine's processor.
func configuration(v config.Versioning) config.Config {
	c := config.Default()
	c.Regions = config.Regions{Main: MainRegion, DR: []string{DRRegion}}
	c.Parameter.Versioning = cmp.Or(v, config.Latest)
	if v == config.Pinned {
		c.Parameter.Prefix = "/"
	}
	if runtime.GOARCH == "amd64" {
		c.Architecture = config.X8664
	}
	return c
}

func (s *stage) deploy(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "lastgood-drill-")
	if err != nil {
		return fmt.Errorf("making a folder for the drill's configuration: %w", err)
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "config.json")
	data, err := s.config.Marshal()
	if err != nil {
		return fmt.Errorf("writing the drill's configuration: %w", err)
	}
	if err := os.WriteFile(file, data, 0o600); err != nil {
		return fmt.Errorf("writing the drill's configuration: %w", err)
	}
	s.out.event("cdk builds the functions, bootstraps and deploys both Regions (about 20 seconds, minutes the first time).")
	stop := s.out.progress()
	defer stop()
	err = local.Deploy(ctx, s.aws, local.DeployOptions{
		Root: s.root, Regions: s.config.Regions.All(), Config: file,
		Line: func(line string) {
			if strings.Contains(line, "✅") {
				s.out.detail("%s", strings.TrimSpace(line))
			}
		},
	})
	if err != nil {
		return fmt.Errorf("deploying: %w", err)
	}
	s.out.event("Lastgood-%s and Lastgood-%s are deployed.", MainRegion, DRRegion)
	return nil
}

// parameter is the name of the drill's pointer.
func (s *stage) parameter() string {
	return pointer.Names(s.config.Parameter.Prefix).Parameter(s.web)
}

// heard tells of each event a function answered.
func (s *stage) heard(i local.Invocation) {
	if i.Error != nil {
		s.out.detail("%-11s %s  %v", strings.TrimPrefix(i.Name, "lastgood-"), i.Region, i.Error)
	}
	for _, line := range i.Logs {
		if _, is := line.Fields[telemetry.FieldOutcome]; !is {
			continue
		}
		s.out.detail("%-11s %s  %s", strings.TrimPrefix(i.Name, "lastgood-"), i.Region, s.answer(line.Fields))
	}
}

// answer puts a function's log line into words.
func (s *stage) answer(fields map[string]any) string {
	text := func(field string) string { v, _ := fields[field].(string); return v }
	said := fmt.Sprintf("%s: %s", text(telemetry.FieldEventName), text(telemetry.FieldOutcome))
	if id := text(telemetry.FieldImageID); id != "" {
		said = fmt.Sprintf("%s %s: %s", text(telemetry.FieldEventName), s.out.called(id), text(telemetry.FieldOutcome))
	}
	switch source, to := text(telemetry.FieldSourceID), text(telemetry.FieldTo); {
	case text(telemetry.FieldOutcome) == string(pointer.Moved):
		said += fmt.Sprintf(", the pointer of %s names %s", s.out.called(source), s.out.called(to))
	case text(telemetry.FieldError) != "":
		said += ", " + text(telemetry.FieldError)
	case text(telemetry.FieldReason) != "":
		said += ", " + text(telemetry.FieldReason)
	}
	return said
}

// after waits until every event is delivered and handled, and shows the pointers.
func (s *stage) after(ctx context.Context) error {
	if err := s.delivery.Idle(ctx); err != nil {
		return fmt.Errorf("waiting for the functions: %w", err)
	}
	line := "the pointer:"
	for _, p := range []place{s.main, s.dr} {
		value, err := p.value(ctx, s.parameter())
		if err != nil {
			return err
		}
		line += fmt.Sprintf("   %s -> %s", p.region, s.out.called(cmp.Or(value, "none")))
	}
	s.out.detail("%s", line)
	return nil
}
