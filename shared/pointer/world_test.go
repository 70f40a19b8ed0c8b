package pointer

import (
	"context"
	"time"

	"lastgood/shared/awsfake"
	"lastgood/shared/config"
	"lastgood/shared/inventory"
	"lastgood/shared/recovery"
	"lastgood/shared/signature"
)

const (
	tokyo     = "ap-northeast-1"
	singapore = "ap-southeast-1"
	web       = "i-0123456789abcdef0"
	other     = "i-0fedcba9876543210"
	ami1      = "ami-00000000000000001"
	ami2      = "ami-00000000000000002"
	ami3      = "ami-00000000000000003"
	parameter = "/lastgood/" + web
)

var (
	t0        = time.Date(2026, 9, 1, 2, 0, 0, 0, time.UTC)
	latest    = config.Default().Parameter
	pinned    = config.Parameter{Prefix: "/lastgood/", Versioning: config.Pinned, DataType: config.Text}
	validated = config.Parameter{Prefix: "/lastgood/", Versioning: config.Latest, DataType: config.EC2Image}
	all       = func(string) bool { return true }
)

// settler is one as setup makes it, in process p.
func settler(p *awsfake.Process, region string, parameter config.Parameter) *Settler {
	c := p.Client(region)
	return &Settler{
		Points:   inventory.PointsIn(c, region),
		Store:    Store{SSM: c, Parameter: parameter},
		Verifier: signature.Key{KMS: c, ID: "key"},
		Included: all,
		Pause:    func(context.Context, time.Duration) error { return nil },
	}
}

// sign tags a copy as copyimage does.
func sign(w *awsfake.World, region, image, source string, taken time.Time) {
	key := signature.Key{KMS: w.Process(nil).Client(region), ID: "key"}
	tags, err := recovery.Claim{Region: region, Point: image, Source: source, TakenAt: taken}.Tags(context.Background(), key)
	if err != nil {
		panic(err)
	}
	w.Tag(region, image, tags)
}

// images makes available images of web in Tokyo, a minute apart.
func images(w *awsfake.World, ids ...string) {
	for i, id := range ids {
		w.Create(tokyo, id, web, t0.Add(time.Duration(i)*time.Minute))
		w.SetState(tokyo, id, "available")
	}
}

func world(parameter config.Parameter) *awsfake.World {
	w := awsfake.New(tokyo, singapore)
	w.MayDelete = parameter.Versioning == config.Pinned
	return w
}
