// Package bundle compiles the functions into what Lambda unpacks: for each one a
// folder with the binary and the configuration beside it.
//
// The CDK has a construct for Go functions (aws-lambda-go-alpha's GoFunction). It
// was left alone: its bundling runs in the CDK's Node process, once per stack; a
// file beside the binary needs shell hooks; and a compiler's error arrives inside
// a JavaScript stack trace. One go build here says all of it, needs no shell, and
// hands every Region the same folder.
package bundle

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"lastgood/shared/config"
	"lastgood/shared/telemetry"
)

// Binary is the name that Lambda's OS-only runtimes start, and so the name of each
// function's command: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-provided.html
const Binary = "bootstrap"

// Props says what to build, for what, and where to.
type Props struct {
	Source string        // the folder that holds one folder per function, each with its command in bootstrap/
	Out    string        // the folder that gets one folder per function; made if missing
	Config config.Config // goes beside each binary, and says the architecture
}

// All builds every function and returns each one's folder. The same source,
// configuration and Go release give the same bytes, wherever they are built.
func All(ctx context.Context, p Props) (map[telemetry.Function]string, error) {
	folders := map[telemetry.Function]string{}
	for _, f := range telemetry.Functions {
		folder, err := filepath.Abs(filepath.Join(p.Out, string(f)))
		if err != nil {
			return nil, fmt.Errorf("locating the bundle of %s: %w", f, err)
		}
		if err := build(ctx, filepath.Join(p.Source, string(f), Binary), folder, p.Config); err != nil {
			return nil, fmt.Errorf("bundling %s: %w", f, err)
		}
		folders[f] = folder
	}
	return folders, nil
}

func build(ctx context.Context, source, folder string, c config.Config) error {
	if err := os.MkdirAll(folder, 0o755); err != nil { //nolint:gosec // others may read what gets deployed
		return fmt.Errorf("making the folder: %w", err)
	}
	if err := compile(ctx, source, filepath.Join(folder, Binary), c.Architecture); err != nil {
		return err
	}
	settings, err := c.Marshal()
	if err != nil {
		return fmt.Errorf("writing the configuration: %w", err)
	}
	if err := write(filepath.Join(folder, config.File), settings, 0o644); err != nil {
		return fmt.Errorf("writing the configuration: %w", err)
	}
	return nil
}

// compile builds one function. A compiler's complaint is the error's text.
func compile(ctx context.Context, source, out string, a config.Architecture) error {
	cmd := exec.CommandContext(ctx, "go", "build",
		"-trimpath", "-buildvcs=false", // no paths and no commit in the binary: the same source is the same asset
		"-tags", "lambda.norpc", // provided.al2023 speaks HTTP: https://docs.aws.amazon.com/lambda/latest/dg/golang-package.html
		"-ldflags=-s -w", "-o", out, ".")
	cmd.Dir = source
	cmd.Env = append(os.Environ(), environment(a)...)
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("compiling %s: %w\n%s", source, err, strings.TrimSpace(string(output)))
	}
	if err := os.Chmod(out, 0o755); err != nil { //nolint:gosec // Lambda's user is not the one who built it, and has to execute it
		return fmt.Errorf("making the binary executable: %w", err)
	}
	return nil
}

// environment overrides whatever the person at the keyboard has set, so that two
// people deploy the same bytes.
func environment(a config.Architecture) []string {
	arch := map[config.Architecture]string{config.ARM64: "arm64", config.X8664: "amd64"}[a]
	return []string{
		"GOOS=linux", "GOARCH=" + arch, "CGO_ENABLED=0",
		"GOAMD64=v1", "GOARM64=v8.0", "GOEXPERIMENT=", "GOFLAGS=", "GOWORK=off",
	}
}

// write replaces a file whatever the umask and the former mode were.
func write(path string, data []byte, mode os.FileMode) error {
	if err := os.WriteFile(path, data, mode); err != nil {
		return err
	}
	return os.Chmod(path, mode)
}
