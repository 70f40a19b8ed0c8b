package drill

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"lastgood/infra/local"
	"lastgood/shared/config"
	"lastgood/shared/pointer"
	"lastgood/shared/telemetry"
)

// pendingWhenKept is how long images and snapshots are pending, and an instance refresh takes, in a drill that is
// kept; in the drill itself the script decides.
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

	old, oldBackup, oldCopy string  // an instance backed up before the deployment
	unheard, unheardCopy    string  // a backup whose events were lost, and its copy
	db                      server  // what the policy backs up
	updates                 updates // what Auto Scaling groups follow

	dir    string // of the configuration
	binary string // the command line
}

// open starts the local AWS and deploys both Regions to it, as a user would.
func open(ctx context.Context, o Options) (*stage, error) {
	s := &stage{binary: o.Binary, root: cmp.Or(o.Root, "."), out: newTimeline(o.Out), config: configuration(o.Versioning)}
	aws, err := local.Start(ctx, local.Options{Root: s.root, ImagePending: -1, SnapshotPending: -1})
	if err != nil {
		return nil, err
	}
	s.aws = aws
	s.out.event("The local AWS is up at %s.", aws.Endpoint)
	s.main, s.dr = newPlace(aws, MainRegion), newPlace(aws, DRRegion)
	err = s.beforeDeployment(ctx)
	if err == nil {
		err = s.deploy(ctx)
	}
	if err != nil {
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
	os.RemoveAll(s.dir)
}

func (s *stage) configFile() string { return filepath.Join(s.dir, "config.json") }

// lastgood runs the operator's command line, and returns what it says and its exit code.
func (s *stage) lastgood(ctx context.Context, args ...string) (said string, code int, err error) {
	cmd := exec.CommandContext(ctx, s.binary, append(args, "--config", s.configFile())...)
	cmd.Env = append(os.Environ(), s.aws.Environ(MainRegion)...)
	out, err := cmd.CombinedOutput()
	if exit, ended := errors.AsType[*exec.ExitError](err); ended {
		return string(out), exit.ExitCode(), nil
	}
	if err != nil {
		return "", 0, fmt.Errorf("running lastgood %s: %w", args[0], err)
	}
	return string(out), 0, nil
}

// configuration is that of the drill, for this machine's processor.
func configuration(v config.Versioning) config.Config {
	c := config.Default()
	c.Regions = config.Regions{Main: MainRegion, DR: []string{DRRegion}}
	c.Parameter.Versioning = cmp.Or(v, config.Latest)
	c.EventGrace = config.Duration(time.Second) // here no event is on its way for longer
	c.Rollout.Retain = 1
	c.Policies = []config.Policy{nightly()}
	if v == config.Pinned {
		c.Parameter.Prefix = "/"
	}
	if runtime.GOARCH == "amd64" {
		c.Architecture = config.X8664
	}
	return c
}

func (s *stage) deploy(ctx context.Context) error {
	var err error
	if s.dir, err = os.MkdirTemp("", "lastgood-drill-"); err != nil {
		return fmt.Errorf("making a folder for the drill's configuration: %w", err)
	}
	data, err := s.config.Marshal()
	if err != nil {
		return fmt.Errorf("writing the drill's configuration: %w", err)
	}
	if err := os.WriteFile(s.configFile(), data, 0o600); err != nil {
		return fmt.Errorf("writing the drill's configuration: %w", err)
	}
	s.out.event("cdk builds the functions, bootstraps and deploys both Regions (about 20 seconds, minutes the first time).")
	stop := s.out.progress()
	defer stop()
	err = local.Deploy(ctx, s.aws, local.DeployOptions{
		Root: s.root, Regions: s.config.Regions.All(), Config: s.configFile(),
		Line: func(line string) {
			if strings.Contains(line, "✅") {
				s.out.detail("%s", strings.TrimSpace(line))
			}
		},
	})
	if err != nil {
		return fmt.Errorf("deploying: %w", err)
	}
	s.out.event("%s and %s are deployed.", telemetry.StackName(MainRegion), telemetry.StackName(DRRegion))
	return nil
}

// parameter is the name of the drill's pointer.
func (s *stage) parameter() string {
	return pointer.Names(s.config.Parameter.Prefix).Parameter(s.web)
}

// heard tells of each event a function answered.
func (s *stage) heard(i local.Invocation) {
	if i.Error != nil {
		s.out.detail("%-13s %s  %v", strings.TrimPrefix(i.Name, "lastgood-"), i.Region, i.Error)
	}
	for _, line := range i.Logs {
		if _, is := line.Fields[telemetry.FieldOutcome]; !is {
			continue
		}
		s.out.detail("%-13s %s  %s", strings.TrimPrefix(i.Name, "lastgood-"), i.Region, s.answer(line.Fields))
	}
}

// answer puts a function's log line into words.
func (s *stage) answer(fields map[string]any) string {
	text := func(field string) string { v, _ := fields[field].(string); return v }
	said := fmt.Sprintf("%s: %s", text(telemetry.FieldEventName), text(telemetry.FieldOutcome))
	if group := text(telemetry.FieldGroup); group != "" {
		said = fmt.Sprintf("the group %s: %s, from %s to %s", group, text(telemetry.FieldOutcome), s.out.called(text(telemetry.FieldFrom)), s.out.called(text(telemetry.FieldTo)))
	}
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

// idle waits until every event is delivered and handled.
func (s *stage) idle(ctx context.Context) error {
	if err := s.delivery.Idle(ctx); err != nil {
		return fmt.Errorf("waiting for the functions: %w", err)
	}
	return nil
}

// after waits until every event is delivered and handled, and shows the pointers.
func (s *stage) after(ctx context.Context) error {
	if err := s.idle(ctx); err != nil {
		return err
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
