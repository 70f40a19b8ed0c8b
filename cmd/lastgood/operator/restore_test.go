package operator

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"go.yaml.in/yaml/v3"

	"lastgood/shared/pointer"
	"lastgood/shared/recovery"
)

// names are what people call servers.
var names = []string{"web-1", "", `"quoted" \ & 'single' $HOME #1: - {x}`, "grün 🖥 \u2028", "line\nbreak\ttab", "~null"}

func TestTemplate_carries_any_name_in_ASCII(t *testing.T) {
	for _, name := range names {
		s := Restore{Region: "ap-northeast-1", Image: "ami-00000000000000001", ImageName: "nightly\n  Evil: yes", InstanceType: "t3.medium"}
		q := RestoreRequest{Target: "web", File: "it's here.yaml"}
		s.write(q, name)
		if strings.ContainsFunc(s.Template, func(r rune) bool { return r > '~' }) {
			t.Errorf("%q: not ASCII: %s", name, s.Template)
		}
		var template struct {
			Resources map[string]struct {
				Properties struct {
					ImageID string `yaml:"ImageId"`
					Tags    []struct {
						Value string `yaml:"Value"`
					} `yaml:"Tags"`
				} `yaml:"Properties"`
			} `yaml:"Resources"`
		}
		if err := yaml.Unmarshal([]byte(s.Template), &template); err != nil {
			t.Fatalf("%q: %v\n%s", name, err, s.Template)
		}
		server := template.Resources["Server"].Properties
		if len(template.Resources) != 1 || server.ImageID != s.Image || server.Tags[0].Value != name {
			t.Errorf("%q: %+v", name, template)
		}
	}
}

func TestCommands_survive_a_shell(t *testing.T) {
	for _, name := range names {
		s := Restore{Region: "ap-northeast-1", Image: "ami-00000000000000001", InstanceType: "t3.medium"}
		for _, command := range commands(s, RestoreRequest{Target: "web", File: "it's here.yaml"}, name) {
			out, err := exec.Command("sh", "-c", `aws() { for word; do last=$word; done; printf '%s' "$last"; }; `+command).Output()
			if err != nil {
				t.Fatalf("%q: %v\n%s", name, err, command)
			}
			if string(out) == "file://it's here.yaml" {
				continue
			}
			var tags []struct{ Tags []struct{ Value string } }
			if err := json.Unmarshal(out, &tags); err != nil || tags[0].Tags[0].Value != name {
				t.Errorf("%q: %v: %s", name, err, out)
			}
		}
	}
}

func TestChooseType_by_architecture(t *testing.T) {
	for _, c := range []struct {
		architecture types.ArchitectureValues
		named, want  string
	}{
		{"x86_64", "", "t3.medium"},
		{"i386", "", "t3.medium"},
		{"arm64", "", "t4g.medium"},
		{"arm64", "m7g.large", "m7g.large"},
		{"arm64_mac", "mac2.metal", "mac2.metal"},
		{"arm64_mac", "", ""},
	} {
		s := Restore{InstanceType: c.named}
		err := s.chooseType(c.architecture)
		if s.InstanceType != c.want || (err == nil) != (c.want != "") || (len(s.Notes) == 1) != (err == nil && c.named == "") {
			t.Errorf("%+v: %+v, %v", c, s, err)
		}
	}
}

func TestDoubts(t *testing.T) {
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	taken := func(age time.Duration) recovery.Point {
		return recovery.Point{ID: "ami-1", OriginalOf: "i-1", Created: now.Add(-age)}
	}
	quarantined := taken(time.Hour)
	quarantined.Tags = map[string]string{recovery.TagQuarantine: "ransomware"}
	for name, c := range map[string]struct {
		point recovery.Point
		would PointerMove
		want  []string
	}{
		"none":             {taken(time.Hour), PointerMove{Move: pointer.Unchanged, To: "ami-1"}, nil},
		"of_the_limit":     {taken(26 * time.Hour), PointerMove{Move: pointer.Unchanged, To: "ami-1"}, nil},
		"stale":            {taken(27 * time.Hour), PointerMove{Move: pointer.Unchanged, To: "ami-1"}, []string{"stale"}},
		"behind":           {taken(time.Hour), PointerMove{Move: pointer.Moved, To: "ami-2"}, []string{"should name ami-2"}},
		"to_be_recreated":  {taken(time.Hour), PointerMove{Move: pointer.Moved, To: "ami-1"}, nil},
		"dangling":         {taken(time.Hour), PointerMove{Move: pointer.Dangling, To: "ami-1"}, []string{"dangling"}},
		"quarantined":      {quarantined, PointerMove{Move: pointer.Dangling, To: "ami-1"}, []string{"quarantined: ransomware"}},
		"stale_and_behind": {taken(27 * time.Hour), PointerMove{Move: pointer.Moved, To: "ami-2"}, []string{"should name", "stale"}},
		"of_no_age":        {recovery.Point{ID: "ami-1"}, PointerMove{Move: pointer.Unchanged, To: "ami-1"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got := doubts(now, 26*time.Hour, c.point, c.would, nil)
			if len(got) != len(c.want) {
				t.Fatalf("got %q, want %q", got, c.want)
			}
			for i := range got {
				if !strings.Contains(got[i], c.want[i]) {
					t.Errorf("got %q, want %q", got, c.want)
				}
			}
		})
	}
}
