package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	goruntime "runtime"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"lastgood/infra/bundle"
	"lastgood/infra/local/runtime"
	"lastgood/shared/config"
	"lastgood/shared/telemetry"
)

const region = "ap-northeast-1"

//go:embed event.json
var createImageEvent string

//go:embed recipe.py
var recipeSource []byte

// contender is one of the two programs, and what was measured of it.
type contender struct {
	name     string
	function runtime.Function
	payload  []byte

	cold, warm []time.Duration
	calls      int     // to AWS, in one invocation
	peak       []int64 // bytes, of each process that had one invocation
	warmPeak   int64   // bytes, of the process that had all the warm ones
	zip        int64   // bytes, what gets deployed
	whole      int64   // bytes, with the libraries that Lambda brings
}

// newOurs builds createimage as it is deployed, for this machine's processor.
func newOurs(ctx context.Context, dir, endpoint string) (*contender, error) {
	c := config.Default()
	c.Regions = config.Regions{Main: region}
	c.Architecture = config.ARM64
	if goruntime.GOARCH == "amd64" {
		c.Architecture = config.X8664
	}
	folders, err := bundle.All(ctx, bundle.Props{Source: "functions", Out: filepath.Join(dir, "bundle"), Config: c})
	if err != nil {
		return nil, fmt.Errorf("building createimage: %w", err)
	}
	payload, err := json.Marshal(events.SQSEvent{Records: []events.SQSMessage{{
		MessageId: "1", ReceiptHandle: "1", Body: createImageEvent, EventSource: "aws:sqs", AWSRegion: region,
		EventSourceARN: "arn:aws:sqs:" + region + ":123456789012:lastgood-createimage",
		Attributes:     map[string]string{"ApproximateReceiveCount": "1"},
	}}})
	if err != nil {
		return nil, fmt.Errorf("making the event: %w", err)
	}
	root := folders[telemetry.CreateImage]
	size, err := zipSize(root, bundle.Binary, config.File)
	if err != nil {
		return nil, err
	}
	return &contender{
		name: "createimage (Go)",
		function: runtime.Function{
			Name: telemetry.CreateImage.Name(), Root: root,
			Env: append(environ(endpoint), "SIGNING_KEY_ID=arn:aws:kms:"+region+":123456789012:key/bench"),
		},
		payload: payload, zip: size, whole: size,
	}, nil
}

// newRecipe sets the Python handler up with the runtime client that Lambda's
// Python runtimes use.
func newRecipe(ctx context.Context, dir, python, endpoint string) (*contender, error) {
	python, err := filepath.Abs(python)
	if err != nil {
		return nil, fmt.Errorf("finding Python: %w", err)
	}
	if _, err := os.Stat(python); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("finding Python: its environment is missing, run \"make setup\" first: %w", err)
	}
	root := filepath.Join(dir, "recipe")
	if err := os.Mkdir(root, 0o755); err != nil {
		return nil, fmt.Errorf("writing the recipe: %w", err)
	}
	if err := os.WriteFile(filepath.Join(root, "recipe.py"), recipeSource, 0o644); err != nil {
		return nil, fmt.Errorf("writing the recipe: %w", err)
	}
	alone, err := zipSize(root, "recipe.py")
	if err != nil {
		return nil, err
	}
	base, files, err := boto3Files(ctx, python)
	if err != nil {
		return nil, err
	}
	libraries, err := zipSize(base, files...)
	if err != nil {
		return nil, err
	}
	return &contender{
		name: "boto3 recipe (Python)",
		function: runtime.Function{
			Name: "recipe", Root: root, Handler: "recipe.handler",
			Command: []string{python, "-m", "awslambdaric", "recipe.handler"},
			Env:     append(environ(endpoint), "PYTHONPATH="+root),
		},
		payload: []byte(createImageEvent), zip: alone, whole: alone + libraries,
	}, nil
}

func environ(endpoint string) []string {
	return []string{"AWS_ENDPOINT_URL=" + endpoint, "AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY=local"}
}

// listBoto3 prints the folder of the installed packages, then the files of
// boto3 and all it needs.
const listBoto3 = `
import importlib.metadata as m
print(m.distribution("boto3").locate_file(""))
for d in ("boto3", "botocore", "s3transfer", "jmespath", "python-dateutil", "six", "urllib3"):
    for f in m.files(d):
        if f.suffix != ".pyc" and not f.parts[0].startswith(".."):
            print(f)
`

func boto3Files(ctx context.Context, python string) (base string, files []string, err error) {
	out, err := exec.CommandContext(ctx, python, "-c", listBoto3).Output()
	if err != nil {
		return "", nil, fmt.Errorf("listing the files of boto3: %w", err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return lines[0], lines[1:], nil
}
