package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"

	"lastgood/infra/bundle"
	"lastgood/shared/config"
	"lastgood/shared/telemetry"
)

const (
	testAccount = "111122223333"
	testSigner  = "arn:aws:iam::111122223333:role/operator"
	testEmail   = "oncall@example.com"
	mainRegion  = "ap-northeast-1"
	drRegion    = "ap-southeast-1"
)

// A synthesis is one configuration's templates, by Region.
type synthesis struct {
	config    config.Config
	outdir    string
	templates map[string]template
}

// syntheses holds every variant the tests look at, each synthesized once.
var syntheses = sync.OnceValues(func() (map[string]synthesis, error) {
	shipped, context, err := shippedConfiguration()
	if err != nil {
		return nil, err
	}
	pinned, trail := shipped, shipped
	pinned.Parameter = config.Parameter{Prefix: "/", Versioning: config.Pinned, DataType: config.Text}
	pinned.Aliases = map[string][]string{"web": {"i-0123456789abcdef0"}, "db.main": {"i-0123456789abcdef1"}}
	pinned.Signers = []string{testSigner}
	trail.Trail, trail.Architecture, trail.LogRetentionDays = config.TrailCreate, config.X8664, 30
	trail.AlarmEmail, trail.ReconcileEvery = testEmail, config.Duration(time.Minute)
	policies, err := config.Load("testdata/policies.json")
	if err != nil {
		return nil, err
	}

	all := map[string]synthesis{}
	for name, c := range map[string]config.Config{"latest": shipped, "pinned": pinned, "trail": trail, "policies": policies} {
		made, err := synthesize(c, context)
		if err != nil {
			return nil, err
		}
		all[name] = made
	}
	return all, nil
})

// variants fails the test where a variant cannot be synthesized.
func variants(t *testing.T) map[string]synthesis {
	t.Helper()
	all, err := syntheses()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// eachTemplate runs the test on every Region of every variant.
func eachTemplate(t *testing.T, check func(t *testing.T, s synthesis, tpl template)) {
	t.Helper()
	for name, s := range variants(t) {
		for region, tpl := range s.templates {
			t.Run(name+"/"+region, func(t *testing.T) { check(t, s, tpl) })
		}
	}
}

// shippedConfiguration is what cdk.json has: the configuration, and the whole
// context, as feature flags change templates.
func shippedConfiguration() (config.Config, map[string]any, error) {
	data, err := os.ReadFile("../cdk.json")
	if err != nil {
		return config.Config{}, nil, err
	}
	var file struct {
		Context map[string]any `json:"context"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return config.Config{}, nil, err
	}
	object, err := json.Marshal(file.Context[contextObject])
	if err != nil {
		return config.Config{}, nil, err
	}
	// With this flag cdk-nag's findings would stop the synthesis, before a test could judge them.
	file.Context["@aws-cdk/core:annotationsInValidationReport"] = false
	c, err := config.Parse(object)
	return c, file.Context, err
}

// synthesize makes the stacks with empty bundles: nothing in a template depends on
// what is in them but a hash. cdk-nag's rules run along and write their report.
func synthesize(c config.Config, context map[string]any) (synthesis, error) {
	outdir, err := os.MkdirTemp("", "synth")
	if err != nil {
		return synthesis{}, err
	}
	bundles, err := emptyBundles()
	if err != nil {
		return synthesis{}, err
	}
	app := awscdk.NewApp(&awscdk.AppProps{
		Outdir: jsii.String(outdir), Context: &context, AnalyticsReporting: jsii.Bool(false), TreeMetadata: jsii.Bool(false),
	})
	if err := addStacks(app, c, testAccount, bundles); err != nil {
		return synthesis{}, err
	}
	awscdk.Aspects_Of(app).Add(cdknag.NewAwsSolutionsChecks(&cdknag.NagPackProps{
		ReportFormats: &[]cdknag.NagReportFormat{cdknag.NagReportFormat_JSON},
	}), nil)
	app.Synth(nil)

	made := synthesis{config: c, outdir: outdir, templates: map[string]template{}}
	for _, region := range c.Regions.All() {
		tpl, err := readTemplate(filepath.Join(outdir, "Lastgood-"+region+".template.json"))
		if err != nil {
			return synthesis{}, err
		}
		made.templates[region] = tpl
	}
	return made, nil
}

func emptyBundles() (map[telemetry.Function]string, error) {
	bundles := map[telemetry.Function]string{}
	for _, f := range telemetry.Functions {
		folder, err := os.MkdirTemp("", string(f))
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(folder, bundle.Binary), []byte(f), 0o600); err != nil {
			return nil, err
		}
		bundles[f] = folder
	}
	return bundles, nil
}
