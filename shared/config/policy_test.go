package config

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const minimal = `"name":"daily","schedule":"cron(0 2 * * ? *)","target":{"type":"instance","tags":{"Backup":"daily"}},"retain":{"count":3}`

// file is a configuration of these policies in two Regions.
func file(policies ...string) []byte {
	return []byte(`{"regions":{"main":"ap-northeast-1","dr":["ap-southeast-1"]},"policies":[` + strings.Join(policies, ",") + `]}`)
}

func TestParse_fills_in_a_policys_defaults_and_Marshal_spells_them_out(t *testing.T) {
	c, err := Parse(file(`{`+minimal+`}`, strings.Replace(`{`+minimal+`,"scripts":{"document":"freeze-db"}}`, `"daily"`, `"scripted"`, 1),
		`{"name":"old","schedule":"at(2026-11-20T02:00:00)","target":{"type":"volume","ids":["vol-0123456789abcdef0"]},"retain":{"age":"14 days"}}`))
	if err != nil {
		t.Fatal(err)
	}
	instances := Target{Type: Instance, Tags: map[string]string{"Backup": "daily"}}
	want := []Policy{
		{Name: "daily", Schedule: "cron(0 2 * * ? *)", Timezone: "UTC", Target: instances, Produce: Snapshot, Retain: Retain{Count: 3}},
		{
			Name: "scripted", Schedule: "cron(0 2 * * ? *)", Timezone: "UTC", Target: instances, Produce: Snapshot, Retain: Retain{Count: 3},
			Scripts: &Scripts{Document: "freeze-db", Timeout: Duration(10 * time.Second), OnFailure: CrashConsistent},
		},
		{
			Name: "old", Schedule: "at(2026-11-20T02:00:00)", Timezone: "UTC", Target: Target{Type: Volume, IDs: []string{"vol-0123456789abcdef0"}},
			Produce: Snapshot, Retain: Retain{Age: Duration(14 * 24 * time.Hour), AtLeast: 1},
		},
	}
	if diff := cmp.Diff(want, c.Policies); diff != "" {
		t.Error(diff)
	}
	written, err := c.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"timezone": "UTC"`, `"produce": "snapshot"`, `"timeout": "10 seconds"`, `"onFailure": "crash-consistent"`, `"atLeast": 1`, `"captureConcurrency": 10`} {
		if !strings.Contains(string(written), want) {
			t.Errorf("%s is missing in %s", want, written)
		}
	}
}

func TestFingerprint_covers_policies(t *testing.T) {
	seen := map[string]string{}
	for _, policy := range []string{
		`{` + minimal + `}`,
		`{` + minimal + `,"timezone":"Asia/Tokyo"}`,
		`{` + minimal + `,"scripts":{"document":"freeze-db"}}`,
		`{` + minimal + `,"scripts":{"document":"freeze-db","retries":1}}`,
		`{` + minimal + `,"copyTo":[{"region":"ap-southeast-1","retain":{"count":1}}]}`,
	} {
		c, err := Parse(file(policy))
		if err != nil {
			t.Fatal(err)
		}
		if other, same := seen[c.Fingerprint()]; same {
			t.Errorf("%s and %s look the same", policy, other)
		}
		seen[c.Fingerprint()] = policy
	}
	written, err := Parse(file(`{` + minimal + `,"timezone":"UTC","produce":"snapshot","scripts":null,"copyTo":[]}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, same := seen[written.Fingerprint()]; !same {
		t.Error("a default that is written out looks like another configuration")
	}
}

