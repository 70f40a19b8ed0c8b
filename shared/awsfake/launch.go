package awsfake

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"lastgood/shared/recovery"
)

// template is a launch template. Its first version is the default.
type template struct {
	versions []templateVersion // in the order of their numbers
	last     int64             // the number given out last: none is given out twice
	tokens   map[string]string // client token -> the version that it made, which may be gone, and what it was asked for with
}

type templateVersion struct {
	number            int64
	description       string
	image, kind, role string
	devices           string // "/dev/xvda snap-… 8,/dev/sdb - 100": device, snapshot, GiB
	tidied            bool
}

// says is all that a version launches with.
func (v templateVersion) says() string {
	return strings.Join([]string{v.image, v.kind, v.role, v.devices}, "|")
}

// launchConfiguration is what a group without a launch template launches with.
type launchConfiguration struct {
	image, kind, role, devices string
	created                    time.Time
}

// ScalingGroup is an Auto Scaling group.
type ScalingGroup struct {
	Template, Version string // the launch template's name, and a number, $Default or $Latest
	Configuration     string // of a group without a launch template
	Mixed             bool
	Overrides         string // "t3.micro,t3.small lt-api/2": instance type, and a launch template of its own
	Tags              map[string]string
	Instances         string // the versions that its instances were launched from, such as "1,2"
	Deleting          bool
	Suspended         string    // a process
	Maintained        bool      // with an instance maintenance policy and a default warm-up of its own
	refreshes         []refresh // the newest last
}

type refresh struct {
	id, status string
	template   string // the desired configuration; "" for none
	version    string
	preference string
	unbegun    bool // it was cancelled before it began
}

func (r refresh) active() bool {
	return slices.Contains([]string{"Pending", "InProgress", "Baking", "Cancelling", "RollbackInProgress"}, r.status)
}

func (g ScalingGroup) refreshing() (refresh, bool) {
	if n := len(g.refreshes); n > 0 && g.refreshes[n-1].active() {
		return g.refreshes[n-1], true
	}
	return refresh{}, false
}

// scaling is all there is of Auto Scaling and launch templates in a Region.
type scaling struct {
	groups         *table[ScalingGroup]
	templates      *table[template]
	configurations *table[launchConfiguration]
}

func newScaling() scaling {
	return scaling{newTable(map[string]ScalingGroup{}), newTable(map[string]template{}), newTable(map[string]launchConfiguration{})}
}

func (s scaling) String() string {
	return s.groups.String() + s.templates.String() + s.configurations.String()
}

func (r *region) setScaling(s scaling) { r.scalingBefore, r.scaling = r.scaling, s }

func (r *region) scalingAsOf(stale bool) scaling {
	if stale {
		return r.scalingBefore
	}
	return r.scaling
}

// templateID is the id of the template of a name.
func templateID(name string) string { return "lt-" + name }

// of is the version that a number, $Default or $Latest names.
func (t template) of(version string) (templateVersion, bool) {
	switch {
	case len(t.versions) == 0:
		return templateVersion{}, false
	case version == "$Default" || version == "":
		return t.versions[0], true
	case version == "$Latest":
		return t.versions[len(t.versions)-1], true
	}
	i := slices.IndexFunc(t.versions, func(v templateVersion) bool { return fmt.Sprint(v.number) == version })
	if i < 0 {
		return templateVersion{}, false
	}
	return t.versions[i], true
}

// users are the groups that use the version, by its number, or by $Latest or $Default, themselves, in an
// override or with the refresh that is under way.
func (s scaling) users(name string, number int64) []string {
	var users []string
	uses := func(template, version string) bool {
		v, exists := s.templates.rows[name].of(version)
		return template == name && exists && v.number == number
	}
	for _, id := range s.groups.ids() {
		g := s.groups.rows[id]
		used := uses(g.Template, g.Version)
		for o := range strings.SplitSeq(g.Overrides, ",") {
			_, spec, _ := strings.Cut(o, " lt-")
			template, version, _ := strings.Cut(spec, "/")
			used = used || uses(template, version)
		}
		if r, under := g.refreshing(); under {
			used = used || uses(r.template, r.version)
		}
		if used {
			users = append(users, id)
		}
	}
	return users
}

