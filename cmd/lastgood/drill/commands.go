package drill

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// lastgood runs the operator's command line, and shows it and what it says.
func (s *stage) lastgood(ctx context.Context, args ...string) (said string, code int, err error) {
	cmd := exec.CommandContext(ctx, s.binary, append(args, "--config", s.configFile())...)
	cmd.Env = append(os.Environ(), s.aws.Environ(MainRegion)...)
	s.out.quote(commandLine(args))
	out, err := cmd.CombinedOutput()
	s.out.quote(string(out))
	if exit, ended := errors.AsType[*exec.ExitError](err); ended {
		return string(out), exit.ExitCode(), nil
	}
	if err != nil {
		return "", 0, fmt.Errorf("running lastgood %s: %w", args[0], err)
	}
	return string(out), 0, nil
}

// commandLine is a command as one would type it.
func commandLine(args []string) string {
	line := "$ lastgood"
	for _, a := range args {
		if strings.Contains(a, " ") {
			a = fmt.Sprintf("%q", a)
		}
		line += " " + a
	}
	return line + "\n"
}

// quarantine is a person who finds out, from the copy, that the newest backup is no good.
func (s *stage) quarantine(ctx context.Context) error {
	s.out.event("Somebody looks into the copy of backup 4, and finds its database corrupt. Given a copy, the command marks only that; --everywhere goes to backup 4 itself as well, and to every copy of it.")
	_, code, err := s.lastgood(ctx, "quarantine", s.unheardCopy, "--everywhere", "--reason", "its database is corrupt", "--yes")
	if err != nil {
		return err
	}
	if err := s.after(ctx, s.web); err != nil {
		return err
	}
	s.list.check(code == 0, "lastgood quarantine --everywhere succeeds, given a copy", "it exits with %d", code)
	s.points(ctx, s.main, s.first, "a quarantine takes the pointer in the main Region back at once, past the image that is gone, to the newest good one")
	s.points(ctx, s.dr, s.copies[1], "a quarantine takes the pointer in the DR Region back at once, to the newest good copy")
	return nil
}

// status is how everything stands before the worst day.
func (s *stage) status(ctx context.Context) error {
	s.out.event("lastgood status shows both Regions. The pointer of not-web-1 names the lookalike, as it is an image of not-web-1, whatever its name says.")
	for _, id := range []string{s.db.id, s.db.boot, s.db.data} { // what has no name there
		s.out.detail("%s is %s", id, s.out.called(id))
	}
	_, _, err := s.lastgood(ctx, "status")
	return err
}

// plan is what lastgood says of the next night.
func (s *stage) plan(ctx context.Context) error {
	s.out.event("lastgood plan shows what the next run, by the real clock, would do with db-1 (%s). TAKEN is by the real clock too.", s.db.id)
	said, code, err := s.lastgood(ctx, "plan", nightly().Name)
	if err != nil {
		return err
	}
	s.list.check(code == 0 && strings.Contains(said, s.db.id), "lastgood plan names the policy's target", "it exits with %d", code)
	return nil
}
