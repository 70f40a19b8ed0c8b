// Package drill acts out lastgood's main job on this machine: both Regions deployed to a
// local AWS with the cdk command line, backups taken, copied, failed, forged and lost,
// and at the end a server restored in the DR Region while the main one is down.
package drill

import (
	"context"
	"errors"
	"fmt"
	"io"

	"lastgood/shared/config"
)

// The Regions of the drill.
const (
	MainRegion = "ap-northeast-1"
	DRRegion   = "ap-southeast-1"
)

// Options say how to run the drill.
type Options struct {
	Root       string            // the repository's root folder; default "."
	Versioning config.Versioning // default Latest; Pinned uses the prefix "/", as the delete-and-recreate recipe does
	Binary     string            // this command line's own program
	Out        io.Writer         // the timeline goes here
	// Keep is called before the local AWS is shut down, so that somebody can look around in
	// it; configFile is what was deployed. May be nil.
	Keep func(ctx context.Context, environment []string, configFile string, c config.Config)
}

// ErrFailed says that the drill was acted out, and did not end as it should have.
var ErrFailed = errors.New("the drill failed: see the checklist")

// Run acts out the drill. The error is ErrFailed where an item of the checklist failed,
// and another one where the drill could not be acted out.
func Run(ctx context.Context, o Options) error {
	s, err := open(ctx, o)
	if err != nil {
		return err
	}
	defer s.close()
	if err := s.play(ctx); err != nil {
		return err
	}
	passed := s.list.print(o.Out)
	if o.Keep != nil {
		if err := s.aws.SetRegion(ctx, MainRegion, true); err != nil {
			return err
		}
		if err := errors.Join(s.aws.SetImagePending(ctx, pendingWhenKept), s.aws.SetSnapshotPending(ctx, pendingWhenKept), s.aws.SetRefreshTime(ctx, pendingWhenKept)); err != nil {
			return err
		}
		o.Keep(ctx, s.aws.Environ(MainRegion), s.configFile(), s.config)
	}
	if !passed {
		return ErrFailed
	}
	return nil
}

// play is the drill, scene by scene. The timeline and the checklist have their titles.
func (s *stage) play(ctx context.Context) error {
	for _, scene := range []struct {
		title string
		acts  []func(context.Context) error
	}{
		{"Images from before the deployment", acts(s.backfill)},
		{"A backup and its copy", acts(s.instance, s.firstBackup, s.firstCopy)},
		{"Events out of order, and twice", acts(s.secondBackup)},
		{"A backup that fails", acts(s.failingBackup)},
		{"A forgery", acts(s.lookalike)},
		{"The newest image is deregistered", acts(s.newestDeregistered)},
		{"Lost events", acts(s.lostEvents)},
		{"A bad backup is quarantined", acts(s.quarantine)},
		{"Four nights of a policy", acts(s.nights)},
		{"Auto Scaling groups that follow an instance", acts(s.groups)},
		{"An event that nobody can understand", acts(s.badEvent)},
		{"How everything stands", acts(s.status)},
		{"The main Region is down", acts(s.restore, s.restoreVolume)},
		{"What the functions called", acts(s.permissions)},
	} {
		s.list.scene = scene.title
		s.out.title(scene.title)
		for _, act := range scene.acts {
			if err := act(ctx); err != nil {
				return fmt.Errorf("acting out the drill: %w", err)
			}
		}
	}
	return nil
}

func acts(all ...func(context.Context) error) []func(context.Context) error { return all }
