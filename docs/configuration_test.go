package docs_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lastgood/shared/config"
)

// section is the part of a page below that heading.
func section(t *testing.T, page, heading string) string {
	t.Helper()
	_, below, ok := strings.Cut(read(t, page), "\n## "+heading+"\n")
	if !ok {
		t.Fatalf("%s: no section %q", page, heading)
	}
	below, _, _ = strings.Cut(below, "\n## ")
	return below
}

// keysOf lists what may be written where a value of that type is read.
func keysOf(at string, typ reflect.Type) []string {
	switch {
	case typ.Kind() == reflect.Pointer:
		return keysOf(at, typ.Elem())
	case typ.Kind() == reflect.Slice && typ.Elem().Kind() == reflect.Struct && typ.Elem() != reflect.TypeFor[config.Policy]():
		return keysOf(at+"[]", typ.Elem())
	case typ.Kind() != reflect.Struct:
		return []string{strings.TrimPrefix(at, ".")}
	}
	var all []string
	for f := range typ.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		all = append(all, keysOf(at+"."+name, f.Type)...)
	}
	return all
}

func TestConfiguration_page_has_every_key_and_no_other(t *testing.T) {
	for heading, typ := range map[string]reflect.Type{"Keys": reflect.TypeFor[config.Config](), "Policies": reflect.TypeFor[config.Policy]()} {
		var got []string
		for _, m := range regexp.MustCompile("(?m)^\\| `([a-zA-Z.[\\]]+)` \\|").FindAllStringSubmatch(section(t, "configuration.md", heading), -1) {
			got = append(got, m[1])
		}
		want := keysOf("", typ)
		slices.Sort(want)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", heading, diff)
		}
	}
}

func TestConfiguration_page_has_the_defaults(t *testing.T) {
	written, err := config.Default().Marshal()
	if err != nil {
		t.Fatal(err)
	}
	for heading, defaults := range map[string]any{"Keys": decode(t, string(written)), "Policies": shortestPolicy(t)} {
		for _, m := range regexp.MustCompile("(?m)^\\| `([a-zA-Z.]+)` \\| [^|]+ \\| `([^`]+)` \\|").FindAllStringSubmatch(section(t, "configuration.md", heading), -1) {
			want := defaults
			for _, key := range strings.Split(m[1], ".") {
				object, _ := want.(map[string]any)
				want = object[key]
			}
			if want == nil && m[2] == "[]" {
				continue // left out where there is none
			}
			if diff := cmp.Diff(want, decode(t, m[2])); diff != "" {
				t.Errorf("%s: %s", m[1], diff)
			}
		}
	}
}

// shortestPolicy is a policy of which only what has no default was written, as it is understood.
func shortestPolicy(t *testing.T) any {
	t.Helper()
	c, err := config.Parse([]byte(`{"regions": {"main": "ap-northeast-1"}, "policies": [{"name": "shortest", "schedule": "cron(0 2 * * ? *)",
		"target": {"type": "instance", "ids": ["i-0123456789abcdef0"]}, "scripts": {"document": "freeze"}, "retain": {"age": "14 days"}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	written, err := c.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	object, _ := decode(t, string(written)).(map[string]any)
	policies, _ := object["policies"].([]any)
	return policies[0]
}

func TestConfiguration_pages_complete_example_is_good_and_names_every_key(t *testing.T) {
	example := jsonBlock.FindStringSubmatch(section(t, "configuration.md", "Policies"))
	if example == nil {
		t.Fatal("there is no example")
	}
	if _, err := config.Parse([]byte(example[1])); err != nil {
		t.Error(err)
	}
	for _, key := range keysOf("", reflect.TypeFor[config.Policy]()) {
		name := key[strings.LastIndex(key, ".")+1:]
		if !strings.Contains(example[1], `"`+name+`":`) {
			t.Errorf("%s is not in it", key)
		}
	}
}

func TestConfiguration_page_quotes_errors_as_they_are(t *testing.T) {
	page := read(t, "configuration.md")
	with := func(more string) string { return `{"regions": {"main": "ap-northeast-1"}, ` + more + `}` }
	withPolicy := func(more string) string {
		return with(`"policies": [{"name": "daily", "target": {"type": "instance", "tags": {"Backup": "daily"}}, "retain": {"count": 3}, ` + more + `}]`)
	}
	for _, in := range []string{
		`{}`,
		with(`"prefx": "/x/"`),
		with(`"logRetentionDays": "90"`),
		with(`"trust": "attested", "trust": "claimed"`),
		`{"regions": {"main": "ap-northeast-1", "dr": ["eu-west-1", "eu-west-1"]}}`,
		with(`"parameter": {"prefix": "lastgood"}`),
		with(`"trust": "all"`),
		with(`"include": ["[a"]`),
		with(`"maxPointerAge": 26`),
		with(`"retireAfter": "1 hour"`),
		with(`"eventGrace": "5 minutes"`), with(`"repairsPerHour": -1`),
		with(`"signers": ["operator"]`),
		withPolicy(`"schedule": "rate(1 day)"`),
		withPolicy(`"schedule": "cron(0 2 * * * *)"`),
		withPolicy(`"schedule": "cron(0 2 * * ? *)", "timezone": "JST+9"`),
		withPolicy(`"schedule": "cron(0 2 * * ? *)", "scripts": {"pre": "freeze"}`),
		withPolicy(`"schedule": "cron(0 2 * * ? *)", "scripts": {"document": "freeze", "timeout": "2 minutes", "retries": 2}`),
	} {
		_, err := config.Parse([]byte(in))
		if err == nil || !strings.Contains(page, "`"+err.Error()+"`") {
			t.Errorf("%s: not in the page: %v", in, err)
		}
	}
}

// Only what has to be said is in cdk.json: a default that is spelled out there stays what it
// was when a later version has a better one.
func TestCDKs_configuration_says_the_regions_only(t *testing.T) {
	var file struct {
		Context struct {
			Lastgood map[string]any `json:"lastgood"`
		} `json:"context"`
	}
	if err := json.Unmarshal([]byte(read(t, "../cdk.json")), &file); err != nil {
		t.Fatal(err)
	}
	if keys := slices.Collect(maps.Keys(file.Context.Lastgood)); !slices.Equal(keys, []string{"regions"}) {
		t.Errorf("it says %q", keys)
	}
}
