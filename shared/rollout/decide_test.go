package rollout

import (
	"strings"
	"testing"
	"time"

	"lastgood/shared/awsfake"
	"lastgood/shared/recovery"
)

func TestDecide(t *testing.T) {
	group := func(change func(g *Group)) Group {
		g := Group{Name: "web", Follows: web, Method: MethodNone, Template: Spec{"lt-web", "web", "1"}}
		if change != nil {
			change(&g)
		}
		return g
	}
	rolling := group(func(g *Group) { g.Method = MethodRolling })
	under := func(image string, undone bool) *Refresh {
		return &Refresh{ID: "refresh-1", Status: "InProgress", Image: image, Undone: undone}
	}
	for what, test := range map[string]struct {
		facts  Facts
		want   Verdict
		reason string
	}{
		"another image":                    {Facts{Group: group(nil), Want: ami(1), Runs: base}, Point, ""},
		"another image, rolling":           {Facts{Group: rolling, Want: ami(1), Runs: base}, Start, ""},
		"the same image":                   {Facts{Group: group(nil), Want: ami(1), Runs: ami(1)}, Unchanged, "uses the image"},
		"the same image, rolling":          {Facts{Group: rolling, Want: ami(1), Runs: ami(1)}, Unchanged, "uses the image"},
		"no pointer":                       {Facts{Group: group(nil), Runs: base}, Left, "has no pointer"},
		"held":                             {Facts{Group: group(func(g *Group) { g.Held = true }), Want: ami(1), Runs: base}, Held, TagHold},
		"held and broken":                  {Facts{Group: group(func(g *Group) { g.Held, g.Wrong = true, "the tag" }), Want: ami(1), Runs: base}, Refused, "the tag"},
		"a wrong tag":                      {Facts{Group: group(func(g *Group) { g.Wrong = "the tag" }), Want: ami(1), Runs: ami(1)}, Refused, "the tag"},
		"resolved at launch":               {Facts{Group: rolling, Want: ami(1), Runs: "resolve:ssm:" + parameter}, Left, "EC2 resolves"},
		"no image":                         {Facts{Group: group(nil), Want: ami(1)}, Refused, "does not exist"},
		"unusable":                         {Facts{Group: group(nil), Want: ami(1), Runs: base, Unusable: "it is quarantined"}, Left, "quarantined"},
		"claimed":                          {Facts{Group: group(nil), Want: ami(1), Runs: base, Untrusted: "nobody attests"}, Refused, "nobody attests"},
		"shared":                           {Facts{Group: group(nil), Want: ami(1), Runs: base, Shared: "the group api uses $Latest"}, Refused, "$Latest"},
		"shared, and uses it":              {Facts{Group: group(nil), Want: ami(1), Runs: ami(1), Shared: "the group api uses $Latest"}, Unchanged, ""},
		"misfit":                           {Facts{Group: group(nil), Want: ami(1), Runs: base, Misfit: "the architecture"}, Refused, "the architecture"},
		"a refresh brings it":              {Facts{Group: rolling, Want: ami(1), Runs: base, Under: under(ami(1), false)}, Unchanged, "refresh-1"},
		"a refresh brings another":         {Facts{Group: rolling, Want: ami(1), Runs: base, Under: under(ami(2), false)}, Waiting, ami(2)},
		"a refresh from it":                {Facts{Group: rolling, Want: ami(1), Runs: ami(1), Under: under(ami(2), false)}, Waiting, ami(2)},
		"a refresh of nobody knows":        {Facts{Group: group(nil), Want: ami(1), Runs: base, Under: under("", false)}, Waiting, "something else"},
		"a refresh on its way back":        {Facts{Group: rolling, Want: ami(1), Runs: base, Under: under(ami(1), true)}, Waiting, "being undone"},
		"it failed":                        {Facts{Group: rolling, Want: ami(1), Runs: base, Last: &Refresh{ID: "refresh-1", Status: "Failed"}}, Failed, "ended as Failed"},
		"it failed, and is used":           {Facts{Group: rolling, Want: ami(1), Runs: ami(1), Last: &Refresh{ID: "refresh-1", Status: "Failed"}}, Unchanged, ""},
		"it failed before refreshing":      {Facts{Group: group(func(g *Group) { g.Failed = ami(1) }), Want: ami(1), Runs: base}, Failed, TagFailed},
		"another failed":                   {Facts{Group: group(func(g *Group) { g.Failed = ami(2) }), Want: ami(1), Runs: base}, Point, ""},
		"it failed, and succeeded":         {Facts{Group: group(func(g *Group) { g.Failed = ami(1) }), Want: ami(1), Runs: base, Last: &Refresh{Good: true}}, Point, ""},
		"others were left behind":          {Facts{Group: rolling, Want: ami(1), Runs: ami(1), Left: &Refresh{ID: "refresh-1", Image: ami(2)}}, Start, "left instances of " + ami(2)},
		"others were left behind, none":    {Facts{Group: group(nil), Want: ami(1), Runs: ami(1), Left: &Refresh{ID: "refresh-1", Image: ami(2)}}, Unchanged, ""},
		"others were left behind, and bad": {Facts{Group: rolling, Want: ami(1), Runs: ami(1), Unusable: "it is quarantined", Left: &Refresh{ID: "refresh-1", Image: ami(2)}}, Left, "quarantined"},
		"others were left behind, failed":  {Facts{Group: rolling, Want: ami(1), Runs: ami(1), Last: &Refresh{ID: "refresh-2", Status: "Failed"}, Left: &Refresh{ID: "refresh-1", Image: ami(2)}}, Failed, "refresh-2"},
		"overrides of their own":           {Facts{Group: group(func(g *Group) { g.Own = true }), Want: ami(1), Runs: base}, Point, "keep it"},
		"launch configuration":             {Facts{Group: group(func(g *Group) { g.Configuration = "web" }), Want: ami(1), Runs: base}, Point, ""},
		"launch configuration, rolling": {Facts{Group: group(func(g *Group) { g.Configuration, g.Method = "web", MethodRolling }), Want: ami(1), Runs: base},
			Refused, "launch configuration"},
	} {
		t.Run(what, func(t *testing.T) {
			d := Decide(test.facts)
			if d.Verdict != test.want || !strings.Contains(d.Reason, test.reason) || d.Acts() != (test.want == Point || test.want == Start) {
				t.Errorf("%+v, want %s because of %q", d, test.want, test.reason)
			}
		})
	}
}

