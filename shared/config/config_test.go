package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestParse_only_the_main_region_is_required(t *testing.T) {
	got, err := Parse([]byte(`{"regions":{"main":"ap-northeast-1"}}`))
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Regions.Main = "ap-northeast-1"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestParse_reads_back_what_Marshal_writes(t *testing.T) {
	want := Default()
	want.Regions = Regions{Main: "ap-northeast-1", DR: []string{"ap-southeast-1", "us-west-2"}}
	want.Parameter = Parameter{Prefix: "/", Versioning: Pinned, DataType: Text}
	want.Include = []string{"AwsBackup_*", "web-[0-9]?"}
	want.Rollout.InstanceWarmup = 0 // Auto Scaling takes it, and so does a group's tag
	data, err := want.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	got, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestParse_names_the_path_what_was_found_and_what_was_expected(t *testing.T) {
	regions := `"regions":{"main":"ap-northeast-1"}`
	for name, tc := range map[string]struct{ in, want string }{
		"empty":                    {``, `lastgood: expected a JSON object`},
		"not_json":                 {`{"regions"`, `lastgood: expected a JSON object`},
		"not_an_object":            {`[]`, `lastgood: found [], expected an object`},
		"no_regions":               {`{}`, `lastgood.regions.main: found "", expected the Region`},
		"unknown_key":              {`{` + regions + `,"prefx":"/x/"}`, `lastgood.prefx: unknown key`},
		"unknown_nested_key":       {`{` + regions + `,"parameter":{"path":"/x/"}}`, `lastgood.parameter.path: unknown key`},
		"key_twice":                {`{` + regions + `,"trust":"attested","trust":"claimed"}`, `lastgood.trust: the key is there twice`},
		"number_for_string":        {`{"regions":{"main":7}}`, `lastgood.regions.main: found 7, expected a string`},
		"string_for_list":          {`{"regions":{"main":"ap-northeast-1","dr":"ap-southeast-1"}}`, `lastgood.regions.dr: found "ap-southeast-1", expected a list`},
		"number_in_list":           {`{"regions":{"main":"ap-northeast-1","dr":[1]}}`, `lastgood.regions.dr[0]: found 1, expected a string`},
		"string_for_number":        {`{` + regions + `,"logRetentionDays":"90"}`, `lastgood.logRetentionDays: found "90", expected a whole number`},
		"fraction":                 {`{` + regions + `,"logRetentionDays":1.5}`, `lastgood.logRetentionDays: found 1.5, expected a whole number`},
		"bad_region":               {`{"regions":{"main":"tokyo"}}`, `lastgood.regions.main: found "tokyo", expected an AWS Region`},
		"availability_zone":        {`{"regions":{"main":"ap-northeast-1a"}}`, `lastgood.regions.main: found "ap-northeast-1a"`},
		"dr_in_another_partition":  {`{"regions":{"main":"ap-northeast-1","dr":["cn-north-1"]}}`, `lastgood.regions.dr[0]: found "cn-north-1", expected a Region of the same partition`},
		"the_object_within_itself": {`{"lastgood":{` + regions + `}}`, `the file is the object itself`},
		"dr_is_main":               {`{"regions":{"main":"ap-northeast-1","dr":["ap-northeast-1"]}}`, `lastgood.regions.dr[0]: found "ap-northeast-1", expected a Region that is not listed already`},
		"dr_twice":                 {`{"regions":{"main":"ap-northeast-1","dr":["eu-west-1","eu-west-1"]}}`, `lastgood.regions.dr[1]`},
		"prefix_no_slash":          {`{` + regions + `,"parameter":{"prefix":"lastgood"}}`, `lastgood.parameter.prefix: found "lastgood", expected a path that begins`},
		"prefix_empty_level":       {`{` + regions + `,"parameter":{"prefix":"/a//b/"}}`, `lastgood.parameter.prefix: found "/a//b/"`},
		"prefix_reserved":          {`{` + regions + `,"parameter":{"prefix":"/awsome/"}}`, `does not begin with "/aws"`},
		"prefix_reserved_any":      {`{` + regions + `,"parameter":{"prefix":"/SSM/"}}`, `does not begin with "/aws"`},
		"prefix_too_deep":          {`{` + regions + `,"parameter":{"prefix":"/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/"}}`, `at most 15 levels`},
		"prefix_too_long":          {`{` + regions + `,"parameter":{"prefix":"/` + strings.Repeat("x", 1000) + `/"}}`, `at most 900 characters`},
		"rollout_retain":           {`{` + regions + `,"rollout":{"retain":0}}`, `lastgood.rollout.retain: found 0, expected 1 to 1000`},
		"rollout_health":           {`{` + regions + `,"rollout":{"minHealthyPercentage":101}}`, `lastgood.rollout.minHealthyPercentage: found 101, expected 0 to 100`},
		"rollout_warmup":           {`{` + regions + `,"rollout":{"instanceWarmup":"2 days"}}`, `lastgood.rollout.instanceWarmup: found "2 days", expected "0 seconds" to "24 hours"`},
		"no_grace":                 {`{` + regions + `,"eventGrace":"0s"}`, `lastgood.eventGrace: found "0 seconds", expected "1 second" to "2 minutes"`},
		"no_pointer_age":           {`{` + regions + `,"maxPointerAge":"0 hours"}`, `lastgood.maxPointerAge: found "0 seconds", expected "1 second" or more`},
		"rollout_role":             {`{` + regions + `,"rollout":{"passRoles":["web"]}}`, `lastgood.rollout.passRoles[0]: found "web", expected an IAM role's ARN`},
		"rollout_key":              {`{` + regions + `,"rollout":{"refresh":"rolling"}}`, `lastgood.rollout.refresh: unknown key`},
		"versioning":               {`{` + regions + `,"parameter":{"versioning":"fixed"}}`, `lastgood.parameter.versioning: found "fixed", expected "latest" or "pinned"`},
		"data_type":                {`{` + regions + `,"parameter":{"dataType":"ami"}}`, `lastgood.parameter.dataType: found "ami", expected "text" or "aws:ec2:image"`},
		"pinned_image":             {`{` + regions + `,"parameter":{"versioning":"pinned","dataType":"aws:ec2:image"}}`, `lastgood.parameter.dataType: found "aws:ec2:image", expected "text" with versioning "pinned"`},
		"trust":                    {`{` + regions + `,"trust":"all"}`, `lastgood.trust: found "all", expected "attested" or "claimed"`},
		"trail":                    {`{` + regions + `,"trail":"new"}`, `lastgood.trail: found "new", expected "existing" or "create"`},
		"architecture":             {`{` + regions + `,"architecture":"amd64"}`, `lastgood.architecture: found "amd64", expected "arm64" or "x86_64"`},
		"log_retention":            {`{` + regions + `,"logRetentionDays":91}`, `lastgood.logRetentionDays: found 91, expected one of`},
		"include_nothing":          {`{` + regions + `,"include":[]}`, `lastgood.include: found []`},
		"include_bad_pattern":      {`{` + regions + `,"include":["[a"]}`, `lastgood.include[0]: found "[a", expected an image name pattern`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse([]byte(tc.in))
			if err == nil {
				t.Fatal("accepted")
			}
			if !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got  %s\nwant %s", err, tc.want)
			}
		})
	}
}

