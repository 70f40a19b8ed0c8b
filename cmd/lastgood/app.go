package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"lastgood/cmd/lastgood/operator"
	"lastgood/shared/config"
)

// Exit codes, as docs/cli.md documents them.
const (
	exitOK       = 0
	exitFailed   = 1 // it could not be done; standard error says why
	exitFindings = 2 // it was done, and there is something to act on
	exitUsage    = 3 // the command line or the configuration is wrong, or not the deployed one
)

// exitError ends the command with a code of its own.
type exitError struct {
	code int
	err  error
}

func (e exitError) Error() string { return e.err.Error() }
func (e exitError) Unwrap() error { return e.err }

// exitCode is the code that err ends the command with.
func exitCode(err error) int {
	var e exitError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &e):
		return e.code
	default:
		return exitFailed
	}
}

// app is what all commands have in common: their flags, and the clock.
type app struct {
	now        func() time.Time
	configFile string
	output     string // "text" or "json"
	yes        bool
	// anyDeployed has commands act whatever configuration was deployed.
	anyDeployed bool
}

func (a *app) flags(cmd *cobra.Command) {
	cmd.PersistentFlags().StringVar(&a.configFile, "config", "", `configuration file (default: the object "lastgood" in cdk.json)`)
	cmd.PersistentFlags().StringVarP(&a.output, "output", "o", "text", "text or json")
}

// account opens the configured account, for which there have to be credentials.
func (a *app) account(cmd *cobra.Command) (*operator.Account, error) {
	account, err := a.open(cmd)
	if err != nil {
		return nil, err
	}
	return account, account.CheckCredentials(cmd.Context())
}

// open opens the configured account. A wrong configuration is a usage error.
func (a *app) open(cmd *cobra.Command) (*operator.Account, error) {
	c, err := a.configuration()
	if err != nil {
		return nil, exitError{exitUsage, err}
	}
	account, err := operator.Open(cmd.Context(), c)
	if err != nil {
		return nil, err
	}
	account.Now, account.File = a.now, a.file()
	return account, nil
}

// file is the configuration file that was given.
func (a *app) file() operator.ConfigFile { return operator.ConfigFile(a.configFile) }

// arguments makes a wrong number of arguments, or one that check does not like, a usage
// error. check may be nil.
func arguments(number cobra.PositionalArgs, check func(string) error) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := number(cmd, args); err != nil {
			return exitError{exitUsage, fmt.Errorf("found %s, expected: lastgood %s", count(len(args), "argument"), cmd.Use)}
		}
		for _, arg := range args {
			if check == nil {
				break
			}
			if err := check(arg); err != nil {
				return exitError{exitUsage, err}
			}
		}
		return nil
	}
}

func (a *app) configuration() (config.Config, error) {
	if a.output != "text" && a.output != "json" {
		return config.Config{}, fmt.Errorf("--output: found %q, expected text or json", a.output)
	}
	if a.configFile != "" {
		return config.Load(a.configFile)
	}
	data, err := os.ReadFile("cdk.json")
	if err != nil {
		return config.Config{}, fmt.Errorf("reading cdk.json: %w; name a configuration with --config", err)
	}
	var file struct {
		Context struct {
			Lastgood json.RawMessage `json:"lastgood"`
		} `json:"context"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return config.Config{}, fmt.Errorf("reading cdk.json: %w", err)
	}
	if len(file.Context.Lastgood) == 0 {
		return config.Config{}, errors.New(`cdk.json: found no object "lastgood" in "context"; name a configuration with --config`)
	}
	return config.Parse(file.Context.Lastgood)
}

// print writes v as JSON, or calls text.
func (a *app) print(out io.Writer, v any, text func(io.Writer)) error {
	if a.output != "json" {
		text(out)
		return nil
	}
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(v); err != nil {
		return fmt.Errorf("writing JSON: %w", err)
	}
	return nil
}

// confirm asks a question on the terminal; --yes answers it. No terminal is a no.
func (a *app) confirm(cmd *cobra.Command, question string) (bool, error) {
	if a.yes {
		return true, nil
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "%s [y/N] ", question)
	var answer string
	if _, err := fmt.Fscanln(cmd.InOrStdin(), &answer); err != nil && !errors.Is(err, io.EOF) && err.Error() != "unexpected newline" {
		return false, fmt.Errorf("reading the answer: %w", err)
	}
	return answer == "y" || answer == "yes", nil
}
