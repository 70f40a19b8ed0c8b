package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
)

// DeployOptions say what to deploy.
type DeployOptions struct {
	Root    string   // the repository's root folder; default "."
	Regions []string // to bootstrap; the app's configuration says which stacks there are
	Config  string   // the configuration file, absolute or below Root; default: what cdk.json says
	App     string   // the folder of an app synthesized before, absolute or below Root; default: it is synthesized now
	Out     string   // the folder to synthesize into, likewise; default: a temporary one
	Line    func(string)
}

// Deploy does what a user does, with the cdk command line: it bootstraps the
// Regions and deploys all stacks of the app. Each line that cdk prints goes to
// o.Line, one at a time; an error carries the last ones.
func Deploy(ctx context.Context, a *AWS, o DeployOptions) error {
	dir, err := os.MkdirTemp("", "lastgood-deploy-")
	if err != nil {
		return fmt.Errorf("making a folder for cdk: %w", err)
	}
	defer os.RemoveAll(dir)
	run, err := newCDK(a, o)
	if err != nil {
		return err
	}
	app := o.App
	if app == "" {
		if app = o.Out; app == "" {
			app = filepath.Join(dir, "cdk.out")
		}
	}

	// Neither needs the other. Bootstrapping runs in an empty folder: beside
	// cdk.json it would synthesize the app too.
	var both sync.WaitGroup
	var bootstrapping, synthesizing error
	both.Go(func() { bootstrapping = run.in(ctx, dir, bootstrap(o.Regions)...) })
	if o.App == "" {
		args := []string{"synth", "--quiet", "--output", app}
		if o.Config != "" {
			args = append(args, "--context", "config="+o.Config)
		}
		both.Go(func() { synthesizing = run.in(ctx, run.root, args...) })
	}
	both.Wait()
	if err := errors.Join(bootstrapping, synthesizing); err != nil {
		return err
	}
	// Without change sets: nobody is going to look at them.
	return run.in(ctx, run.root, "deploy", "--all", "--app", app, "--require-approval", "never", "--method", "direct",
		"--progress", "events", "--concurrency", strconv.Itoa(max(1, len(o.Regions))))
}

func bootstrap(regions []string) []string {
	args := []string{"bootstrap"}
	for _, region := range regions {
		args = append(args, "aws://"+Account+"/"+region)
	}
	return args
}
