// Command bench compares the function createimage with the usual boto3 recipe.
// Both run under the same local Runtime API, the recipe with AWS's own Python
// runtime client, and call the same stub that answers at once; so what is
// measured is the programs. It exits with 1 if a target is missed. Run it from
// the repository's root.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
)

func main() {
	var s settings
	flag.StringVar(&s.python, "python", filepath.Join(".venv", "bin", "python"), "Python with awslambdaric and boto3; make setup creates it")
	flag.IntVar(&s.cold, "cold", 15, "cold starts of each")
	flag.IntVar(&s.warm, "warm", 50, "warm invocations of each")
	flag.Parse()
	s.cold, s.warm = max(s.cold, 1), max(s.warm, 1)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, s)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

type settings struct {
	python     string
	cold, warm int
}

var errMissed = errors.New("a target is missed")

func run(ctx context.Context, s settings) error {
	dir, err := os.MkdirTemp("", "lastgood-bench-")
	if err != nil {
		return fmt.Errorf("making a folder: %w", err)
	}
	defer os.RemoveAll(dir)
	stub := newStub()
	defer stub.Close()
	ours, err := newOurs(ctx, dir, stub.URL)
	if err != nil {
		return err
	}
	recipe, err := newRecipe(ctx, dir, s.python, stub.URL)
	if err != nil {
		return err
	}
	if err := measure(ctx, s, stub, ours, recipe); err != nil {
		return err
	}
	if !report(os.Stdout, s, ours, recipe) {
		return errMissed
	}
	return nil
}
