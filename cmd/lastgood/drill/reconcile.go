package drill

import (
	"context"

	"lastgood/shared/telemetry"
)

// beforeDeployment takes a backup, and a copy of it, that lastgood never hears of.
func (s *stage) beforeDeployment(ctx context.Context) (err error) {
	s.out.event("Before lastgood is deployed, the instance old-1 has a backup, and a copy of it in %s.", DRRegion)
	if s.old, err = s.launch(ctx, "old-1"); err != nil {
		return err
	}
	if s.oldBackup, err = s.main.image(ctx, s.main.ec2, s.old, "backup of old-1"); err != nil {
		return err
	}
	s.out.name(s.oldBackup, "the backup of old-1")
	if err = s.aws.FinishImage(ctx, MainRegion, s.oldBackup, "available", ""); err != nil {
		return err
	}
	if s.oldCopy, err = s.dr.copyFrom(ctx, s.dr.ec2, MainRegion, s.oldBackup, "copy of the backup of old-1"); err != nil {
		return err
	}
	s.out.name(s.oldCopy, "copy of the backup of old-1")
	return s.aws.FinishImage(ctx, DRRegion, s.oldCopy, "available", "")
}

// backfill is reconcile's first run.
func (s *stage) backfill(ctx context.Context) error {
	s.out.event("reconcile's schedule fires for the first time, in both Regions.")
	for _, p := range []place{s.main, s.dr} {
		if err := s.reconcile(ctx, p); err != nil {
			return err
		}
	}
	s.pointsOf(ctx, s.main, s.old, s.oldBackup, "an image from before the deployment gets its pointer")
	s.pointsOf(ctx, s.dr, s.old, s.oldCopy, "so does a copy from before the deployment, in the DR Region")
	return nil
}

// lostEvents is a backup whose events never come.
func (s *stage) lostEvents(ctx context.Context) (err error) {
	s.out.event("AWS Backup images web-1 once more, and every event of it is lost.")
	if err := s.aws.HoldEvents(ctx); err != nil {
		return err
	}
	if s.unheard, err = s.backup(ctx, "backup 4", "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f5"); err != nil {
		return err
	}
	if err := s.aws.FinishImage(ctx, MainRegion, s.unheard, "available", ""); err != nil {
		return err
	}
	if err := s.aws.ReleaseEvents(ctx, []int{}); err != nil {
		return err
	}
	if err := s.after(ctx); err != nil {
		return err
	}
	s.points(ctx, s.main, s.first, "without its events nobody knows of the backup")
	s.out.event("reconcile's schedule fires.")
	if err := s.reconcile(ctx, s.main); err != nil {
		return err
	}
	s.points(ctx, s.main, s.unheard, "reconcile puts right what lost events left behind")
	s.out.event("AWS Backup copies it to %s, and the copy becomes available.", DRRegion)
	if s.unheardCopy, err = s.copyBackup(ctx, s.unheard, "copy of backup 4"); err != nil {
		return err
	}
	if err := s.finish(ctx, s.dr, s.unheardCopy, "available"); err != nil {
		return err
	}
	s.points(ctx, s.dr, s.unheardCopy, "its copy is published")
	return nil
}

// quarantine is a person who finds out that the newest backup is no good.
func (s *stage) quarantine(ctx context.Context) error {
	s.out.event("Somebody finds that backup 4 is no good: lastgood quarantine %s --everywhere.", s.unheard)
	said, code, err := s.lastgood(ctx, "quarantine", s.unheard, "--everywhere", "--reason", "its database is corrupt", "--yes")
	if err != nil {
		return err
	}
	s.out.quote(said)
	if err := s.after(ctx); err != nil {
		return err
	}
	s.list.check(code == 0, "lastgood quarantine succeeds", "it exits with %d", code)
	s.points(ctx, s.main, s.first, "the quarantine has the pointer fall back at once, past what is gone")
	s.points(ctx, s.dr, s.copies[1], "and in the DR Region, where the copy is quarantined too")
	return nil
}

// status is how everything stands before the worst day.
func (s *stage) status(ctx context.Context) error {
	s.out.event("lastgood status shows both Regions.")
	said, _, err := s.lastgood(ctx, "status")
	if err != nil {
		return err
	}
	s.out.quote(said)
	return nil
}

// reconcile fires the schedule in a Region.
func (s *stage) reconcile(ctx context.Context, p place) error {
	if err := s.aws.FireSchedule(ctx, p.region, telemetry.Reconcile.Name()); err != nil {
		return err
	}
	return s.after(ctx)
}
