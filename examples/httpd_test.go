package examples_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"lastgood/shared/config"
	"lastgood/shared/consistency"
)

// web is a machine with an httpd: a systemctl and a pgrep that agree on how many
// processes it has, and the script of the example's policy.
type web struct {
	*testing.T
	dir, script string
}

func newWeb(t *testing.T) web {
	t.Helper()
	c, err := config.Load("httpd/lastgood.json")
	if err != nil {
		t.Fatal(err)
	}
	scripts := c.Policies[0].Scripts
	timeout := scripts.Timeout.Std()
	script, err := consistency.Script{Pre: scripts.Pre, Post: scripts.Post, Timeout: timeout, ThawAfter: consistency.DefaultThawAfter(timeout)}.Text()
	if err != nil {
		t.Fatal(err)
	}
	w := web{t, t.TempDir(), script}
	w.tool("systemctl", `case "$1 $2" in
"stop httpd") cp "$WEB/survivors" "$WEB/count" ;;
"start httpd") cp "$WEB/started" "$WEB/count" ;;
"is-active --quiet") [ "$(cat "$WEB/count")" -gt 0 ] ;;
esac`)
	w.tool("pgrep", `cat "$WEB/count"; [ "$(cat "$WEB/count")" -gt 0 ]`)
	w.tool("systemd-run", "exit 0")
	w.has("count", "6")
	w.has("survivors", "0")
	w.has("started", "6")
	return w
}

func (w web) tool(name, does string) {
	w.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, name), []byte("#!/bin/bash\n"+does+"\n"), 0o755); err != nil {
		w.Fatal(err)
	}
}

func (w web) has(name, count string) {
	w.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, name), []byte(count), 0o644); err != nil {
		w.Fatal(err)
	}
}

// run runs the policy's script, and says if it ends with another exit code, or leaves
// another number of processes.
func (w web) run(command string, exitCode int, processes string) {
	w.Helper()
	text := strings.NewReplacer("{{ command }}", command, "{{ executionId }}", consistency.ExecutionID("run", 1, false)).Replace(w.script)
	cmd := exec.Command("bash", "-c", text)
	cmd.Env = append(os.Environ(), "PATH="+w.dir+":"+os.Getenv("PATH"), "WEB="+w.dir, "LASTGOOD_STATE_DIR="+filepath.Join(w.dir, "state"))
	out, _ := cmd.CombinedOutput()
	if got := cmd.ProcessState.ExitCode(); got != exitCode {
		w.Fatalf("%s: exit code %d, want %d\n%s", command, got, exitCode, out)
	}
	if got, err := os.ReadFile(filepath.Join(w.dir, "count")); err != nil || string(got) != processes {
		w.Fatalf("%s: %s processes are left, %v; want %s\n%s", command, got, err, processes, out)
	}
}

func TestHTTPD_is_stopped_and_started(t *testing.T) {
	w := newWeb(t)
	w.run(consistency.DryRun, 0, "6")
	w.run(consistency.PreScript, 0, "0")
	w.run(consistency.PostScript, 0, "6")
}

func TestHTTPD_that_does_not_stop_is_started_again(t *testing.T) {
	w := newWeb(t)
	w.has("survivors", "2")
	w.run(consistency.PreScript, consistency.PreFailed, "6")
}

func TestHTTPD_that_somebody_stopped_stays_stopped(t *testing.T) {
	w := newWeb(t)
	w.has("count", "0")
	w.run(consistency.PreScript, consistency.NotReady, "0")
}

func TestHTTPD_that_does_not_start_is_a_failed_post(t *testing.T) {
	w := newWeb(t)
	w.run(consistency.PreScript, 0, "0")
	w.has("started", "0")
	w.run(consistency.PostScript, consistency.PostFailed, "0")
	w.has("started", "6")
	w.run(consistency.PostScript, 0, "6")
}

func TestHTTPD_page_shows_the_scripts_as_they_are(t *testing.T) {
	c, err := config.Load("httpd/lastgood.json")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("httpd/README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, script := range []string{c.Policies[0].Scripts.Pre, c.Policies[0].Scripts.Post} {
		if !strings.Contains(string(page), "```bash\n"+script+"\n```") {
			t.Errorf("the page lacks:\n%s", script)
		}
	}
}
