// Command infra is the CDK app: one stack per Region, the same in all of them.
// The cdk command line runs it, from the repository's root, as cdk.json says.
package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"lastgood/infra/bundle"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run does what can fail first: a bad configuration and a compiler's error are
// reported before the CDK is even started, and by themselves.
func run(ctx context.Context) error {
	removeTemporary, err := ownTemporaryFolder()
	if err != nil {
		return err
	}
	defer removeTemporary()
	c, err := configuration(os.Getenv)
	if err != nil {
		return err
	}
	outdir := cmp.Or(os.Getenv("CDK_OUTDIR"), "cdk.out") // the command line sets it
	folders, err := bundle.All(ctx, bundle.Props{Source: "functions", Out: filepath.Join(outdir, "bundle"), Config: c})
	if err != nil {
		return err
	}
	app := awscdk.NewApp(&awscdk.AppProps{
		Outdir:             jsii.String(outdir),
		AnalyticsReporting: jsii.Bool(false),
		AutoSynth:          jsii.Bool(false), // it would synthesize once more while Node exits
	})
	if err := addStacks(app, c, os.Getenv("CDK_DEFAULT_ACCOUNT"), folders); err != nil {
		return err
	}
	app.Synth(nil)
	return nil
}
