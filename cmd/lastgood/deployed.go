package main

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"lastgood/cmd/lastgood/operator"
	"lastgood/shared/telemetry"
)

// acting opens the account for a command that acts in a Region, or with "" in all of them.
func (a *app) acting(cmd *cobra.Command, region string) (*operator.Account, error) {
	account, err := a.accountWith(cmd, region)
	if err != nil {
		return nil, err
	}
	return account, a.asDeployed(cmd, account, region, false)
}

// accountWith opens the account. A Region that is none of lastgood's is a usage error; "" is all of them.
func (a *app) accountWith(cmd *cobra.Command, region string) (*operator.Account, error) {
	account, err := a.account(cmd)
	if err != nil {
		return nil, err
	}
	return account, inRegion(account, region)
}

// inRegion is a usage error for a Region that is none of lastgood's.
func inRegion(account *operator.Account, region string) error {
	if region == "" {
		return nil
	}
	if _, err := account.Region(region); err != nil {
		return exitError{exitUsage, err}
	}
	return nil
}

// asDeployed is a usage error where another configuration was deployed than the one here:
// the functions would undo what is done with it. Who only looks is warned.
//
// Where nobody can tell, there is a warning: a Region that is down keeps nobody from acting
// in the others.
func (a *app) asDeployed(cmd *cobra.Command, account *operator.Account, region string, looks bool) error {
	others, silent := account.Differently(cmd.Context(), region)
	for _, s := range silent {
		fmt.Fprintf(cmd.ErrOrStderr(), "WARNING: nobody can tell which configuration %s was deployed with: %s\n", s.Region, s.Error)
	}
	if len(others) == 0 {
		return nil
	}
	var where, stacks []string
	for _, o := range others {
		where = append(where, fmt.Sprintf("%s was deployed with the configuration %s", o.Region, o.Fingerprint))
		stacks = append(stacks, telemetry.StackName(o.Region))
	}
	differs := fmt.Sprintf("%s, but the one in %s is %s", strings.Join(where, ", "), cmp.Or(a.configFile, "cdk.json"), account.Config.Fingerprint())
	if looks || a.anyDeployed {
		fmt.Fprintf(cmd.ErrOrStderr(), "WARNING: %s\n", differs)
		return nil
	}
	return exitError{exitUsage, fmt.Errorf("%s: the functions may undo what is done with it. Name the deployed one with --config <file>, "+
		"or deploy this one, %s; --ignore-deployed-configuration goes on all the same", differs, a.file().Command("npx cdk deploy "+strings.Join(stacks, " ")))}
}

// actingFlag adds the flags of all commands that act.
func (a *app) actingFlag(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&a.yes, "yes", false, "answer every question with yes")
	cmd.Flags().BoolVar(&a.anyDeployed, "ignore-deployed-configuration", false, "act although another configuration was deployed than the one here")
}
