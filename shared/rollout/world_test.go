package rollout

import (
	"fmt"
	"testing"
	"time"

	"lastgood/shared/awsfake"
	"lastgood/shared/config"
	"lastgood/shared/inventory"
	"lastgood/shared/pointer"
	"lastgood/shared/recovery"
	"lastgood/shared/signature"
)

const (
	tokyo     = "ap-northeast-1"
	web       = "i-0123456789abcdef0"
	other     = "i-0fedcba9876543210"
	base      = "ami-0bbbbbbbbbbbbbbbb" // what the groups were made with
	parameter = "/lastgood/" + web
)

var t0 = time.Date(2026, 9, 1, 2, 0, 0, 0, time.UTC)

// ami is the nth image of web.
func ami(n int) string { return fmt.Sprintf("ami-%017x", n) }

// snap is the root snapshot of the nth image.
func snap(n int) string { return fmt.Sprintf("snap-%017x", n) }

var intel = awsfake.Hardware{Architecture: "x86_64", Virtualization: "hvm", RootDevice: "/dev/xvda"}

// account has a few images of web, of which the pointer names the first, and one that is nobody's.
func account() *awsfake.World {
	w := awsfake.New(tokyo)
	w.ScalingPage = 100
	w.Register(tokyo, base, "snap-0bbbbbbbbbbbbbbbb")
	w.SetHardware(tokyo, base, intel)
	for n := 1; n <= 9; n++ {
		backup(w, n, web)
	}
	name(w, ami(1))
	return w
}

// backup makes the nth image, of an instance.
func backup(w *awsfake.World, n int, instance string) {
	w.Register(tokyo, ami(n), snap(n))
	w.TakenOf(tokyo, ami(n), instance, t0.Add(time.Duration(n)*time.Hour))
	w.SetHardware(tokyo, ami(n), intel)
}

// name has the pointer name an image.
func name(w *awsfake.World, image string) {
	w.SetParameter(tokyo, parameter, image, "String", "text", 1)
}

// fleet is a kind of group, and how it is made.
type fleet struct {
	group   awsfake.ScalingGroup
	devices string // of the first version or the launch configuration
}

// follows makes the group's tags.
func follows(method Method) map[string]string {
	return map[string]string{TagFollow: web, TagRefresh: string(method)}
}

// fleets are the kinds of groups there are.
func fleets() map[string]fleet {
	template := func(method Method, version string) fleet {
		return fleet{group: awsfake.ScalingGroup{Template: "web", Version: version, Tags: follows(method)}}
	}
	mixed := func(method Method) fleet {
		return fleet{group: awsfake.ScalingGroup{Template: "web", Version: "1", Mixed: true, Overrides: "t3.small,t3.large lt-arm/1", Tags: follows(method)}}
	}
	devices := template(MethodNone, "1")
	devices.devices = "/dev/xvda snap-0bbbbbbbbbbbbbbbb 20,/dev/sdf snap-0ddddddddddddddd 100"
	return map[string]fleet{
		"launch template":            template(MethodNone, "1"),
		"launch template, rolling":   template(MethodRolling, "1"),
		"latest version":             template(MethodNone, "$Latest"),
		"default version, rolling":   template(MethodRolling, "$Default"),
		"mixed instances":            mixed(MethodNone),
		"mixed instances, rolling":   mixed(MethodRolling),
		"block devices":              devices,
		"launch configuration":       {group: awsfake.ScalingGroup{Configuration: "web", Tags: follows(MethodNone)}},
		"launch configuration, data": {group: awsfake.ScalingGroup{Configuration: "web", Tags: follows(MethodNone)}, devices: devices.devices},
	}
}

// make adds the group to an account.
func (f fleet) make(w *awsfake.World) *awsfake.World {
	w.AddVersion(tokyo, "web", base, f.devices)
	w.AddVersion(tokyo, "arm", "ami-0aaaaaaaaaaaaaaaa", "")
	w.SetConfiguration(tokyo, "web", base, f.devices)
	w.SetGroup(tokyo, "web", f.group)
	return w
}

func (f fleet) rolling() bool { return f.group.Tags[TagRefresh] == string(MethodRolling) }

// in is what is deployed, as a process.
func in(p *awsfake.Process) *Rollout {
	c := p.Client(tokyo)
	cfg := config.Default()
	cfg.Rollout.Retain = 2
	return &Rollout{
		Groups: c, EC2: c, SSM: c, Images: inventory.Images{EC2: c, Region: tokyo}, Verifier: signature.Key{KMS: c, ID: "key"},
		Store: pointer.Store{SSM: c, Parameter: cfg.Parameter}, Config: cfg.Rollout,
	}
}

// run looks once, and fails the test if that does.
func run(t *testing.T, w *awsfake.World) Result {
	t.Helper()
	results, err := in(w.Process(nil)).Run(t.Context())
	if err != nil || len(results) == 0 {
		t.Fatalf("%d groups, %v", len(results), err)
	}
	for _, r := range results {
		if r.Err != nil {
			t.Fatal(r.Err)
		}
	}
	sound(t, w)
	return results[0]
}

func sound(t *testing.T, w *awsfake.World) {
	t.Helper()
	if len(w.Broken) > 0 {
		t.Fatal(w.Broken)
	}
}

// settle looks, lets refreshes succeed, and looks again, as time would have it.
func settle(t *testing.T, w *awsfake.World) {
	t.Helper()
	run(t, w)
	if all := w.Refreshes(tokyo, "web"); len(all) > 0 && all[len(all)-1][:7] == "Pending" {
		w.SetRefresh(tokyo, "web", "Successful")
		run(t, w)
	}
}

// quarantine marks an image, and moves the pointer back as imagestate would.
func quarantine(w *awsfake.World, image, back string) {
	w.Tag(tokyo, image, map[string]string{recovery.TagQuarantine: "bad"})
	name(w, back)
}