func TestParse_reports_every_bad_value_at_once(t *testing.T) {
	_, err := Parse([]byte(`{"regions":{"main":"x"},"trust":"x","trail":"x"}`))
	for _, want := range []string{"lastgood.regions.main", "lastgood.trust", "lastgood.trail"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in: %v", want, err)
		}
	}
}

func TestIncluded(t *testing.T) {
	c := Config{Include: []string{"AwsBackup_*", "web-?"}}
	for name, want := range map[string]bool{"AwsBackup_i-1_x": true, "web-1": true, "web-10": false, "golden": false, "AwsBackup_team/a": true} {
		if got := c.Included(name); got != want {
			t.Errorf("Included(%q) = %v", name, got)
		}
	}
}

func TestLoadFunction_says_what_a_broken_deployment_lacks(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("LAMBDA_TASK_ROOT", dir)
	t.Setenv("AWS_REGION", "ap-northeast-1")
	t.Setenv("SIGNING_KEY_ID", "")
	if _, err := LoadFunction(); err == nil || !strings.Contains(err.Error(), "SIGNING_KEY_ID") {
		t.Errorf("without a key: %v", err)
	}
	t.Setenv("SIGNING_KEY_ID", "key")
	if _, err := LoadFunction(); err == nil || !strings.Contains(err.Error(), File) {
		t.Errorf("without a file: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, File), []byte(`{"regions":{"main":"ap-northeast-1"}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := LoadFunction()
	if err != nil || f.SigningKeyID != "key" || f.Regions.Main != "ap-northeast-1" {
		t.Errorf("got %+v, %v", f, err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"regions":{"main":"ap-northeast-1","dr":["ap-southeast-1"]},"include":["*"]}`))
	f.Add([]byte(`{"regions":{"main":7}}`))
	f.Add(file(`{` + minimal + `,"timezone":"Asia/Tokyo","produce":"image","tags":{"a":"b"},"copyTo":[{"region":"ap-southeast-1","retain":{"age":"7 days"}}]}`))
	f.Add(file(`{` + minimal + `,"exclude":{"bootVolume":true,"volumeTags":{"a":"b"}},"scripts":{"pre":"a","post":"b","timeout":"60s","retries":1,"onFailure":"skip"}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse(data)
		if err != nil {
			return
		}
		again, err := c.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		if back, err := Parse(again); err != nil || !cmp.Equal(c, back, cmpopts.EquateEmpty()) {
			t.Errorf("accepted %s, but not %s: %v", data, again, err)
		}
	})
}
