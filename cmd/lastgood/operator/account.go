// Package operator is what the command line does for a person: it looks at an account's
// Regions, and acts there, with that person's own credentials.
package operator

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/smithy-go/logging"

	"lastgood/shared/config"
	"lastgood/shared/inventory"
	"lastgood/shared/pointer"
	"lastgood/shared/recovery"
	"lastgood/shared/signature"
	"lastgood/shared/telemetry"
)

// Account is an account's Regions, as configured, for a person at a terminal.
type Account struct {
	Config  config.Config
	Regions []*Region // main first
	Now     func() time.Time
	File    ConfigFile // that Config was read from
}

// Region is one Region with its clients.
type Region struct {
	Name    string
	AWS     aws.Config // for further clients of this Region
	EC2     *ec2.Client
	SSM     *ssm.Client
	Key     signature.Key
	Points  inventory.Points
	Settler *pointer.Settler
	Names   pointer.Names
}

// Open makes the clients. It calls nothing: a Region that is down is found out when asked.
func Open(ctx context.Context, c config.Config) (*Account, error) {
	// The SDK's own warnings are about connections; what fails is an error here, and told once.
	cfg, err := awsconfig.LoadDefaultConfig(ctx, awsconfig.WithLogger(logging.Nop{}))
	if err != nil {
		return nil, fmt.Errorf("reading the AWS configuration: %w", err)
	}
	account := &Account{Config: c, Now: time.Now}
	for _, name := range c.Regions.All() {
		account.Regions = append(account.Regions, open(cfg, name, c))
	}
	return account, nil
}

func open(cfg aws.Config, name string, c config.Config) *Region {
	cfg.Region = name
	r := &Region{
		Name:  name,
		AWS:   cfg,
		EC2:   ec2.NewFromConfig(cfg),
		SSM:   ssm.NewFromConfig(cfg),
		Key:   signature.Key{KMS: kms.NewFromConfig(cfg), ID: telemetry.SigningKeyAlias},
		Names: pointer.Names(c.Parameter.Prefix),
	}
	r.Points = inventory.PointsIn(r.EC2, name)
	r.Settler = &pointer.Settler{
		Points:   r.Points,
		Store:    pointer.Store{SSM: r.SSM, Parameter: c.Parameter},
		Verifier: r.Key,
		Included: c.Included,
		Aliases:  c.Aliases,
		Pause:    pointer.Pause,
	}
	return r
}

// Region finds a Region by its code.
func (a *Account) Region(name string) (*Region, error) {
	for _, r := range a.Regions {
		if r.Name == name {
			return r, nil
		}
	}
	return nil, fmt.Errorf("%s is none of lastgood's Regions: %v", name, a.Config.Regions.All())
}

// In is the account with one Region only; "" for all of them.
func (a *Account) In(region string) *Account {
	one := *a
	one.Regions = slices.DeleteFunc(slices.Clone(a.Regions), func(r *Region) bool { return region != "" && r.Name != region })
	return &one
}

// CheckSourceID is an error unless id is that of an instance or a volume.
func CheckSourceID(id string) error {
	if !recovery.IsSourceID(id) {
		return fmt.Errorf("%q is the id of neither an instance nor a volume: expected i- or vol-, and 8 or 17 hex digits", id)
	}
	return nil
}
