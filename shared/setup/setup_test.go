package setup

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/google/go-cmp/cmp"

	"lastgood/shared/config"
	"lastgood/shared/signature"
	"lastgood/shared/telemetry"
)

const (
	region = "ap-northeast-1"
	keyID  = "arn:aws:kms:ap-northeast-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
)

// deployed is the environment of a function that is deployed as it should be, with
// settings changed ("-": not there). It returns how many calls were made to AWS.
func deployed(t *testing.T, file string, settings map[string]string) *atomic.Int64 {
	t.Helper()
	var calls atomic.Int64
	account := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls.Add(1)
		w.WriteHeader(http.StatusForbidden) // which the SDK does not try again
	}))
	t.Cleanup(account.Close)
	root := t.TempDir()
	if file != "" {
		if err := os.WriteFile(filepath.Join(root, config.File), []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	environment := map[string]string{
		"LAMBDA_TASK_ROOT": root, "AWS_REGION": region, "SIGNING_KEY_ID": keyID,
		"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "example",
		"AWS_ENDPOINT_URL": account.URL, "AWS_EC2_METADATA_SERVICE_ENDPOINT": account.URL,
		"AWS_PROFILE": "-", "AWS_DEFAULT_REGION": "-", "AWS_MAX_ATTEMPTS": "-", "AWS_RETRY_MODE": "-",
		"AWS_CONFIG_FILE": filepath.Join(root, "none"), "AWS_SHARED_CREDENTIALS_FILE": filepath.Join(root, "none"),
	}
	for name, value := range settings {
		environment[name] = value
	}
	for name, value := range environment {
		t.Setenv(name, value) // puts back what there was
		if value == "-" {
			if err := os.Unsetenv(name); err != nil {
				t.Fatal(err)
			}
		}
	}
	return &calls
}

const file = `{"regions":{"main":"ap-northeast-1","dr":["ap-southeast-1"]},"parameter":{"prefix":"/backups/","versioning":"pinned"},"include":["daily-*"]}`

func TestLoad_makes_everything_and_no_call(t *testing.T) {
	calls := deployed(t, file, nil)
	s, err := Load(telemetry.CopyImage)
	if err != nil {
		t.Fatal(err)
	}
	if calls.Load() != 0 {
		t.Errorf("%d calls were made", calls.Load())
	}
	if s.EC2 == nil || s.SSM == nil || s.Settler == nil || s.Log == nil || s.Now == nil {
		t.Errorf("something is missing: %+v", s)
	}

	type facts struct {
		Region, ImagesRegion, ClientRegion, Prefix, Key string
		Versioning                                      config.Versioning
		Attempts                                        int
		Function                                        telemetry.Function
		Daily, Manual                                   bool
	}
	want := facts{region, region, region, "/backups/", keyID, config.Pinned, attempts, telemetry.CopyImage, true, false}
	got := facts{s.Config.Region, s.Points.Images.Region, s.EC2.Options().Region, s.Settler.Store.Parameter.Prefix, s.Key.ID,
		s.Settler.Store.Parameter.Versioning, s.EC2.Options().RetryMaxAttempts, s.Metrics.Function,
		s.Settler.Included("daily-1"), s.Settler.Included("manual")}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if key, is := s.Settler.Verifier.(signature.Key); !is || key != s.Key {
		t.Errorf("settle verifies with %v", s.Settler.Verifier)
	}
	if mode := s.EC2.Options().RetryMode; mode != aws.RetryModeStandard {
		t.Errorf("retries are %q", mode)
	}
}

func TestLoad_clients_honour_the_endpoint(t *testing.T) {
	calls := deployed(t, file, nil)
	s, err := Load(telemetry.CreateImage)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Points.Images.ByID(t.Context(), "ami-01234567"); err == nil {
		t.Error("the account answers nothing, and there was no error")
	}
	if _, err := s.Key.Sign(t.Context(), []byte("x")); err == nil {
		t.Error("the account answers nothing, and there was no error")
	}
	if calls.Load() != 2 {
		t.Errorf("%d calls reached the endpoint", calls.Load())
	}
}

func TestEC2In_is_a_client_for_another_Region(t *testing.T) {
	deployed(t, file, nil)
	s, err := Load(telemetry.CopyImage)
	if err != nil {
		t.Fatal(err)
	}
	other, is := s.EC2In("us-west-2").(*ec2.Client)
	if !is || other.Options().Region != "us-west-2" || s.EC2.Options().Region != region {
		t.Errorf("%T, and the function's own client is in %s", other, s.EC2.Options().Region)
	}
}

func TestLoad_says_what_a_broken_deployment_lacks(t *testing.T) {
	for name, tc := range map[string]struct {
		file     string
		settings map[string]string
		says     []string
	}{
		"no_key":             {file, map[string]string{"SIGNING_KEY_ID": "-"}, []string{"SIGNING_KEY_ID"}},
		"empty_key":          {file, map[string]string{"SIGNING_KEY_ID": ""}, []string{"SIGNING_KEY_ID"}},
		"no_Region":          {file, map[string]string{"AWS_REGION": "-"}, []string{"AWS_REGION"}},
		"no_task_root":       {file, map[string]string{"LAMBDA_TASK_ROOT": "-"}, []string{"LAMBDA_TASK_ROOT"}},
		"nothing_at_all":     {file, map[string]string{"SIGNING_KEY_ID": "-", "AWS_REGION": "-", "LAMBDA_TASK_ROOT": "-"}, []string{"SIGNING_KEY_ID", "AWS_REGION", "LAMBDA_TASK_ROOT"}},
		"no_configuration":   {"", nil, []string{config.File, "no such file"}},
		"unknown_setting":    {`{"regions":{"main":"ap-northeast-1"},"prefix":"/x/"}`, nil, []string{config.File, "lastgood.prefix"}},
		"no_main_Region":     {`{}`, nil, []string{config.File, "regions.main"}},
		"not_JSON":           {`regions: main`, nil, []string{config.File, "JSON"}},
		"AWS_setting_broken": {file, map[string]string{"AWS_S3_USE_ARN_REGION": "perhaps"}, []string{"AWS configuration"}},
	} {
		t.Run(name, func(t *testing.T) {
			calls := deployed(t, tc.file, tc.settings)
			_, err := Load(telemetry.CopyImage)
			if err == nil {
				t.Fatal("set up all the same")
			}
			for _, part := range append(tc.says, string(telemetry.CopyImage)) {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q does not say %q", err, part)
				}
			}
			if calls.Load() != 0 {
				t.Errorf("%d calls were made", calls.Load())
			}
		})
	}
}
