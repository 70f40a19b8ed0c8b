// Package config is lastgood's configuration: the object "lastgood" in the
// context of cdk.json, or a file of the same shape. infra reads it at synth and
// puts it, with every default filled in, beside each function's binary, so that
// every function sees the same configuration whatever triggers it.
package config

import (
	"maps"
	"slices"
	"time"
)

// Config is the whole configuration. Everything has a default but the Regions.
type Config struct {
	Regions   Regions   `json:"regions"`
	Parameter Parameter `json:"parameter"`
	Include   []string  `json:"include"` // image name patterns, one of which must match: see Included
	Trust     Trust     `json:"trust"`   // what evidence may move a pointer
	// Aliases are pointers of their own, each at the newest good image of any of its
	// instances: a restored server has a new id.
	Aliases          map[string][]string `json:"aliases"`
	Trail            Trail               `json:"trail"`            // where CloudTrail's events come from
	ReconcileEvery   Duration            `json:"reconcileEvery"`   // how often everything is looked at; whole minutes
	EventGrace       Duration            `json:"eventGrace"`       // how long reconcile leaves a move to its event
	RepairsPerHour   int                 `json:"repairsPerHour"`   // more of them alarm
	MaxPointerAge    Duration            `json:"maxPointerAge"`    // an older pointer alarms
	RetireAfter      Duration            `json:"retireAfter"`      // an instance without two images in this time does not alarm
	AlarmEmail       string              `json:"alarmEmail"`       // who gets the alarms; "" for nobody
	Signers          []string            `json:"signers"`          // roles that may sign with "lastgood accept", as ARNs
	Architecture     Architecture        `json:"architecture"`     // of the functions
	LogRetentionDays int                 `json:"logRetentionDays"` // one of CloudWatch Logs' own steps

	Policies           []Policy `json:"policies"`           // what lastgood captures by itself
	CaptureConcurrency int      `json:"captureConcurrency"` // how many targets are captured at once in a Region

	Rollout Rollout `json:"rollout"` // how new images reach the Auto Scaling groups that follow an instance
}

// Regions says where lastgood runs. All Regions get the same stack; main and dr
// only say where instances live and where their backups are copied to.
type Regions struct {
	Main string   `json:"main"`
	DR   []string `json:"dr,omitempty"`
}

// All lists every Region, main first.
func (r Regions) All() []string { return append([]string{r.Main}, r.DR...) }

// AliasNames lists the aliases, in order.
func (c Config) AliasNames() []string { return slices.Sorted(maps.Keys(c.Aliases)) }

// Parameter says how a pointer is written.
type Parameter struct {
	Prefix     string     `json:"prefix"` // begins and ends with "/"
	Versioning Versioning `json:"versioning"`
	DataType   DataType   `json:"dataType"`
}

// Versioning says how a pointer's value changes.
type Versioning string

const (
	// Latest overwrites in place: the parameter is never missing, its version grows.
	Latest Versioning = "latest"
	// Pinned deletes and recreates: the version is always 1, and {{resolve:ssm:name:1}}
	// keeps working. There is a moment without the parameter at each move.
	Pinned Versioning = "pinned"
)

// DataType is a parameter's data type in Parameter Store.
type DataType string

const (
	// Text takes effect at once and is not validated by Parameter Store.
	Text DataType = "text"
	// EC2Image is validated by Parameter Store, asynchronously; launch templates accept only this.
	EC2Image DataType = "aws:ec2:image"
)

// Trust says what evidence of an image's source may move a pointer.
type Trust string

const (
	// Attested evidence is what only AWS, or lastgood, can write.
	Attested Trust = "attested"
	// Claimed evidence is a tag or a name, which anyone with tagging rights could write.
	Claimed Trust = "claimed"
)

// Trail says where CloudTrail's management events come from.
type Trail string

const (
	// TrailExisting relies on a trail the account already has.
	TrailExisting Trail = "existing"
	// TrailCreate makes a trail for management write events in every Region of lastgood.
	TrailCreate Trail = "create"
)

// Architecture is a Lambda function's instruction set.
type Architecture string

const (
	// ARM64 is Graviton, the cheaper of the two.
	ARM64 Architecture = "arm64"
	// X8664 is x86_64.
	X8664 Architecture = "x86_64"
)

// Default is the configuration of a user who names only the main Region.
func Default() Config {
	return Config{
		Parameter:        Parameter{Prefix: "/lastgood/", Versioning: Latest, DataType: Text},
		Include:          []string{"*"},
		Trust:            Attested,
		Aliases:          map[string][]string{},
		Trail:            TrailExisting,
		ReconcileEvery:   Duration(15 * time.Minute),
		EventGrace:       Duration(time.Minute),
		MaxPointerAge:    Duration(26 * time.Hour),
		RetireAfter:      Duration(14 * 24 * time.Hour),
		Signers:          []string{},
		Architecture:     ARM64,
		LogRetentionDays: 90,

		Policies:           []Policy{},
		CaptureConcurrency: 10,

		Rollout: Rollout{Retain: 5, MinHealthyPercentage: 90, InstanceWarmup: Duration(5 * time.Minute), AutoRollback: true, PassRoles: []string{}},
	}
}
