package consistency_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lastgood/shared/consistency"
)

// awkward is what people write in scripts, and what a careless generator trips over.
var awkward = map[string]string{
	"quotes":       `printf '%s' "it's" 'a "b"' \'`,
	"heredoc":      "cat <<'EOF'\n$HOME `id` \\\nEOF\n",
	"percent":      `printf '%s%%%d\n' a 1; printf '%(%Y)T' 0 >/dev/null`,
	"dollar":       `x=1; echo "$x" ${x} $((x + 1)) $'\t' "$(echo "$x")"`,
	"unicode":      "echo 'größer 日本 🦊'",
	"braces":       `x='{{ command }}{{{executionId}}}'; echo "$x" '}}' "{{ssm:name}}"`,
	"backslash":    `echo 'a\\nb' "\\" \\`,
	"two lines":    "echo a\n\n# echo b\necho c",
	"html":         "echo '<b>&amp;</b>'",
	"carriage":     "echo a\r\necho b",
	"end of input": "cat",
	"empty":        "",
	"exits":        "echo before; exit 0; echo after",
}

// asAgent does to a document what SSM does: it puts the parameters in, and joins the lines.
func asAgent(t *testing.T, document []byte, executionID, command string) string {
	t.Helper()
	var d struct {
		Parameters struct {
			ExecutionID struct{ Default, AllowedPattern string }
			Command     struct {
				Default       string
				AllowedValues []string
			}
		}
		MainSteps []struct {
			Inputs struct{ RunCommand []string }
		}
	}
	if err := json.Unmarshal(document, &d); err != nil {
		t.Fatal(err)
	}
	text := strings.Join(d.MainSteps[0].Inputs.RunCommand, "\n") + "\n"
	if found := regexp.MustCompile(`\{\{[^}]*`).FindAllString(text, -1); !cmp.Equal(found, []string{"{{ command ", "{{ executionId "}) {
		t.Fatalf("SSM would look for the parameters %q", found)
	}
	if ok := regexp.MustCompile(d.Parameters.ExecutionID.AllowedPattern).MatchString; !ok(executionID) || !ok(d.Parameters.ExecutionID.Default) {
		t.Fatalf("%s does not match %s", executionID, d.Parameters.ExecutionID.AllowedPattern)
	}
	if want := []string{"pre-script", "post-script", "dry-run"}; !cmp.Equal(d.Parameters.Command.AllowedValues, want) || d.Parameters.Command.Default != "dry-run" {
		t.Fatalf("the parameter command is %+v", d.Parameters.Command)
	}
	return strings.NewReplacer("{{ command }}", command, "{{ executionId }}", executionID).Replace(text)
}

func TestDocument_runs_what_the_policy_says_and_nothing_else(t *testing.T) {
	for name, command := range awkward {
		t.Run(name, func(t *testing.T) {
			script := consistency.Script{Pre: command, Post: command, Timeout: time.Minute, ThawAfter: 10 * time.Minute}
			document, err := script.Document("daily-web")
			if err != nil {
				t.Fatal(err)
			}
			want, err := exec.Command("bash", "-c", command).Output()
			if err != nil {
				t.Fatal(err)
			}
			h := newHost(t)
			for _, operation := range []string{pre, post} {
				file := filepath.Join(t.TempDir(), "_script.sh")
				if err := os.WriteFile(file, []byte(asAgent(t, document, id(1), operation)), 0o700); err != nil {
					t.Fatal(err)
				}
				cmd := exec.Command("sh", "-c", file) // as the agent does
				like := h.command(id(1), operation)
				cmd.Env, cmd.Stdout, cmd.Stderr = like.Env, like.Stdout, like.Stderr
				err := cmd.Run()
				got, readErr := os.ReadFile(like.Stdout.(*os.File).Name())
				if err != nil || readErr != nil {
					t.Fatalf("%s: %v, %v\n%s", operation, err, readErr, got)
				}
				said := regexp.MustCompile(`\d{4}-\S+ lastgood \S+: .*\n`).ReplaceAllString(string(got), "")
				if said != string(want) {
					t.Errorf("%s printed %q, want %q", operation, said, want)
				}
			}
		})
	}
}

