package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// cdk is the repository's own cdk command line, pointed at the emulator.
type cdk struct {
	root string
	env  []string

	mu   sync.Mutex // one line at a time, from whichever command
	line func(string)
}

func newCDK(a *AWS, o DeployOptions) (*cdk, error) {
	root, err := filepath.Abs(o.Root)
	if err != nil {
		return nil, fmt.Errorf("finding cdk: %w", err)
	}
	c := &cdk{root: root, line: o.Line}
	if _, err := os.Stat(c.path()); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("finding cdk: it is missing, run \"make setup\" first: %w", err)
	}
	if len(o.Regions) == 0 {
		return nil, errors.New("deploying: no Region is given")
	}
	// Nothing of the user's own AWS settings may lead anywhere else.
	inherited := slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "AWS_") || strings.HasPrefix(v, "CDK_")
	})
	c.env = slices.Concat(inherited, a.Environ(o.Regions[0]), []string{
		"AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull, "AWS_EC2_METADATA_DISABLED=true",
		"CI=true", "CDK_DISABLE_CLI_TELEMETRY=true", "CDK_DISABLE_VERSION_CHECK=true",
		"NO_PROXY=" + strings.Trim(os.Getenv("NO_PROXY")+",localhost", ","),
		"PATH=" + filepath.Dir(c.path()) + string(os.PathListSeparator) + os.Getenv("PATH"), // its Node.js is there too
	})
	return c, nil
}

func (c *cdk) path() string { return filepath.Join(c.root, "node_modules", ".bin", "cdk") }

// in runs a cdk command in dir.
func (c *cdk) in(ctx context.Context, dir string, args ...string) error {
	output := &tail{emit: c.emit}
	cmd := exec.CommandContext(ctx, c.path(), append(args, "--no-notices", "--ci")...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, c.env, output, output
	// cdk starts the app, which starts more: all of it ends with ctx.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	err := cmd.Run()
	last := output.last()
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("running cdk %s: %w%s", args[0], err, last)
	}
	return nil
}

func (c *cdk) emit(line string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.line != nil {
		c.line(line)
	}
}
