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

	base          string // the image that all instances are launched from
	web           string // the instance whose backups these are
	first, second string // its backups in the main Region
	copies        [2]string

	old, oldBackup, oldCopy string  // an instance backed up before the deployment
	other                   string  // the instance whose image is passed off as web-1's
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
	s.out.title("Deployment")
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

// configuration is that of the drill, for this machine's processor.
func configuration(v config.Versioning) config.Config {
	c := config.Default()
	c.Regions = config.Regions{Main: MainRegion, DR: []string{DRRegion}}
	c.Parameter.Versioning = cmp.Or(v, config.Latest)
	c.EventGrace = config.Duration(time.Second) // here no event is on its way for longer
	c.Rollout.Retain = 1
	c.Rollout.PassRoles = []string{"arn:aws:iam::" + local.Account + ":role/web"} // of the groups' instance profile
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

// parameter is the name of the pointer of an instance or a volume.
func (s *stage) parameter(source string) string {
	return pointer.Names(s.config.Parameter.Prefix).Parameter(source)
}
