package consistency_test

import (
	"fmt"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"lastgood/shared/consistency"
)

const (
	pre  = consistency.PreScript
	post = consistency.PostScript
	run  = "daily-web/2026-11-20T02:00:00Z/i-0123456789abcdef0"
)

func id(attempt int) string    { return consistency.ExecutionID(run, attempt, false) }
func force(attempt int) string { return consistency.ExecutionID(run, attempt, true) }

func TestScript_freezes_and_thaws(t *testing.T) {
	h := newHost(t)
	h.is(0, id(1), pre)
	h.did("pre frozen")
	h.is(0, id(1), post)
	h.did("pre frozen thawed")
}

func TestScript_refuses_to_freeze_twice(t *testing.T) {
	h := newHost(t)
	h.is(0, id(1), pre)
	h.is(consistency.AlreadyFrozen, id(1), pre)
	h.is(consistency.AlreadyFrozen, id(2), pre)
	h.did("pre frozen")
}

func TestScript_reports_a_thaw_without_a_freeze(t *testing.T) {
	h := newHost(t)
	h.is(consistency.NotFrozen, id(1), post)
	h.is(consistency.NotFrozen, force(2), post)
	h.is(0, id(2), pre)
	out := h.is(consistency.NotFrozen, id(1), post)
	if !strings.Contains(out, consistency.RunKey(run)+".2") {
		t.Errorf("it does not say who froze: %s", out)
	}
	h.did("pre frozen")
}

func TestScript_fences_off_attempts_that_come_after_their_thaw(t *testing.T) {
	for name, thaw := range map[string]string{"post": id(1), "force": force(2)} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t)
			h.run(thaw, post)
			h.is(consistency.NotReady, id(1), pre)
			h.did("")
			h.is(0, id(2), pre)
		})
	}
}

func TestScript_force_thaws_whoever_froze(t *testing.T) {
	h := newHost(t)
	h.is(0, id(1), pre)
	h.is(0, consistency.ExecutionID("another run", 1, true), post)
	h.did("pre frozen thawed")
	h.is(consistency.NotFrozen, id(1), post)
	h.is(consistency.NotReady, force(2), pre)
}

func TestScript_cleans_up_after_a_pre_that_failed(t *testing.T) {
	h := newHost(t)
	h.write("pre-exit", "3")
	h.is(consistency.PreFailed, id(1), pre)
	h.did("pre frozen thawed")
	h.remove("pre-exit")
	h.is(0, id(1), pre)
	h.is(0, id(1), post)
}

func TestScript_counts_as_frozen_when_the_clean_up_failed_too(t *testing.T) {
	h := newHost(t)
	h.write("pre-exit", "3")
	h.write("post-exit", "4")
	h.is(consistency.PreFailed, id(1), pre)
	h.remove("pre-exit", "post-exit")
	h.is(consistency.AlreadyFrozen, id(1), pre)
	h.ring()
	h.untilLog("pre frozen stuck thawed")
}

func TestScript_does_not_run_post_when_the_application_is_not_ready(t *testing.T) {
	h := newHost(t)
	h.write("pre-exit", "206")
	h.is(consistency.NotReady, id(1), pre)
	h.did("pre frozen")
	h.is(consistency.NotFrozen, id(1), post)
}

func TestScript_post_can_be_tried_again(t *testing.T) {
	h := newHost(t)
	h.is(0, id(1), pre)
	h.write("post-exit", "1")
	h.is(consistency.PostFailed, id(1), post)
	h.is(consistency.AlreadyFrozen, id(2), pre)
	h.remove("post-exit")
	h.is(0, id(1), post)
	h.did("pre frozen stuck thawed")
}

func TestScript_ends_a_command_that_takes_too_long(t *testing.T) {
	h := newHost(t)
	h.script.Timeout = 4 * time.Second
	h.write("hold", "")
	h.is(consistency.PreFailed, id(1), pre)
	h.did("pre thawed")
}

// Both ways to keep time: a unit of systemd's, and a process of one's own.
func eachTimer(t *testing.T, test func(h *host)) {
	t.Helper()
	t.Run("systemd", func(t *testing.T) { test(newHost(t).withSystemd()) })
	t.Run("setsid", func(t *testing.T) { test(newHost(t)) })
}

func TestScript_thaws_by_itself(t *testing.T) {
	eachTimer(t, func(h *host) {
		h.is(0, id(1), pre)
		h.ring()
		h.untilLog("pre frozen thawed")
		h.until("a line in the journal", func() bool { return strings.Contains(h.read("journal"), "by itself") })
		h.is(consistency.ThawedBefore, id(1), post)
		h.is(consistency.NotFrozen, force(2), post)
		h.did("pre frozen thawed")
	})
}

func TestScript_its_timer_tries_until_it_has_thawed(t *testing.T) {
	eachTimer(t, func(h *host) {
		h.is(0, id(1), pre)
		h.write("post-exit", "1")
		h.ring()
		h.untilLog("pre frozen stuck")
		h.remove("post-exit")
		h.ring()
		h.untilLog("pre frozen stuck thawed")
	})
}