// refersTo says what refers to a point and may be launched, or nothing.
func (s scaling) refersTo(point string) string {
	for _, name := range s.configurations.ids() {
		if c := s.configurations.rows[name]; c.image == point || strings.Contains(c.devices, point+" ") {
			return "the launch configuration " + name
		}
	}
	for _, name := range s.templates.ids() {
		t := s.templates.rows[name]
		for i, v := range t.versions {
			if v.image != point && !strings.Contains(v.devices, point+" ") {
				continue
			}
			if i == 0 || i == len(t.versions)-1 || len(s.users(name, v.number)) > 0 {
				return fmt.Sprintf("version %d of the launch template %s", v.number, name)
			}
		}
	}
	return ""
}

// LaunchConfiguration makes a launch configuration that refers to an image or a snapshot.
func (w *World) LaunchConfiguration(in, name, point string) {
	r := w.regions[in]
	c := launchConfiguration{image: point, kind: "t3.micro"}
	if recovery.IsSnapshotID(point) {
		c.image, c.devices = "ami-0fffffffffffffff0", "/dev/sdb "+point+" 0"
	}
	s := r.scaling
	s.configurations = s.configurations.with(name, c)
	r.setScaling(s)
}

// LaunchTemplate makes a launch template whose versions, from 1 on, refer to images or
// snapshots. The first version is the default.
func (w *World) LaunchTemplate(in, name string, points ...string) {
	for _, point := range points {
		if recovery.IsSnapshotID(point) {
			w.AddVersion(in, name, "", "/dev/sdb "+point+" 0")
		} else {
			w.AddVersion(in, name, point, "")
		}
	}
}

// AddVersion adds a version to a launch template, by hand. Devices are written
// "/dev/xvda snap-… 8,/dev/sdb - 100": name, snapshot, GiB.
func (w *World) AddVersion(in, name, image, devices string) {
	r := w.regions[in]
	s := r.scaling
	t := s.templates.rows[name]
	t.last++
	t.versions = append(slices.Clip(t.versions), templateVersion{number: t.last, image: image, kind: "t3.micro", role: "web", devices: devices})
	s.templates = s.templates.with(name, t)
	r.setScaling(s)
}

// Group makes an Auto Scaling group of a launch template's version: a number, $Default or $Latest. Every
// other group has a policy of mixed instances.
func (w *World) Group(in, name, template, version string) {
	g := ScalingGroup{Template: template, Version: version}
	if len(w.regions[in].scaling.groups.rows)%2 == 1 {
		g.Mixed, g.Overrides = true, "t3.micro,t3.small lt-"+template+"/"+version
		g.Template, g.Version = "base", "1"
	}
	w.SetGroup(in, name, g)
}

// SetGroup makes or changes an Auto Scaling group, by hand.
func (w *World) SetGroup(in, name string, g ScalingGroup) {
	r := w.regions[in]
	s := r.scaling
	s.groups = s.groups.with(name, g)
	r.setScaling(s)
}

// LaunchFrom makes a running instance of an image.
func (w *World) LaunchFrom(in, id, image string) {
	w.Launch(in, id, nil)
	r := w.regions[in]
	i := r.instances.rows[id]
	i.image = image
	r.instances = r.instances.with(id, i)
}

// Register makes an image of snapshots, as RegisterImage does.
func (w *World) Register(in, id string, snapshots ...string) {
	w.put(in, image{id: id, name: "registered " + id, state: "available", created: w.Now, snapshots: strings.Join(snapshots, " ")})
}

// SnapshotsOf are what an image consists of.
func (w *World) SnapshotsOf(in, image string) []string {
	return strings.Fields(w.regions[in].images.rows[image].snapshots)
}

// TakenOf says which instance an image was taken from, and when, as EC2 does.
func (w *World) TakenOf(in, id, instance string, created time.Time) {
	i := w.regions[in].images.rows[id]
	i.sourceInstance, i.created = instance, created
	w.put(in, i)
}
