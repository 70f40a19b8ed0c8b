package drill

import "context"

// beforeDeployment takes a backup, and a copy of it, that lastgood never hears of.
func (s *stage) beforeDeployment(ctx context.Context) (err error) {
	s.out.event("Every instance of the drill is launched from one base image. It is no instance's backup, and gets no pointer.")
	if s.base, err = s.main.register(ctx, "base"); err != nil {
		return err
	}
	s.out.name(s.base, "the base image")
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
	s.out.name(s.oldCopy, "the copy of the backup of old-1")
	return s.aws.FinishImage(ctx, DRRegion, s.oldCopy, "available", "")
}

// backfill is reconcile's first run.
func (s *stage) backfill(ctx context.Context) error {
	s.out.event("reconcile's schedule fires for the first time, in both Regions.")
	for _, p := range []place{s.main, s.dr} {
		if err := s.reconcile(ctx, p, s.old); err != nil {
			return err
		}
	}
	s.pointsOf(ctx, s.main, s.old, s.oldBackup, "an image from before the deployment gets its pointer")
	s.pointsOf(ctx, s.dr, s.old, s.oldCopy, "a copy from before the deployment gets its pointer in the DR Region")
	return nil
}
