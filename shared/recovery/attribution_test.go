package recovery

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const uuid = "0A1B2C3D-4E5F-6071-8293-A4B5C6D7E8F9"

func backupARN(instance string) string {
	return "arn:aws:ec2:us-east-1:111122223333:instance/" + instance
}

// verdict is Attest's or Claimed's answer.
type verdict struct {
	Source string
	By     Evidence
}

func attest(f Facts) verdict {
	source, by := Attest(f)
	return verdict{source, by}
}

func claimed(p Point) verdict {
	source, by := Claimed(p)
	return verdict{source, by}
}

// witness is one kind of evidence, which says that it is this instance.
type witness struct {
	by    Evidence
	gives func(f *Facts, instance string)
}

func tag(p *Point, key, value string) {
	if p.Tags == nil {
		p.Tags = map[string]string{}
	}
	p.Tags[key] = value
}

func askOriginal(f *Facts) *Point {
	if f.Original == nil {
		f.Original = &Point{}
	}
	return f.Original
}

// witnesses are in the order in which they are heard.
var witnesses = []witness{
	{ByEvent, func(f *Facts, instance string) { f.EventInstance = instance }},
	{ByEC2, func(f *Facts, instance string) { f.Image.OriginalOf = instance }},
	{ByBackupTag, func(f *Facts, instance string) { tag(&f.Image, tagBackupSource, backupARN(instance)) }},
	{BySignature, func(f *Facts, instance string) {
		f.Signed = true
		tag(&f.Image, TagSourceID, instance)
		tag(&f.Image, TagSignature, "c2lnbmVk")
	}},
	{ByOriginal, func(f *Facts, instance string) { askOriginal(f).OriginalOf = instance }},
	{ByOriginal, func(f *Facts, instance string) { tag(askOriginal(f), tagBackupSource, backupARN(instance)) }},
	{ByBackupName, func(f *Facts, instance string) {
		f.ByBackup = true
		f.Image.Name = "AwsBackup_" + instance + "_" + uuid
	}},
}

// Every set of evidence, each kind naming another instance: the first in order wins.
func TestAttest_the_first_that_answers_wins(t *testing.T) {
	for set := range 1 << len(witnesses) {
		var f Facts
		want := verdict{"", NoEvidence}
		for i, w := range witnesses {
			if set&(1<<i) == 0 {
				continue
			}
			instance := fmt.Sprintf("i-%017x", i+1)
			w.gives(&f, instance)
			if want.Source == "" {
				want = verdict{instance, w.by}
			}
		}
		if diff := cmp.Diff(want, attest(f)); diff != "" {
			t.Errorf("%b: %s", set, diff)
		}
	}
}

