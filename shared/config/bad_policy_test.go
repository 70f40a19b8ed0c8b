package config

import (
	"fmt"
	"strings"
	"testing"
)

// policy is the minimal one with keys of its own, or in place of the minimal ones.
func policy(key, value string) string {
	for _, part := range []struct{ key, value string }{
		{"name", `"daily"`}, {"schedule", `"cron(0 2 * * ? *)"`}, {"target", `{"type":"instance","tags":{"Backup":"daily"}}`}, {"retain", `{"count":3}`},
	} {
		if part.key == key {
			return `{` + strings.Replace(minimal, `"`+key+`":`+part.value, `"`+key+`":`+value, 1) + `}`
		}
	}
	return `{` + minimal + `,"` + key + `":` + value + `}`
}

func tags(n int) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf(`"k%d":""`, i))
	}
	return `{` + strings.Join(all, ",") + `}`
}

func ids(n int) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf(`"i-%017x"`, i))
	}
	return `[` + strings.Join(all, ",") + `]`
}

func TestParse_refuses_bad_policies_with_path_value_and_expectation(t *testing.T) {
	long := strings.Repeat("x", 300)
	volume := `{"type":"volume","ids":["vol-0123456789abcdef0"]}`
	with := func(policy, more string) string { return strings.Replace(policy, `{`, `{`+more+`,`, 1) }
	onVolume := func(more string) string { return with(policy("target", volume), more) }
	scripts := func(s string) string { return policy("scripts", `{"pre":"a","post":"b",`+s+`}`) }
	copyTo := func(s string) string { return policy("copyTo", `[{"retain":{"count":1},`+s+`}]`) }
	for name, tc := range map[string]struct{ policy, path, found, expected string }{
		"unknown_key":     {policy("retention", `3`), "retention", "", "unknown key"},
		"unknown_below":   {policy("scripts", `{"prescript":"x"}`), "scripts.prescript", "", "unknown key"},
		"twice":           {`{"name":"x",` + minimal + `}`, "name", "", "the key is there twice"},
		"list_for_policy": {`[]`, "", `[]`, "an object"},
		"string_for_bool": {policy("copyTags", `"yes"`), "copyTags", `"yes"`, "true or false"},
		"number_for_age":  {policy("retain", `{"age":14}`), "retain.age", `14`, "a duration such as"},
		"number_for_tag":  {policy("tags", `{"Cost":7}`), "tags.Cost", `7`, "a string"},

		"no_name":         {policy("name", `""`), "name", `""`, "a name of lower-case letters"},
		"name_in_capital": {policy("name", `"Daily"`), "name", `"Daily"`, "a name of lower-case letters"},
		"name_dash_first": {policy("name", `"-daily"`), "name", `"-daily"`, "does not begin with -"},
		"name_too_long":   {policy("name", `"`+strings.Repeat("x", 41)+`"`), "name", strings.Repeat("x", 41), "at most 40"},

		"no_schedule":      {policy("schedule", `""`), "schedule", `""`, "cron(...) or at(...)"},
		"rate":             {policy("schedule", `"rate(1 day)"`), "schedule", `"rate(1 day)"`, "no fixed time of day"},
		"unix_cron":        {policy("schedule", `"cron(0 2 * * *)"`), "schedule", `"cron(0 2 * * *)"`, "six fields"},
		"no_question_mark": {policy("schedule", `"cron(0 2 * * * *)"`), "schedule", `"cron(0 2 * * * *)"`, "? as day-of-month or as day-of-week"},
		"hour_24":          {policy("schedule", `"cron(0 24 * * ? *)"`), "schedule", `"cron(0 24 * * ? *)"`, `0 to 23`},
		"never":            {policy("schedule", `"cron(0 2 31 4 ? *)"`), "schedule", `"cron(0 2 31 4 ? *)"`, "a day that exists"},
		"at_without_time":  {policy("schedule", `"at(2026-11-20)"`), "schedule", `"at(2026-11-20)"`, "yyyy-mm-ddThh:mm:ss"},
		"at_in_the_gap": {
			with(policy("schedule", `"at(2026-03-08T02:30:00)"`), `"timezone":"America/New_York"`), "schedule", `"at(2026-03-08T02:30:00)"`, "a time that clocks in America/New_York show",
		},

		"zone_unknown":    {policy("timezone", `"Asia/Osaka"`), "timezone", `"Asia/Osaka"`, "a name of the IANA time zone database"},
		"zone_lower":      {policy("timezone", `"asia/tokyo"`), "timezone", `"asia/tokyo"`, "a name of the IANA time zone database"},
		"zone_of_machine": {policy("timezone", `"Local"`), "timezone", `"Local"`, "a name of the IANA time zone database"},
		"zone_empty":      {policy("timezone", `""`), "timezone", `""`, "a name of the IANA time zone database"},
		"zone_offset":     {policy("timezone", `"+09:00"`), "timezone", `"+09:00"`, "a name of the IANA time zone database"},
		"zone_outside":    {policy("timezone", `"../../etc/passwd"`), "timezone", `"../../etc/passwd"`, "a name of the IANA time zone database"},

		"no_target":       {policy("target", `{}`), "target.type", `""`, `"instance" or "volume"`},
		"target_type":     {policy("target", `{"type":"database","tags":{"a":"b"}}`), "target.type", `"database"`, `"instance" or "volume"`},
		"target_nothing":  {policy("target", `{"type":"instance"}`), "target", "neither tags nor ids", "one of the two"},
		"target_both":     {policy("target", `{"type":"instance","tags":{"a":"b"},"ids":["i-0123456789abcdef0"]}`), "target", "tags and ids", "one of the two"},
		"id_of_a_volume":  {policy("target", `{"type":"instance","ids":["vol-0123456789abcdef0"]}`), "target.ids[0]", `"vol-0123456789abcdef0"`, "an instance id"},
		"id_of_instance":  {policy("target", `{"type":"volume","ids":["i-0123456789abcdef0"]}`), "target.ids[0]", `"i-0123456789abcdef0"`, "a volume id"},
		"id_twice":        {policy("target", `{"type":"instance","ids":["i-01234567","i-01234567"]}`), "target.ids[1]", `"i-01234567"`, "not listed already"},
		"too_many_ids":    {policy("target", `{"type":"instance","ids":`+ids(201)+`}`), "target.ids", `"201 ids"`, "at most 200"},
		"target_wildcard": {policy("target", `{"type":"instance","tags":{"Name":"web-*"}}`), "target.tags.Name", `"web-*"`, "without *, ?"},
		"target_no_key":   {policy("target", `{"type":"instance","tags":{"":"x"}}`), "target.tags", `""`, "1 to 128 characters"},
		"target_tags_51":  {policy("target", `{"type":"instance","tags":`+tags(51)+`}`), "target.tags", `"51 tags"`, "at most 50"},

		"produce":         {policy("produce", `"ami"`), "produce", `"ami"`, `"snapshot" or "image"`},
		"volume_image":    {onVolume(`"produce":"image"`), "produce", `"image"`, `"snapshot" for volumes`},
		"snapshot_reboot": {policy("reboot", `true`), "reboot", `true`, `false with produce "snapshot"`},
		"scripts_reboot": {
			with(scripts(`"retries":0`), `"produce":"image","reboot":true`), "reboot", `true`, "false with scripts",
		},
		"volume_exclude_boot": {onVolume(`"exclude":{"bootVolume":true}`), "exclude.bootVolume", `true`, "false for volumes"},
		"volume_exclude_tags": {onVolume(`"exclude":{"volumeTags":{"a":"b"}}`), "exclude.volumeTags", `"1 tags"`, "none for volumes"},
		"image_exclude_boot":  {with(policy("exclude", `{"bootVolume":true}`), `"produce":"image"`), "exclude.bootVolume", `true`, `false with produce "image"`},
		"exclude_long_value":  {policy("exclude", `{"volumeTags":{"a":"`+long+`"}}`), "exclude.volumeTags.a", long, "at most 256 characters"},

		"volume_scripts":   {onVolume(`"scripts":{"pre":"a","post":"b"}`), "scripts", `"scripts"`, "none for volumes"},
		"no_script":        {policy("scripts", `{}`), "scripts", "neither pre and post nor document", "pre and post, or the name of a document"},
		"pre_alone":        {policy("scripts", `{"pre":"a"}`), "scripts.post", `""`, "pre and post come together"},
		"post_alone":       {policy("scripts", `{"post":"a"}`), "scripts.pre", `""`, "pre and post come together"},
		"blank":            {policy("scripts", `{"pre":" \n","post":"a"}`), "scripts.pre", `" \n"`, "a shell command"},
		"script_and_doc":   {scripts(`"document":"freeze-db"`), "scripts.document", `"freeze-db"`, "no document beside pre and post"},
		"script_nul":       {policy("scripts", `{"pre":"a\u0000","post":"b"}`), "scripts.pre", `\x00`, "no control character but"},
		"script_cr":        {policy("scripts", `{"pre":"a","post":"b\r\nc"}`), "scripts.post", `\r`, "CR LF"},
		"script_too_long":  {policy("scripts", `{"pre":"`+strings.Repeat("x", 8193)+`","post":"b"}`), "scripts.pre", `"8193 bytes"`, "at most 8192"},
		"doc_short":        {policy("scripts", `{"document":"ab"}`), "scripts.document", `"ab"`, "3 to 128"},
		"doc_arn":          {policy("scripts", `{"document":"arn:aws:ssm:eu-west-1:111122223333:document/x"}`), "scripts.document", "arn:aws:ssm", "the name of an SSM document"},
		"doc_of_AWS":       {policy("scripts", `{"document":"AWS-RunShellScript"}`), "scripts.document", `"AWS-RunShellScript"`, "a document of your own"},
		"doc_of_lastgood":  {policy("scripts", `{"document":"lastgood-daily"}`), "scripts.document", `"lastgood-daily"`, "a document of your own"},
		"timeout_short":    {scripts(`"timeout":"9s"`), "scripts.timeout", `"9 seconds"`, `from "10 seconds" to "120 seconds"`},
		"timeout_long":     {scripts(`"timeout":"121s"`), "scripts.timeout", `"121 seconds"`, `from "10 seconds" to "120 seconds"`},
		"timeout_fraction": {scripts(`"timeout":"10.5s"`), "scripts.timeout", `"10.5s"`, "a duration such as"},
		"retries_4":        {scripts(`"retries":4`), "scripts.retries", `4`, "0 to 3"},
		"retries_negative": {scripts(`"retries":-1`), "scripts.retries", `-1`, "0 to 3"},
		"over_the_budget":  {scripts(`"timeout":"2 minutes","retries":2`), "scripts.retries", `2`, "at most 1 with a timeout of 2 minutes"},
		"just_over_budget": {scripts(`"timeout":"86s","retries":3`), "scripts.retries", `3`, "at most 2 with a timeout of 86 seconds"},
		"on_failure":       {scripts(`"onFailure":"abort"`), "scripts.onFailure", `"abort"`, `"crash-consistent" or "skip"`},

		"tag_of_AWS":      {policy("tags", `{"AWS:x":"y"}`), "tags.AWS:x", `"y"`, `does not begin with "aws:"`},
		"tag_of_lastgood": {policy("tags", `{"lastgood:run":"y"}`), "tags.lastgood:run", `"y"`, `or "lastgood:"`},
		"tag_key_long":    {policy("tags", `{"`+strings.Repeat("x", 129)+`":"y"}`), "tags", strings.Repeat("x", 129), "1 to 128 characters"},
		"tag_value_long":  {policy("tags", `{"a":"`+long+`"}`), "tags.a", long, "at most 256 characters"},
		"tags_31":         {policy("tags", tags(31)), "tags", `"31 tags"`, "at most 30"},

		"retain_nothing":   {policy("retain", `{}`), "retain.count", `0`, "1 to 1000, or an age in its place"},
		"retain_0":         {policy("retain", `{"count":0}`), "retain.count", `0`, "1 to 1000"},
		"retain_1001":      {policy("retain", `{"count":1001}`), "retain.count", `1001`, "1 to 1000"},
		"retain_both":      {policy("retain", `{"count":3,"age":"14 days"}`), "retain", "count and age", "one of the two"},
		"age_short":        {policy("retain", `{"age":"59 minutes"}`), "retain.age", `"59 minutes"`, `"1 hour" to "36500 days"`},
		"age_long":         {policy("retain", `{"age":"36501 days"}`), "retain.age", `"36501 days"`, `"1 hour" to "36500 days"`},
		"age_overflow":     {policy("retain", `{"age":"999999 days"}`), "retain.age", `"999999 days"`, "a duration such as"},
		"at_least_0":       {policy("retain", `{"age":"1 day","atLeast":0}`), "retain.atLeast", `0`, "the newest good one is always kept"},
		"at_least_1001":    {policy("retain", `{"age":"1 day","atLeast":1001}`), "retain.atLeast", `1001`, "1 to 1000"},
		"at_least_counted": {policy("retain", `{"count":3,"atLeast":1}`), "retain.atLeast", `1`, "with an age only"},

		"copy_elsewhere":   {copyTo(`"region":"eu-west-1"`), "copyTo[0].region", `"eu-west-1"`, "a Region of regions.main or regions.dr"},
		"copy_nowhere":     {copyTo(`"region":""`), "copyTo[0].region", `""`, "a Region of regions.main or regions.dr"},
		"copy_kept_never":  {policy("copyTo", `[{"region":"ap-southeast-1"}]`), "copyTo[0].retain.count", `0`, "1 to 1000"},
		"copy_twice":       {policy("copyTo", `[{"region":"ap-southeast-1","retain":{"count":1}},{"region":"ap-southeast-1","retain":{"count":2}}]`), "copyTo[1].region", `"ap-southeast-1"`, "copyTo[0] has it"},
		"copy_key_id":      {copyTo(`"region":"ap-southeast-1","kmsKey":"alias/backup"`), "copyTo[0].kmsKey", `"alias/backup"`, "the ARN of a KMS key or alias"},
		"copy_key_at_home": {copyTo(`"region":"ap-southeast-1","kmsKey":"arn:aws:kms:ap-northeast-1:111122223333:alias/x"`), "copyTo[0].kmsKey", "ap-northeast-1", "a key in ap-southeast-1"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse(file(policy("name", `"first"`), tc.policy))
			if err == nil {
				t.Fatal("accepted")
			}
			path, rest, _ := strings.Cut(err.Error(), ": ")
			if want := strings.TrimSuffix("lastgood.policies[1]."+tc.path, "."); path != want {
				t.Errorf("got  %s\nwant %s", path, want)
			}
			found, expected, _ := strings.Cut(rest, ", expected ")
			if tc.found == "" { // a key that should not be there has no value to speak of
				expected = rest
			}
			if !strings.Contains(found, tc.found) || !strings.Contains(expected, tc.expected) {
				t.Errorf("got  %s\nwant %s ... %s", err, tc.found, tc.expected)
			}
		})
	}
}

