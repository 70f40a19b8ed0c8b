package drill

import (
	"context"
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"lastgood/shared/telemetry"
)

// updates are an instance that gets patched outside of the groups that follow it, and its images.
type updates struct {
	instance string
	first    string                     // what update-1, and the groups, were launched from
	policy   types.MixedInstancesPolicy // of the mixed groups, as they were made

	unpatched, patched, mended string
}

// groups follow the update instance: to its first image, to the one after a patch, back, and to the one after a better patch.
func (s *stage) groups(ctx context.Context) (err error) {
	s.out.event("The instance update-1 is launched in %s: it gets patched and serves nobody. Groups of every kind follow it: %s. Those that are pointed at an image launch it from now on; where a refresh is started, Auto Scaling also replaces their instances. %s follows it too, and is to be left as it is: EC2 resolves its image itself.", MainRegion, named(followers), resolving)
	if s.updates.instance, err = s.launch(ctx, "update-1"); err != nil {
		return err
	}
	if err := s.makeGroups(ctx); err != nil {
		return err
	}
	s.out.event("update-1 is imaged, and the image becomes available.")
	if s.updates.unpatched, err = s.update(ctx, "the first image of update-1"); err != nil {
		return err
	}
	if err := s.launches(ctx, s.updates.unpatched, "the first image of update-1"); err != nil {
		return err
	}
	s.out.event("update-1 is patched, and imaged again.")
	if s.updates.patched, err = s.update(ctx, "the patched image of update-1"); err != nil {
		return err
	}
	if err := s.launches(ctx, s.updates.patched, "the patched image"); err != nil {
		return err
	}
	s.out.event("Somebody finds that the patch breaks the application.")
	_, code, err := s.lastgood(ctx, "quarantine", s.updates.patched, "--reason", "the patch breaks the application", "--yes")
	if err != nil {
		return err
	}
	if err := s.idle(ctx); err != nil {
		return err
	}
	s.list.check(code == 0, "lastgood quarantine succeeds on the patched image", "it exits with %d", code)
	if err := s.launches(ctx, s.updates.unpatched, "once the patched image is quarantined, the image before it"); err != nil {
		return err
	}
	if err := errors.Join(s.kept(ctx), s.leftAlone(ctx)); err != nil {
		return err
	}
	if err := s.remain(ctx, "for an image that the groups go back to there is no second %s", s.updates.first, s.updates.unpatched, s.updates.patched); err != nil {
		return err
	}
	return s.mended(ctx)
}

// mended is the image after a better patch. What it takes the place of is deleted once nothing uses it any more.
func (s *stage) mended(ctx context.Context) (err error) {
	s.out.event("update-1 is patched properly, and imaged once more. The configuration says to retain one version and one copy that nothing uses.")
	if s.updates.mended, err = s.update(ctx, "the mended image of update-1"); err != nil {
		return err
	}
	versions, err := s.main.versionsOf(ctx, scaling)
	if err != nil {
		return err
	}
	s.list.check(slices.Contains(versions, s.updates.unpatched), "a version of the launch template stays while a group is being refreshed from it", "the versions have %v", versions)
	if err := s.launches(ctx, s.updates.mended, "the mended image"); err != nil {
		return err
	}
	s.out.event("rollout's schedule fires.")
	if err := s.aws.FireSchedule(ctx, MainRegion, telemetry.Rollout.Name()); err != nil {
		return err
	}
	if err := s.idle(ctx); err != nil {
		return err
	}
	return s.remain(ctx, "the oldest %s that nothing uses is deleted", s.updates.first, s.updates.patched, s.updates.mended)
}

// update images the update instance, and waits until the groups are on their way to the image.
func (s *stage) update(ctx context.Context, name string) (string, error) {
	image, err := s.main.image(ctx, s.main.ec2, s.updates.instance, name)
	if err != nil {
		return "", err
	}
	s.out.name(image, name)
	if err := s.aws.FinishImage(ctx, MainRegion, image, "available", ""); err != nil {
		return "", err
	}
	return image, s.idle(ctx)
}

// refreshed has Auto Scaling be done with the refreshes.
func (s *stage) refreshed(ctx context.Context) error {
	for _, f := range followers {
		if !f.rolling {
			continue
		}
		if err := s.aws.FinishRefresh(ctx, MainRegion, f.name, "successful", ""); err != nil {
			return err
		}
	}
	return nil
}