// Every reason to leave a group alone, as AWS shows it.
func TestRun_leaves_alone(t *testing.T) {
	for what, test := range map[string]struct {
		change func(w *awsfake.World)
		want   Verdict
		reason string
	}{
		"a group that is held":       {func(w *awsfake.World) { w.TagGroup(tokyo, "web", TagHold, "until Monday") }, Held, TagHold},
		"a group that follows no id": {func(w *awsfake.World) { w.TagGroup(tokyo, "web", TagFollow, "web") }, Refused, "expected an instance id"},
		"a group that follows nothing": {func(w *awsfake.World) {
			w.SetGroup(tokyo, "web", awsfake.ScalingGroup{Template: "web", Version: "1", Tags: map[string]string{TagFollow: ""}})
		}, Refused, `says "", expected an instance id`},
		"a group with another method":     {func(w *awsfake.World) { w.TagGroup(tokyo, "web", TagRefresh, "canary") }, Refused, `"none" or "rolling"`},
		"a group with a wrong percentage": {func(w *awsfake.World) { w.TagGroup(tokyo, "web", TagMinHealthy, "101") }, Refused, "0 to 100"},
		"a group with a wrong warm-up":    {func(w *awsfake.World) { w.TagGroup(tokyo, "web", TagWarmUp, "5 minutes") }, Refused, "seconds"},
		"no pointer":                      {func(w *awsfake.World) { w.DeleteParameter(tokyo, parameter) }, Left, "no pointer"},
		"somebody's own parameter":        {func(w *awsfake.World) { name(w, "hello") }, Left, "no pointer"},
		"an image that is gone":           {func(w *awsfake.World) { w.Deregister(tokyo, ami(1)) }, Left, "does not exist"},
		"an image that is disabled":       {func(w *awsfake.World) { w.SetState(tokyo, ami(1), "disabled") }, Left, "gone"},
		"an image that is quarantined":    {func(w *awsfake.World) { quarantine(w, ami(1), ami(1)) }, Left, "quarantined"},
		"an image of another instance":    {func(w *awsfake.World) { w.TakenOf(tokyo, ami(1), other, t0) }, Refused, "is an image of " + other},
		"an image that nobody attests":    {func(w *awsfake.World) { w.TakenOf(tokyo, ami(1), "", t0) }, Refused, "nobody attests"},
		"an image with a forged signature": {func(w *awsfake.World) {
			w.TakenOf(tokyo, ami(1), "", t0)
			w.Tag(tokyo, ami(1), map[string]string{recovery.TagSourceID: web, recovery.TagTakenAt: t0.Add(-time.Hour).Format(time.RFC3339), recovery.TagSignature: "forged"})
		}, Refused, "nobody attests"},
		"another architecture":   {hardware(awsfake.Hardware{Architecture: "arm64", Virtualization: "hvm", RootDevice: "/dev/xvda"}), Refused, "the architecture of " + ami(1) + " is arm64"},
		"another virtualization": {hardware(awsfake.Hardware{Architecture: "x86_64", Virtualization: "paravirtual", RootDevice: "/dev/xvda"}), Refused, "the virtualization"},
		"another boot mode":      {hardware(awsfake.Hardware{Architecture: "x86_64", Virtualization: "hvm", BootMode: "uefi", RootDevice: "/dev/xvda"}), Refused, "the boot mode"},
		"a template that resolves a parameter": {func(w *awsfake.World) {
			w.AddVersion(tokyo, "web", "resolve:ssm:"+parameter, "")
			w.SetGroup(tokyo, "web", awsfake.ScalingGroup{Template: "web", Version: "2", Tags: follows(MethodRolling)})
		}, Left, "EC2 resolves"},
		"a template without an image": {func(w *awsfake.World) {
			w.AddVersion(tokyo, "web", "", "")
			w.SetGroup(tokyo, "web", awsfake.ScalingGroup{Template: "web", Version: "2", Tags: follows(MethodNone)})
		}, Refused, "names no image"},
		"a version that is gone": {func(w *awsfake.World) {
			w.SetGroup(tokyo, "web", awsfake.ScalingGroup{Template: "web", Version: "7", Tags: follows(MethodNone)})
		}, Refused, "does not exist"},
		"a template that is gone": {func(w *awsfake.World) {
			w.SetGroup(tokyo, "web", awsfake.ScalingGroup{Template: "gone", Version: "1", Tags: follows(MethodNone)})
		}, Refused, "does not exist"},
		"a template of which another group uses the latest version": {func(w *awsfake.World) {
			w.SetGroup(tokyo, "api", awsfake.ScalingGroup{Template: "web", Version: "$Latest"})
		}, Refused, "the group api uses $Latest"},
		"a template of which another group uses the default version": {func(w *awsfake.World) {
			w.SetGroup(tokyo, "api", awsfake.ScalingGroup{Template: "web", Version: "$Default", Mixed: true})
		}, Refused, "the group api uses $Default"},
		"a template of which an override uses the latest version": {func(w *awsfake.World) {
			w.SetGroup(tokyo, "web", awsfake.ScalingGroup{Template: "web", Version: "1", Mixed: true, Overrides: "t3.small lt-web/$Latest", Tags: follows(MethodNone)})
		}, Refused, "the group web uses $Latest"},
		"block devices that name another root device": {func(w *awsfake.World) {
			w.AddVersion(tokyo, "web", base, "/dev/xvda - 20")
			w.SetGroup(tokyo, "web", awsfake.ScalingGroup{Template: "web", Version: "2", Tags: follows(MethodNone)})
			hardware(awsfake.Hardware{Architecture: "x86_64", Virtualization: "hvm", RootDevice: "/dev/sda1"})(w)
		}, Refused, "the root device of " + ami(1) + " is /dev/sda1"},
		"block devices that are too small": {func(w *awsfake.World) {
			w.AddVersion(tokyo, "web", base, "/dev/xvda - 4")
			w.SetGroup(tokyo, "web", awsfake.ScalingGroup{Template: "web", Version: "2", Tags: follows(MethodNone)})
		}, Refused, "has 8 GiB"},
		"a group that replaces no instances": {func(w *awsfake.World) {
			w.SetGroup(tokyo, "web", awsfake.ScalingGroup{Template: "web", Version: "1", Suspended: "Launch", Tags: follows(MethodRolling)})
		}, Refused, "its process Launch is suspended"},
		"a launch configuration with a refresh": {func(w *awsfake.World) {
			w.SetGroup(tokyo, "web", awsfake.ScalingGroup{Configuration: "web", Tags: follows(MethodRolling)})
		}, Refused, "launch configuration"},
	} {
		t.Run(what, func(t *testing.T) {
			w := fleets()["launch template"].make(account())
			test.change(w)
			p := w.Process(nil)
			results, err := in(p).Run(t.Context())
			if err != nil || len(results) != 1 || results[0].Err != nil {
				t.Fatalf("%+v, %v", results, err)
			}
			if d := results[0].Decision; d.Verdict != test.want || !strings.Contains(d.Reason, test.reason) {
				t.Errorf("%+v, want %s because of %q", d, test.want, test.reason)
			}
			for _, c := range p.Calls {
				if !c.Read && c.Action != "VerifyMac" {
					t.Errorf("it calls %s", c.Action)
				}
			}
			sound(t, w)
		})
	}
}