func TestScript_an_old_timer_leaves_a_new_freeze_of_the_same_attempt_alone(t *testing.T) {
	eachTimer(t, func(h *host) {
		h.write("pre-exit", "1")
		h.is(consistency.PreFailed, id(1), pre)
		h.remove("pre-exit")
		h.is(0, id(1), pre)
		h.ring() // one of the two goes off, whichever; then the other
		h.ring()
		h.untilLog("pre frozen thawed pre frozen thawed")
	})
}

func TestScript_cancels_its_timer(t *testing.T) {
	h := newHost(t).withSystemd()
	h.is(0, id(1), pre)
	h.is(0, id(1), post)
	unit := "lastgood-thaw-" + consistency.RunKey(run) + ".1."
	if got := h.read("systemctl"); !strings.Contains(got, "stop "+unit) {
		t.Errorf("systemctl was called with %q, want stop %s…", got, unit)
	}
	h.ring()
	h.is(consistency.NotFrozen, id(1), post)
	h.did("pre frozen thawed")
}

func TestScript_a_signal_while_it_freezes_thaws(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP} {
		t.Run(signal.String(), func(t *testing.T) {
			h := newHost(t)
			h.write("hold", "")
			cmd := h.start(id(1), pre)
			h.untilLog("pre")
			syscall.Kill(cmd.Process.Pid, signal)
			if got, out := h.wait(cmd); got != consistency.PreFailed {
				t.Errorf("exit code %d, want %d\n%s", got, consistency.PreFailed, out)
			}
			h.did("pre thawed")
			h.is(consistency.NotFrozen, id(1), post)
		})
	}
}

// SSM ends a command that takes too long with KILL, to its whole process group. What pre
// started goes on; nothing may thaw before it has ended.
func TestScript_a_pre_that_is_killed_is_thawed_when_it_has_ended(t *testing.T) {
	for name, thaw := range map[string]func(h *host){
		"by the timer": func(h *host) { h.ring() },
		"by force": func(h *host) {
			cmd := h.start(force(2), post)
			h.Cleanup(func() { h.wait(cmd) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t)
			h.write("hold", "")
			cmd := h.start(id(1), pre)
			h.untilLog("pre")
			syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
			h.wait(cmd)
			thaw(h)
			h.remove("hold")
			h.untilLog("pre frozen thawed")
		})
	}
}

func TestScript_two_policies_do_not_freeze_one_host_at_once(t *testing.T) {
	a := newHost(t)
	b := *a
	b.script.Pre, b.script.Post = `echo b-pre >>"$APP/log"`, `echo b-post >>"$APP/log"`
	a.is(0, id(1), pre)
	b.is(consistency.AlreadyFrozen, consistency.ExecutionID("b", 1, false), pre)
	b.is(0, consistency.ExecutionID("b", 1, true), post)
	a.did("pre frozen thawed") // with a's post, though b's document ran
	b.is(0, consistency.ExecutionID("b", 1, false), pre)
	a.is(consistency.NotFrozen, id(1), post)
	b.is(0, consistency.ExecutionID("b", 1, false), post)
	a.did("pre frozen thawed b-pre b-post")
}

func TestScript_of_many_at_once_one_freezes(t *testing.T) {
	h := newHost(t)
	codes := make([]int, 6)
	var all sync.WaitGroup
	for i := range codes {
		cmd := h.start(consistency.ExecutionID(fmt.Sprint("run ", i), 1, false), pre)
		all.Go(func() { codes[i], _ = h.wait(cmd) })
	}
	all.Wait()
	froze := 0
	for _, code := range codes {
		switch code {
		case 0:
			froze++
		case consistency.AlreadyFrozen:
		default:
			t.Errorf("exit code %d", code)
		}
	}
	if froze != 1 {
		t.Errorf("%d froze, want one: %v", froze, codes)
	}
	h.did("pre frozen")
}

// Data Lifecycle Manager makes ids of its own, and may use one again for another try.
func TestScript_takes_ids_that_are_not_its_own(t *testing.T) {
	for _, foreign := range []string{"None", "8A9E5B6C-7D0F-4A1B-9C2D-3E4F5A6B7C8D", "00000000-0000-8000-8000-1a57900d0000"} {
		t.Run(foreign, func(t *testing.T) {
			h := newHost(t)
			h.is(0, foreign, pre)
			h.is(consistency.NotFrozen, id(1), post)
			h.is(0, strings.ToLower(foreign), post)
			h.is(consistency.NotFrozen, foreign, post)
			h.is(0, foreign, pre)
			h.is(0, force(1), post)
			h.did("pre frozen thawed pre frozen thawed")
		})
	}
}

func TestScript_a_reboot_leaves_nothing_frozen(t *testing.T) {
	h := newHost(t)
	h.is(0, id(1), pre)
	h.state += "-after-the-reboot" // /run is empty then
	h.is(consistency.NotFrozen, id(1), post)
	h.is(0, id(2), pre)
}
