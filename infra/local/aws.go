// Package local runs lastgood's stacks on this machine without an AWS account:
// an emulator process stands in for AWS, the cdk CLI deploys to it, and events
// are delivered to the functions' real programs. The emulator holds no data
// after it ends.
package local

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// Account is the emulator's only account.
const Account = "123456789012"

// secretKey goes with every access key; the emulator does not check it.
const secretKey = "local"

// Options say how to run the emulator.
type Options struct {
	Root   string       // the repository's root folder; default "."
	Python string       // default <Root>/.venv/bin/python, which make setup creates
	Log    func(string) // receives the emulator's stderr line by line; may be nil

	// How long new images and snapshots stay pending; 0: the emulator's default,
	// negative: until FinishImage and FinishSnapshot.
	ImagePending, SnapshotPending time.Duration
}

// AWS is a running emulator.
type AWS struct {
	Endpoint string // "http://localhost:<port>", for all services and Regions

	cmd   *exec.Cmd
	stdin io.Closer
	ended chan struct{} // closed when the process has ended
}

// Start runs the emulator and waits until it serves. It ends with Stop, and
// when this process ends in any other way.
func Start(ctx context.Context, o Options) (*AWS, error) {
	root, err := filepath.Abs(o.Root)
	if err != nil {
		return nil, fmt.Errorf("starting the emulator: %w", err)
	}
	python := o.Python
	if python == "" {
		python = filepath.Join(root, ".venv", "bin", "python")
	}
	if _, err := os.Stat(python); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("starting the emulator: its Python environment is missing, run \"make setup\" first: %w", err)
	}
	args := []string{filepath.Join("infra", "local", "emulator"), "--port", "0"}
	for name, pending := range map[string]time.Duration{"image": o.ImagePending, "snapshot": o.SnapshotPending} {
		if pending != 0 {
			args = append(args, "--"+name+"-seconds="+strconv.FormatFloat(pending.Seconds(), 'f', -1, 64))
		}
	}
	a := &AWS{cmd: exec.Command(python, args...), ended: make(chan struct{})}
	a.cmd.Dir = root
	// A terminal's interrupt is for us: we end the emulator by closing its stdin.
	a.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if a.stdin, err = a.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("starting the emulator: %w", err)
	}
	stdout, err := a.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("starting the emulator: %w", err)
	}
	complaints := &tail{emit: o.Log}
	a.cmd.Stderr = complaints
	if err := a.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the emulator: %w", err)
	}
	ready := make(chan error, 1)
	go func() {
		out := bufio.NewReader(stdout)
		ready <- a.readEndpoint(out)
		io.Copy(io.Discard, out)
		a.cmd.Wait()
		close(a.ended)
	}()
	select {
	case err = <-ready:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		a.Stop()
		return nil, fmt.Errorf("starting the emulator: %w%s", err, complaints.last())
	}
	return a, nil
}

// readEndpoint reads the line that the emulator prints when it is ready.
func (a *AWS) readEndpoint(out *bufio.Reader) error {
	line, err := out.ReadBytes('\n')
	if err != nil {
		return errors.New("it ended before it was ready")
	}
	var ready struct {
		Endpoint string `json:"endpoint"`
	}
	if err := json.Unmarshal(line, &ready); err != nil || ready.Endpoint == "" {
		return fmt.Errorf("it printed %q in place of its endpoint", line)
	}
	a.Endpoint = ready.Endpoint
	return nil
}

// Stop ends the emulator. It may be called more than once.
func (a *AWS) Stop() {
	a.stdin.Close()
	select {
	case <-a.ended:
	case <-time.After(5 * time.Second):
		a.cmd.Process.Kill()
		<-a.ended
	}
}

// Config is for SDK clients that call the emulator in region as accessKey.
func (a *AWS) Config(region, accessKey string) aws.Config {
	return aws.Config{
		Region:       region,
		BaseEndpoint: aws.String(a.Endpoint),
		Credentials:  credentials.NewStaticCredentialsProvider(accessKey, secretKey, ""),
		HTTPClient:   plainBodies{awshttp.NewBuildableClient()},
	}
}

// plainBodies has request bodies only be read. A local answer can come before net/http has looked whether a request's body is
// at its end; the SDK has closed it by then, and a closed body that is asked to write itself answers with an error, for
// which net/http closes the connection, and the answer is lost with it.
type plainBodies struct{ aws.HTTPClient }

// Do is HTTPClient's.
func (c plainBodies) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		r.Body = struct{ io.ReadCloser }{r.Body}
	}
	return c.HTTPClient.Do(r)
}

// Environ makes the AWS CLI, the cdk CLI and any SDK call the emulator.
func (a *AWS) Environ(region string) []string { return a.environ(region, AccessKey(Operator)) }

func (a *AWS) environ(region, accessKey string) []string {
	return []string{
		"AWS_ENDPOINT_URL=" + a.Endpoint,
		"AWS_REGION=" + region,
		"AWS_DEFAULT_REGION=" + region,
		"AWS_ACCESS_KEY_ID=" + accessKey,
		"AWS_SECRET_ACCESS_KEY=" + secretKey,
	}
}
