package examples_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// template is what a CloudFormation template declares.
type template struct {
	Parameters map[string]yaml.Node `yaml:"Parameters"`
	Conditions map[string]yaml.Node `yaml:"Conditions"`
	Resources  map[string]struct {
		Type string `yaml:"Type"`
	} `yaml:"Resources"`
}

func readTemplate(t *testing.T, path string) (template, *yaml.Node) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var declared template
	var tree yaml.Node
	if err := yaml.Unmarshal(data, &tree); err != nil {
		t.Fatal(err)
	}
	if err := tree.Decode(&declared); err != nil {
		t.Fatal(err)
	}
	return declared, &tree
}

var substituted = regexp.MustCompile(`\$\{([A-Za-z:]+)\}`)

// references lists what a template refers to, and which conditions it asks.
func references(n *yaml.Node) (names, conditions []string) {
	switch n.Tag {
	case "!Ref":
		names = append(names, n.Value)
	case "!Sub":
		for _, m := range substituted.FindAllStringSubmatch(n.Value, -1) {
			names = append(names, m[1])
		}
	case "!If":
		conditions = append(conditions, n.Content[0].Value)
	}
	for _, inner := range n.Content {
		ns, cs := references(inner)
		names, conditions = append(names, ns...), append(conditions, cs...)
	}
	return names, conditions
}

func TestTemplates_refer_only_to_what_they_declare(t *testing.T) {
	paths, err := filepath.Glob("*/template.yaml")
	if err != nil || len(paths) != 6 {
		t.Fatalf("found %v, %v", paths, err)
	}
	for _, path := range paths {
		t.Run(filepath.Dir(path), func(t *testing.T) {
			declared, tree := readTemplate(t, path)
			names, conditions := references(tree)
			for _, name := range names {
				_, parameter := declared.Parameters[name]
				_, resource := declared.Resources[name]
				if !parameter && !resource && !strings.HasPrefix(name, "AWS::") {
					t.Errorf("refers to %s, which is not there", name)
				}
			}
			for name := range declared.Parameters {
				if !slices.Contains(names, name) {
					t.Errorf("parameter %s is not used", name)
				}
			}
			for name := range declared.Conditions {
				if !slices.Contains(conditions, name) {
					t.Errorf("condition %s is not used", name)
				}
			}
			for _, name := range conditions {
				if _, ok := declared.Conditions[name]; !ok {
					t.Errorf("condition %s is not there", name)
				}
			}
		})
	}
}

func TestStackPolicy_denies_replacing_the_server_that_the_template_has(t *testing.T) {
	data, err := os.ReadFile("cloudformation-parameter/stack-policy.json")
	if err != nil {
		t.Fatal(err)
	}
	var policy struct {
		Statement []struct {
			Effect   string
			Action   any
			Resource string
		}
	}
	if err := json.Unmarshal(data, &policy); err != nil {
		t.Fatal(err)
	}
	declared, _ := readTemplate(t, "cloudformation-parameter/template.yaml")
	for _, s := range policy.Statement {
		actions, _ := s.Action.([]any)
		server, named := strings.CutPrefix(s.Resource, "LogicalResourceId/")
		if s.Effect != "Deny" || !named || !slices.Contains(actions, any("Update:Replace")) {
			continue
		}
		if got := declared.Resources[server].Type; got != "AWS::EC2::Instance" {
			t.Errorf("the policy protects %s, which is %q in the template", server, got)
		}
		return
	}
	t.Error("nothing denies Update:Replace of a resource")
}

// Every example says in a section of its own when its consumer sees a new value.
func TestREADMEs_say_when_a_new_value_is_seen(t *testing.T) {
	paths, err := filepath.Glob("*/README.md")
	paths = slices.DeleteFunc(paths, func(path string) bool { return path == "httpd/README.md" }) // it makes points, and reads none
	if err != nil || len(paths) != 7 {
		t.Fatalf("found %v, %v", paths, err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, section := range []string{"## When it sees a new value\n", "## Commands\n", "## Settings it needs\n"} {
			if !strings.Contains(string(data), section) {
				t.Errorf("%s: no section %q", path, strings.TrimSpace(section))
			}
		}
	}
}
