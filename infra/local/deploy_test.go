package local

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// fakeCDK puts a script in place of cdk; it gets its own name for the command.
func fakeCDK(t *testing.T, script string) string {
	root := t.TempDir()
	bin := filepath.Join(root, "node_modules", ".bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(bin, "cdk"), []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	return root
}

func TestDeployBootstrapsSynthesizesAndDeploys(t *testing.T) {
	t.Setenv("AWS_PROFILE", "production")
	t.Setenv("AWS_ENDPOINT_URL_S3", "https://example.com")
	root := fakeCDK(t, `
printf "%s %s %s\n" "$1" "$(env | grep -cE '^AWS_PROFILE|^AWS_ENDPOINT_URL_')" "$AWS_ENDPOINT_URL"
printf "$*"`)
	var lines []string
	o := DeployOptions{Root: root, Regions: []string{region, "us-east-1"}, Config: "c.json", Out: "/out", Line: func(l string) { lines = append(lines, l) }}
	if err := Deploy(t.Context(), &AWS{Endpoint: "http://localhost:1"}, o); err != nil {
		t.Fatal(err)
	}
	slices.Sort(lines)
	var got []string
	for _, l := range lines {
		if strings.Contains(l, "--") {
			got = append(got, l)
		} else if !strings.Contains(l, " 0 http://localhost:1") {
			t.Errorf("environment: %q", l)
		}
	}
	equal(t, "commands", []string{
		"bootstrap aws://123456789012/ap-northeast-1 aws://123456789012/us-east-1 --no-notices --ci",
		"deploy --all --app /out --require-approval never --method direct --progress events --concurrency 2 --no-notices --ci",
		"synth --quiet --output /out --context config=c.json --no-notices --ci",
	}, got)
}

func TestDeployOfASynthesizedAppDoesNotSynthesize(t *testing.T) {
	root := fakeCDK(t, `test "$1" != synth && test "$1" = bootstrap -o "$4" = /app`)
	if err := Deploy(t.Context(), &AWS{}, DeployOptions{Root: root, Regions: []string{region}, App: "/app"}); err != nil {
		t.Error(err)
	}
}

func TestDeployFailureEndsWithTheLastLines(t *testing.T) {
	root := fakeCDK(t, `test "$1" = bootstrap && exit 0; seq 1 100; printf "regions.main is missing" >&2; exit 1`)
	err := Deploy(t.Context(), &AWS{}, DeployOptions{Root: root, Regions: []string{region}})
	if err == nil || !strings.Contains(err.Error(), "running cdk synth: exit status 1; its last lines:") ||
		!strings.HasSuffix(err.Error(), "100\n  regions.main is missing") || strings.Contains(err.Error(), " 50\n") {
		t.Errorf("error %v", err)
	}
}

func TestDeployWithoutCDKNamesTheCommandToRun(t *testing.T) {
	err := Deploy(t.Context(), &AWS{}, DeployOptions{Root: t.TempDir(), Regions: []string{region}})
	if err == nil || !strings.Contains(err.Error(), "make setup") {
		t.Errorf("error %v", err)
	}
}

func TestDeployEndsWithItsContextAndAllThatCDKStarted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	root := fakeCDK(t, `sleep 1000 & echo $!; wait`)
	var pids []int
	err := Deploy(ctx, &AWS{}, DeployOptions{Root: root, Regions: []string{region}, App: "/app", Line: func(l string) {
		pid, _ := strconv.Atoi(l)
		pids = append(pids, pid)
		cancel()
	}})
	if !errors.Is(err, context.Canceled) || len(pids) != 1 {
		t.Fatalf("error %v, processes %v", err, pids)
	}
	// The kernel may need a moment, and a killed process without a parent stays a zombie until one adopts it.
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		state, err := exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(pids[0])).Output()
		if err != nil || strings.HasPrefix(string(state), "Z") {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("process %d is still %s", pids[0], state)
		}
	}
}