func hardware(h awsfake.Hardware) func(w *awsfake.World) {
	return func(w *awsfake.World) { w.SetHardware(tokyo, ami(1), h) }
}

func TestRun_rolls_out_what_fits(t *testing.T) {
	for what, change := range map[string]func(w *awsfake.World){
		"one that prefers UEFI":             hardware(awsfake.Hardware{Architecture: "x86_64", Virtualization: "hvm", BootMode: "uefi-preferred", RootDevice: "/dev/xvda"}),
		"one that says what is the default": hardware(awsfake.Hardware{Architecture: "x86_64", Virtualization: "hvm", BootMode: "legacy-bios", RootDevice: "/dev/xvda"}),
		"of two of Graviton": func(w *awsfake.World) {
			w.SetHardware(tokyo, base, awsfake.Hardware{Architecture: "arm64", Virtualization: "hvm", RootDevice: "/dev/xvda"})
			hardware(awsfake.Hardware{Architecture: "arm64", Virtualization: "hvm", BootMode: "uefi", RootDevice: "/dev/xvda"})(w)
		},
		"whatever there was before": func(w *awsfake.World) { w.Deregister(tokyo, base) },
		"where what is suspended replaces no instances": func(w *awsfake.World) {
			w.SetGroup(tokyo, "web", awsfake.ScalingGroup{Template: "web", Version: "1", Suspended: "Launch", Tags: follows(MethodNone)})
		},
		"where another group uses a number": func(w *awsfake.World) {
			w.SetGroup(tokyo, "api", awsfake.ScalingGroup{Template: "web", Version: "1"})
		},
		"a signed copy": func(w *awsfake.World) {
			w.TakenOf(tokyo, ami(1), "", t0.Add(time.Hour))
			tags, err := recovery.Claim{Region: tokyo, Point: ami(1), Source: web, TakenAt: t0}.Tags(t.Context(), in(w.Process(nil)).Verifier.(recovery.Signer))
			if err != nil {
				t.Fatal(err)
			}
			w.Tag(tokyo, ami(1), tags)
		},
	} {
		t.Run(what, func(t *testing.T) {
			w := fleets()["launch template"].make(account())
			change(w)
			if r := run(t, w); r.Decision.Verdict != Point || w.GroupImage(tokyo, "web") != ami(1) {
				t.Errorf("%+v", r.Decision)
			}
		})
	}
}

func TestRun_rolls_out_claimed_images_where_that_is_configured(t *testing.T) {
	for source, want := range map[string]Verdict{"": Point, other: Refused} {
		w := fleets()["launch template"].make(account())
		w.TakenOf(tokyo, ami(1), source, t0)
		r := in(w.Process(nil))
		r.Config.AllowClaimed = true
		results, err := r.Run(t.Context())
		if err != nil || results[0].Decision.Verdict != want {
			t.Errorf("of %q: %+v, %v", source, results, err)
		}
	}
}