func TestParse_accepts_good_policies(t *testing.T) {
	kms := `"arn:aws:kms:ap-southeast-1:111122223333:`
	for name, policy := range map[string]string{
		"image_with_reboot":        `{` + minimal + `,"produce":"image","reboot":true}`,
		"image_without_data":       `{` + minimal + `,"produce":"image","exclude":{"volumeTags":{"Backup":"no"}}}`,
		"image_with_scripts":       `{` + minimal + `,"produce":"image","scripts":{"pre":"a","post":"b"}}`,
		"boot_volume_left_out":     `{` + minimal + `,"exclude":{"bootVolume":true}}`,
		"longest_timeout":          `{` + minimal + `,"scripts":{"pre":"a","post":"b","timeout":"120s","retries":1}}`,
		"just_within_the_budget":   `{` + minimal + `,"scripts":{"pre":"a","post":"b","timeout":"85s","retries":3}}`,
		"script_of_several_lines":  `{` + minimal + `,"scripts":{"pre":"if true\nthen\n\techo あ\nfi","post":"b","onFailure":"skip"}}`,
		"longest_script":           `{` + minimal + `,"scripts":{"pre":"` + strings.Repeat("x", 8192) + `","post":"b"}}`,
		"own_document":             `{` + minimal + `,"scripts":{"document":"Freeze_db.v2-x"}}`,
		"tags_of_AWS_to_choose_by": strings.Replace(`{`+minimal+`}`, `"Backup"`, `"aws:autoscaling:groupName"`, 1),
		"empty_tag_value":          strings.Replace(`{`+minimal+`}`, `{"Backup":"daily"}`, `{"Backup":""}`, 1),
		"longest_tag":              `{` + minimal + `,"tags":{"` + strings.Repeat("あ", 128) + `":"` + strings.Repeat("い", 256) + `"}}`,
		"copy_both_ways":           `{` + minimal + `,"copyTo":[{"region":"ap-southeast-1","retain":{"age":"1 hour","atLeast":2}},{"region":"ap-northeast-1","retain":{"count":1000}}]}`,
		"copy_with_a_key":          `{` + minimal + `,"copyTo":[{"region":"ap-southeast-1","retain":{"count":1},"kmsKey":` + kms + `key/1234abcd-12ab-34cd-56ef-1234567890ab"}]}`,
		"copy_with_a_shared_key":   `{` + minimal + `,"copyTo":[{"region":"ap-southeast-1","retain":{"count":1},"kmsKey":` + kms + `key/mrk-1234abcd12ab34cd56ef1234567890ab"}]}`,
		"copy_with_an_alias":       `{` + minimal + `,"copyTo":[{"region":"ap-southeast-1","retain":{"count":1},"kmsKey":` + kms + `alias/aws/ebs"}]}`,
		"zone_in_three_parts":      `{` + minimal + `,"timezone":"America/Argentina/Buenos_Aires"}`,
		"zone_with_digits":         `{` + minimal + `,"timezone":"Etc/GMT+9"}`,
		"longest_name":             strings.Replace(`{`+minimal+`}`, `"daily"`, `"`+strings.Repeat("0", 40)+`"`, 1),
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Parse(file(policy)); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestConfig_Policy(t *testing.T) {
	c := Config{Policies: []Policy{{Name: "a"}, {Name: "b", CopyTags: true}}}
	if p, ok := c.Policy("b"); !ok || !p.CopyTags {
		t.Errorf("b: %+v, %v", p, ok)
	}
	if p, ok := c.Policy("c"); ok {
		t.Errorf("c: %+v", p)
	}
}

func TestRetainIn(t *testing.T) {
	p := Policy{Retain: Retain{Count: 3}, CopyTo: []CopyTo{{Region: "ap-southeast-1", Retain: Retain{Count: 7}}}}
	for _, tc := range []struct {
		region string
		copied bool
		want   int // 0: no rule
	}{
		{"ap-northeast-1", false, 3},
		{"ap-southeast-1", false, 3},
		{"ap-southeast-1", true, 7},
		{"ap-northeast-1", true, 0},
	} {
		if got, ok := p.RetainIn(tc.region, tc.copied); got.Count != tc.want || ok != (tc.want > 0) {
			t.Errorf("%+v: %+v, %v", tc, got, ok)
		}
	}
}

func TestPolicy_Next_reads_the_schedule_in_the_policys_time_zone(t *testing.T) {
	after := time.Date(2026, time.November, 20, 2, 0, 0, 0, time.UTC)
	for _, tc := range []struct{ schedule, zone, want string }{
		{"cron(0 2 * * ? *)", "Asia/Tokyo", "2026-11-21T02:00:00+09:00"},
		{"cron(0 2 * * ? *)", "UTC", "2026-11-21T02:00:00Z"},
		{"at(2026-11-20T02:00:00)", "Asia/Tokyo", "never"},
		{"at(2026-11-20T02:00:00)", "America/Los_Angeles", "2026-11-20T02:00:00-08:00"},
	} {
		got := "never"
		if next, ok := (Policy{Schedule: tc.schedule, Timezone: tc.zone}).Next(after); ok {
			got = next.Format(time.RFC3339)
		}
		if got != tc.want {
			t.Errorf("%s in %s: %s, not %s", tc.schedule, tc.zone, got, tc.want)
		}
	}
}

func TestParse_takes_a_hundred_policies(t *testing.T) {
	var policies []string
	for i := range 100 {
		policies = append(policies, strings.Replace(`{`+minimal+`}`, `"daily"`, fmt.Sprintf(`"p%d"`, i), 1))
	}
	if _, err := Parse(file(policies...)); err != nil {
		t.Error(err)
	}
	_, err := Parse(file(append(policies, `{`+minimal+`}`)...))
	if want := `lastgood.policies: found "101 policies", expected at most 100`; err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}
