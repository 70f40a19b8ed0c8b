package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	diff "github.com/google/go-cmp/cmp"

	"lastgood/infra/local"
	"lastgood/shared/config"
	"lastgood/shared/signature"
)

const (
	mainRegion = "ap-northeast-1"
	drRegion   = "ap-southeast-1"
)

var update = flag.Bool("update", false, "write the golden files anew")

// emulator is the one local AWS of all tests here, with a signing key in each Region.
// Tests keep out of each other's way by having instances of their own, and their images
// are deregistered after them.
var emulator struct {
	once sync.Once
	aws  *local.AWS
	err  error
}

func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	if emulator.aws != nil {
		emulator.aws.Stop()
	}
	os.Exit(code)
}

func startEmulator() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	emulator.aws, emulator.err = local.Start(ctx, local.Options{Root: "../..", ImagePending: -1, SnapshotPending: -1})
	for _, region := range []string{mainRegion, drRegion} {
		if emulator.err == nil {
			emulator.err = makeKey(ctx, kms.NewFromConfig(operatorConfig(region)))
		}
	}
}

// makeKey makes what the stack makes: a Region's signing key.
func makeKey(ctx context.Context, client *kms.Client) error {
	key, err := client.CreateKey(ctx, &kms.CreateKeyInput{
		KeySpec: kmstypes.KeySpecHmac256, KeyUsage: kmstypes.KeyUsageTypeGenerateVerifyMac,
	})
	if err != nil {
		return err
	}
	_, err = client.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: aws.String("alias/lastgood"), TargetKeyId: key.KeyMetadata.KeyId})
	return err
}

func operatorConfig(region string) aws.Config {
	return emulator.aws.Config(region, local.AccessKey(local.Operator))
}

// world is one test's view of the local AWS.
type world struct {
	*testing.T
	aws    *local.AWS
	config config.Config     // as run hands it to the command; may be changed
	stdin  string            // what the person at the terminal types
	later  time.Duration     // how far the command's clock is ahead
	called map[string]string // id -> its name in golden files
}

func newWorld(t *testing.T) *world {
	t.Helper()
	emulator.once.Do(startEmulator)
	if emulator.err != nil {
		t.Fatal(emulator.err)
	}
	for _, variable := range emulator.aws.Environ(mainRegion) {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}
	for name, value := range map[string]string{
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_PROFILE": "", "AWS_SESSION_TOKEN": "",
		"AWS_EC2_METADATA_DISABLED": "true",
	} {
		t.Setenv(name, value)
	}
	w := &world{T: t, aws: emulator.aws, config: config.Default(), called: map[string]string{}}
	w.config.Regions = config.Regions{Main: mainRegion, DR: []string{drRegion}}
	return w
}

func (w *world) check(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) ec2(region string) *ec2.Client { return ec2.NewFromConfig(operatorConfig(region)) }
func (w *world) ssm(region string) *ssm.Client { return ssm.NewFromConfig(operatorConfig(region)) }

// key signs as lastgood's functions do.
func (w *world) key(region string) signature.Key {
	return signature.Key{KMS: kms.NewFromConfig(operatorConfig(region)), ID: "alias/lastgood"}
}

// down takes a Region down until the test ends.
func (w *world) down(region string) {
	w.Helper()
	w.check(w.aws.SetRegion(w.Context(), region, false))
	w.Cleanup(func() {
		if err := w.aws.SetRegion(context.Background(), region, true); err != nil {
			w.Error(err)
		}
	})
}

// fault makes the next calls of an action fail; what is left of it ends with the test.
func (w *world) fault(f local.Fault) {
	w.Helper()
	w.check(w.aws.Fault(w.Context(), f))
	w.Cleanup(func() {
		if err := w.aws.ClearFaults(context.Background()); err != nil {
			w.Error(err)
		}
	})
}

// run runs lastgood with the test's configuration, in this process.
func (w *world) run(args ...string) (stdout, stderr string, code int) {
	w.Helper()
	file := filepath.Join(w.TempDir(), "config.json")
	data, err := w.config.Marshal()
	w.check(err)
	w.check(os.WriteFile(file, data, 0o600))
	return w.runBare(append([]string{"--config", file}, args...)...)
}

// runBare runs lastgood with nothing but args.
func (w *world) runBare(args ...string) (stdout, stderr string, code int) {
	w.Helper()
	var out, errs bytes.Buffer
	root := newRoot(&app{now: func() time.Time { return time.Now().Add(w.later) }})
	root.SetArgs(args)
	root.SetIn(strings.NewReader(w.stdin))
	root.SetOut(&out)
	root.SetErr(&errs)
	code = execute(w.Context(), root)
	return out.String(), errs.String(), code
}

// expect runs lastgood and fails the test unless it exits with code.
func (w *world) expect(code int, args ...string) string {
	w.Helper()
	out, errs, got := w.run(args...)
	if got != code {
		w.Fatalf("lastgood %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), got, code, out, errs)
	}
	return out
}

// decode reads -o json.
func decode[T any](w *world, text string) (v T) {
	w.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&v); err != nil {
		w.Fatalf("no JSON: %v\n%s", err, text)
	}
	return v
}

var (
	anyID     = regexp.MustCompile(`\b(ami|i|snap|vol)-[0-9a-f]{17}\b`)
	anyConfig = regexp.MustCompile(`[^ ="]*/config\.json`)
	anyTime   = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z|\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?`)
)

// golden compares text with testdata/<name>.golden, where ids are the names they were
// given and times are zeros, both as long as they were.
func (w *world) golden(name, text string) {
	w.Helper()
	text = anyID.ReplaceAllStringFunc(text, func(id string) string {
		kind, _, _ := strings.Cut(id, "-")
		name := kind + "-" + cmp.Or(w.called[id], "unknown")
		return name + strings.Repeat(".", max(0, len(id)-len(name)))
	})
	text = anyTime.ReplaceAllStringFunc(text, func(at string) string { return regexp.MustCompile(`\d`).ReplaceAllString(at, "0") })
	text = anyConfig.ReplaceAllString(text, "config.json")
	text = strings.ReplaceAll(text, w.aws.Endpoint, "http://localhost:0")
	file := filepath.Join("testdata", name+".golden")
	if *update {
		w.check(os.MkdirAll("testdata", 0o755))
		w.check(os.WriteFile(file, []byte(text), 0o644))
		return
	}
	want, err := os.ReadFile(file)
	w.check(err)
	if d := diff.Diff(string(want), text); d != "" {
		w.Errorf("%s (-want +got; go test ./cmd/lastgood -update writes it anew):\n%s", file, d)
	}
}