func TestDocument_is_for_Linux_and_has_time_for_a_clean_up(t *testing.T) {
	script := consistency.Script{Pre: "true", Post: "true", Timeout: time.Minute, ThawAfter: consistency.DefaultThawAfter(time.Minute)}
	document, err := script.Document("daily-web")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"platformType"`, `"Linux"`, `"timeoutSeconds": "150"`, `"schemaVersion": "2.2"`, `"aws:runShellScript"`, `"timeout_seconds=60 `, `"thaw_seconds=180 `} {
		if !strings.Contains(string(document), want) {
			t.Errorf("it lacks %s", want)
		}
	}
	if name := consistency.DocumentName("daily-web"); name != "lastgood-daily-web" {
		t.Errorf("its name is %s", name)
	}
}

func TestDocument_refuses_what_cannot_work(t *testing.T) {
	good := consistency.Script{Pre: "true", Post: "true", Timeout: time.Minute, ThawAfter: 2 * time.Minute}
	for want, change := range map[string]func(s *consistency.Script){
		"the pre command is not UTF-8":       func(s *consistency.Script) { s.Pre = "echo \xff" },
		"the post command is not UTF-8":      func(s *consistency.Script) { s.Post = "echo \x00" },
		"expected whole seconds":             func(s *consistency.Script) { s.Timeout = 1500 * time.Millisecond },
		"expected whole seconds, at least":   func(s *consistency.Script) { s.Timeout = 0 },
		"expected at least 1m10s":            func(s *consistency.Script) { s.ThawAfter = time.Minute },
		"policy daily-web":                   func(s *consistency.Script) { s.ThawAfter = -time.Minute },
		"keep long scripts on the host":      func(s *consistency.Script) { s.Pre = strings.Repeat("true\n", 20000) },
		"the document of policy daily-web h": func(s *consistency.Script) { s.Post = strings.Repeat("#", 64<<10) },
	} {
		s := good
		change(&s)
		if _, err := s.Document("daily-web"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
	if _, err := good.Document("daily-web"); err != nil {
		t.Error(err)
	}
}

func TestScript_dry_run_does_nothing(t *testing.T) {
	h := newHost(t)
	if out := h.is(0, "None", consistency.DryRun); !strings.Contains(out, "frozen now: no") {
		t.Errorf("it says %s", out)
	}
	h.is(0, id(1), pre)
	if out := h.is(0, "None", consistency.DryRun); !strings.Contains(out, consistency.RunKey(run)+".1") {
		t.Errorf("it does not say who froze: %s", out)
	}
	h.did("pre frozen")
}

func TestScript_says_what_the_host_lacks(t *testing.T) {
	for want, spoil := range map[string]func(h *host){
		"the command flock":                 func(h *host) { h.hide("flock") },
		"a pre command without this error":  func(h *host) { h.script.Pre = "if" },
		"a post command without this error": func(h *host) { h.script.Post = "echo (" },
		"the folder": func(h *host) {
			if err := os.WriteFile(h.state, nil, 0o600); err != nil {
				h.Fatal(err)
			}
		},
	} {
		t.Run(want, func(t *testing.T) {
			h := newHost(t)
			spoil(h)
			if out := h.is(consistency.NotReady, "None", consistency.DryRun); !strings.Contains(out, want) {
				t.Errorf("it says %s, want %s", out, want)
			}
			if strings.Contains(want, "without this error") {
				return // dry-run is there to find these before a pre does
			}
			h.is(consistency.PreFailed, id(1), pre)
			h.is(consistency.PostFailed, id(1), post)
			h.did("")
		})
	}
}

func TestScript_freezes_nothing_without_a_timer(t *testing.T) {
	h := newHost(t)
	h.tool("setsid", "exit 1")
	h.tool("mv", "exit 1") // the timer cannot be written
	out := h.is(consistency.PreFailed, id(1), pre)
	if !strings.Contains(out, "nothing was frozen") {
		t.Errorf("it says %s", out)
	}
	h.did("")
}

func TestScript_parses_and_is_plain_to_read(t *testing.T) {
	text, err := consistency.Script{Timeout: time.Second, ThawAfter: time.Minute}.Text()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("bash", "-n")
	cmd.Stdin = strings.NewReader(text)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("bash -n: %s", out)
	}
	for n, line := range strings.Split(text, "\n") {
		if strings.ContainsAny(line, "\t`") || len(line) > 170 || strings.TrimRight(line, " ") != line {
			t.Errorf("line %d has a tab or a backquote, is long, or ends in blanks: %q", n+1, line)
		}
	}
}