func TestAttest_what_attests_nothing(t *testing.T) {
	signedTags := map[string]string{TagSourceID: web, TagSignature: "c2lnbmVk"}
	for name, f := range map[string]Facts{
		"nothing_is_known":                         {},
		"event_instance_is_no_id":                  {EventInstance: "../x"},
		"tag_without_a_signature":                  {Image: Point{Tags: map[string]string{TagSourceID: web}}},
		"tag_without_a_signature_verified":         {Signed: true, Image: Point{Tags: map[string]string{TagSourceID: web}}},
		"signature_that_was_not_verified":          {Image: Point{Tags: signedTags}},
		"signed_source_is_no_id":                   {Signed: true, Image: Point{Tags: map[string]string{TagSourceID: "../x", TagSignature: "c2lnbmVk"}}},
		"DLMs_tag":                                 {Image: Point{Tags: map[string]string{tagDLMInstance: web}}},
		"original_that_nobody_knows_of":            {Original: &Point{}},
		"signature_on_the_original":                {Original: &Point{Tags: signedTags}},
		"original_with_a_name_of_AWS_Backup":       {ByBackup: true, Original: &Point{Name: "AwsBackup_" + web + "_" + uuid}},
		"name_of_AWS_Backup_by_somebody_else":      {Image: Point{Name: "AwsBackup_" + web + "_" + uuid}},
		"AWS_Backup_with_a_name_of_its_own":        {ByBackup: true, Image: Point{Name: "nightly of " + web}},
		"backup_name_with_more_before_it":          {ByBackup: true, Image: Point{Name: "x AwsBackup_" + web + "_" + uuid}},
		"backup_name_with_more_after_it":           {ByBackup: true, Image: Point{Name: "AwsBackup_" + web + "_" + uuid + "_x"}},
		"backup_name_with_a_line_end":              {ByBackup: true, Image: Point{Name: "AwsBackup_" + web + "_" + uuid + "\n"}},
		"backup_name_without_a_uuid":               {ByBackup: true, Image: Point{Name: "AwsBackup_" + web}},
		"backup_name_with_nine_digits":             {ByBackup: true, Image: Point{Name: "AwsBackup_i-012345678_" + uuid}},
		"backup_name_with_a_volume":                {ByBackup: true, Image: Point{Name: "AwsBackup_vol-0123456789abcdef0_" + uuid}},
		"backup_tag_of_a_volume":                   {Image: Point{Tags: map[string]string{tagBackupSource: "arn:aws:ec2:us-east-1:111122223333:volume/vol-0123456789abcdef0"}}},
		"backup_tag_with_only_an_id":               {Image: Point{Tags: map[string]string{tagBackupSource: web}}},
		"backup_tag_with_more_after_it":            {Image: Point{Tags: map[string]string{tagBackupSource: backupARN(web) + "/x"}}},
		"backup_tag_with_more_before_it":           {Image: Point{Tags: map[string]string{tagBackupSource: "x" + backupARN(web)}}},
		"backup_tag_of_another_service":            {Image: Point{Tags: map[string]string{tagBackupSource: "arn:aws:rds:us-east-1:111122223333:instance/" + web}}},
		"backup_tag_in_upper_case":                 {Image: Point{Tags: map[string]string{tagBackupSource: strings.ToUpper(backupARN(web))}}},
		"a_tag_named_nearly_as_AWS_Backups_is":     {Image: Point{Tags: map[string]string{"backup:source-resource": backupARN(web)}}},
		"everything_claimed_and_nothing_attested_": {Image: Point{Name: "AwsBackup_" + web + "_" + uuid, Tags: map[string]string{TagSourceID: web, tagDLMInstance: web}}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(verdict{"", NoEvidence}, attest(f)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAttest_names_of_AWS_Backup(t *testing.T) {
	for name, want := range map[string]string{
		"AwsBackup_" + web + "_" + uuid:                                   web,
		"AwsBackup_" + web + "_" + strings.ToLower(uuid):                  web,
		"AWSBackup_" + web + "_" + uuid:                                   web,
		"awsbackup_" + web + "_" + uuid:                                   web,
		"AWSBACKUP_" + strings.ToUpper(web) + "_" + strings.ToUpper(uuid): web,
		"AwsBackup_i-89abcdef_" + uuid:                                    "i-89abcdef",
		"AwsBackup_I-89ABCDEF_" + uuid:                                    "i-89abcdef",
	} {
		got := attest(Facts{ByBackup: true, Image: Point{Name: name}})
		if diff := cmp.Diff(verdict{want, ByBackupName}, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestAttest_AWS_Backups_tag_in_every_partition(t *testing.T) {
	for _, partition := range []string{"aws", "aws-cn", "aws-us-gov", "aws-iso-b", "aws-eusc"} {
		f := Facts{Image: Point{Tags: map[string]string{tagBackupSource: "arn:" + partition + ":ec2:xx-north-1:111122223333:instance/i-89abcdef"}}}
		if diff := cmp.Diff(verdict{"i-89abcdef", ByBackupTag}, attest(f)); diff != "" {
			t.Errorf("%s: %s", partition, diff)
		}
	}
}

func TestClaimed_the_first_that_answers_wins(t *testing.T) {
	claims := []witness{
		{BySourceTag, func(f *Facts, instance string) { tag(&f.Image, TagSourceID, instance) }},
		{ByDLMTag, func(f *Facts, instance string) { tag(&f.Image, tagDLMInstance, instance) }},
		{ByName, func(f *Facts, instance string) { f.Image.Name = instance }},
	}
	for set := range 1 << len(claims) {
		var f Facts
		want := verdict{"", NoEvidence}
		for i, w := range claims {
			if set&(1<<i) == 0 {
				continue
			}
			instance := fmt.Sprintf("i-%017x", i+1)
			w.gives(&f, instance)
			if want.Source == "" {
				want = verdict{instance, w.by}
			}
		}
		if diff := cmp.Diff(want, claimed(f.Image)); diff != "" {
			t.Errorf("%b: %s", set, diff)
		}
	}
}

func TestClaimed_passes_over_tags_that_are_no_ids(t *testing.T) {
	p := Point{Name: "of " + web, Tags: map[string]string{TagSourceID: "../x", tagDLMInstance: strings.ToUpper(web)}}
	if diff := cmp.Diff(verdict{web, ByName}, claimed(p)); diff != "" {
		t.Error(diff)
	}
}

func TestClaimed_names(t *testing.T) {
	for name, want := range map[string]string{
		"":                                    "",
		"golden":                              "",
		web:                                   web,
		"i-89abcdef":                          "i-89abcdef",
		strings.ToUpper(web):                  web,
		"AwsBackup_" + web + "_" + uuid:       web,
		"AWSBackup_i-89abcdef":                "i-89abcdef",
		"policy-0123456789abcdef0_" + web:     web,
		"nightly (" + web + ")":               web,
		"nightly-" + web + "-1":               web,
		web + "/" + other:                     web,
		"mi-0123456789abcdef0":                "", // a longer word
		"ami-0123456789abcdef0":               "",
		"wifi-01234567":                       "",
		"xi-01234567 " + web:                  web,
		"i-0123456789abcdef0a":                "",
		"i-0123456789abcdef0x":                "",
		"i-0123456789":                        "",
		"i-0123456":                           "",
		"i-01234567 after i-0123456789":       "i-01234567",
		"i-0123456789 before i-01234567":      "i-01234567",
		"i_0123456789abcdef0":                 "",
		"í-01234567":                          "",
		"日本語" + web + "日本語":                   web,
		"i-01234567\xff":                      "i-01234567",
		"i-０１２３４５６７":                          "",
		strings.Repeat("i-", 60) + "deadbeef": "i-deadbeef",
	} {
		want := verdict{want, ByName}
		if want.Source == "" {
			want.By = NoEvidence
		}
		if diff := cmp.Diff(want, claimed(Point{Name: name})); diff != "" {
			t.Errorf("%q: %s", name, diff)
		}
	}
}

// Whatever a name says: the answer is an id that is in it, and without AWS Backup no
// name attests anything.
func FuzzNames(f *testing.F) {
	for _, name := range []string{"AwsBackup_" + web + "_" + uuid, "AWSBACKUP_I-89ABCDEF_" + uuid, "x " + web, "mi-01234567", "İ-01234567", "AwsBac\u212Aup_" + web + "_" + uuid} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		image := Point{Name: name}
		if got := attest(Facts{Image: image}); got.Source != "" {
			t.Errorf("the name %q attests %v", name, got)
		}
		got := claimed(image)
		backup := attest(Facts{Image: image, ByBackup: true})
		for _, v := range []verdict{got, backup} {
			if v.Source != "" && (!IsInstanceID(v.Source) || !strings.Contains(strings.ToLower(name), v.Source)) {
				t.Errorf("%q answers %v", name, v)
			}
			if (v.Source == "") != (v.By == NoEvidence) {
				t.Errorf("%q answers %v", name, v)
			}
		}
		if backup.Source != "" && got.Source != backup.Source {
			t.Errorf("%q is AWS Backup's of %s and claims %s", name, backup.Source, got.Source)
		}
	})
}