func TestParse_refuses_what_policies_and_the_rest_cannot_be_together(t *testing.T) {
	regions := `"regions":{"main":"ap-northeast-1"}`
	for name, tc := range map[string]struct{ in, want string }{
		"name_twice":         {string(file(`{`+minimal+`}`, `{`+minimal+`}`)), `lastgood.policies[1].name: found "daily", expected a name of its own: policies[0] has it already`},
		"copy_to_one_region": {`{` + regions + `,"policies":[` + policy("copyTo", `[{"region":"ap-northeast-1","retain":{"count":1}}]`) + `]}`, `lastgood.policies[0].copyTo[0].region: found "ap-northeast-1", expected a Region of regions.dr: nothing is copied to where it is`},
		"object_for_list":    {`{` + regions + `,"policies":{}}`, `lastgood.policies: found {}, expected a list`},
		"null":               {`{` + regions + `,"policies":[null]}`, `lastgood.policies[0].name: found ""`},
		"concurrency_1":      {`{` + regions + `,"captureConcurrency":1}`, `lastgood.captureConcurrency: found 1, expected 2 to 1000`},
		"concurrency_1001":   {`{` + regions + `,"captureConcurrency":1001}`, `lastgood.captureConcurrency: found 1001, expected 2 to 1000`},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Parse([]byte(tc.in)); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got  %v\nwant %s", err, tc.want)
			}
		})
	}
}
