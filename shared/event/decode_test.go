package event

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lastgood/shared/recovery"
)

// answers is what each decoder makes of one event: a value, or why it is NotForUs.
type answers struct{ createImage, copyImage, imageState, snapshotState any }

const (
	apiCallOfEC2  = NotForUs(`"AWS API Call via CloudTrail" of aws.ec2`)
	stateOfEC2    = NotForUs(`"EC2 AMI State Change" of aws.ec2`)
	snapshotOfEC2 = NotForUs(`"EBS Snapshot Notification" of aws.ec2`)
	changeOfSSM   = NotForUs(`"Parameter Store Change" of aws.ssm`)
	ofAppStream   = NotForUs(`"AWS API Call via CloudTrail" of aws.appstream`)

	web = "i-0123456789abcdef0"
)

func created(idEnd, image, instance string) answers {
	return answers{
		createImage: CreateImage{Meta: sampleMeta(idEnd, "CreateImage", "us-east-1", sampleTime), ImageID: image, InstanceID: instance},
		copyImage:   NotForUs("the call CreateImage"),
		imageState:  apiCallOfEC2, snapshotState: apiCallOfEC2,
	}
}

func copied(idEnd, image, original string, byBackup bool) answers {
	return answers{
		createImage: NotForUs("the call CopyImage"),
		copyImage: CopyImage{Meta: sampleMeta(idEnd, "CopyImage", "us-west-2", sampleTime),
			ImageID: image, SourceImageID: original, SourceRegion: "us-east-1", ByBackup: byBackup},
		imageState: apiCallOfEC2, snapshotState: apiCallOfEC2,
	}
}

func changed(idEnd, image, name string, state recovery.State) answers {
	return answers{
		createImage:   stateOfEC2,
		copyImage:     stateOfEC2,
		imageState:    ImageState{Meta: sampleMeta(idEnd, name, "us-east-1", stateTime), ImageID: image, State: state},
		snapshotState: stateOfEC2,
	}
}

// snapshots is an event of snapshots, for whom it is for.
func snapshots(idEnd, name, region string, changes ...SnapshotChange) answers {
	others := NotForUs(fmt.Sprintf("%q of aws.ec2", snapshotNotification))
	if name == "createSnapshots" {
		others = NotForUs(fmt.Sprintf("%q of aws.ec2", snapshotsCompletion))
	}
	return answers{others, others, others, SnapshotState{Meta: sampleMeta(idEnd, name, region, stateTime), Snapshots: changes}}
}

// samples says what every file in testdata/events is to each decoder.
var samples = map[string]answers{
	"aws.appstream/createimage.json": {ofAppStream, ofAppStream, ofAppStream, ofAppStream},

	"aws.ec2/createimage_aws_backup.json":       created("01", "ami-0aaaaaaaaaaaaaaa1", web),
	"aws.ec2/createimage_ssm_automation.json":   created("04", "ami-0dddddddddddddd04", web),
	"aws.ec2/createimage_console.json":          created("08", "ami-0ccccccccccccccc8", web),
	"aws.ec2/createimage_cli.json":              created("09", "ami-0ccccccccccccccc9", web),
	"aws.ec2/createimage_dlm.json":              created("10", "ami-0ddddddddddddd010", web),
	"aws.ec2/createimage_request_left_out.json": created("11", "ami-0ddddddddddddd011", ""),
	"aws.ec2/createimage_failed_unauthorized.json": {
		NotForUs("the call answered Client.UnauthorizedOperation"), NotForUs("the call CreateImage"), apiCallOfEC2, apiCallOfEC2},
	"aws.ec2/createimage_dryrun.json": {
		NotForUs("the call answered Client.DryRunOperation"), NotForUs("the call CreateImage"), apiCallOfEC2, apiCallOfEC2},

	"aws.ec2/copyimage_aws_backup.json": copied("02", "ami-0bbbbbbbbbbbbbbb2", "ami-0aaaaaaaaaaaaaaa1", true),
	"aws.ec2/copyimage_console.json":    copied("12", "ami-0bbbbbbbbbbbbb012", "ami-0ccccccccccccccc8", false),

	"aws.ssm/parameterchange_update.json":  {changeOfSSM, changeOfSSM, changeOfSSM, changeOfSSM},
	"aws.ssm/parameterchange_label.json":   {changeOfSSM, changeOfSSM, changeOfSSM, changeOfSSM},
	"aws.ssm/parameterchange_invalid.json": {changeOfSSM, changeOfSSM, changeOfSSM, changeOfSSM},

	"aws.ec2/imagestate_available.json":    changed("20", "ami-0aaaaaaaaaaaaaaa1", "available", recovery.Available),
	"aws.ec2/imagestate_failed.json":       changed("21", "ami-0aaaaaaaaaaaaa0f1", "failed", recovery.Gone),
	"aws.ec2/imagestate_deregistered.json": changed("22", "ami-0aaaaaaaaaaaaaaa1", "deregistered", recovery.Gone),
	"aws.ec2/imagestate_disabled.json":     changed("23", "ami-0aaaaaaaaaaaaaaa1", "disabled", recovery.Gone),

	"aws.ec2/runinstances.json": {NotForUs("the call RunInstances"), NotForUs("the call RunInstances"), apiCallOfEC2, apiCallOfEC2},

	"aws.ec2/snapshotstate_created.json": snapshots("30", "createSnapshot", "us-east-1", SnapshotChange{ID: "snap-0aaaaaaaaaaaaaaa1", State: recovery.Available}),
	"aws.ec2/snapshotstate_failed.json":  snapshots("31", "createSnapshot", "us-east-1", SnapshotChange{ID: "snap-0aaaaaaaaaaaaaaa1", State: recovery.Gone}),
	"aws.ec2/snapshotstate_copied.json": snapshots("32", "copySnapshot", "us-west-2", SnapshotChange{
		ID: "snap-0bbbbbbbbbbbbbbb1", State: recovery.Available, OriginalRegion: "us-east-1", Original: "snap-0aaaaaaaaaaaaaaa1"}),
	"aws.ec2/snapshotstate_copy_failed.json": snapshots("33", "copySnapshot", "us-west-2", SnapshotChange{
		ID: "snap-0bbbbbbbbbbbbbbb2", State: recovery.Gone, OriginalRegion: "us-east-1", Original: "snap-0aaaaaaaaaaaaaaa2"}),
	"aws.ec2/snapshotstate_set_created.json": snapshots("34", "createSnapshots", "us-east-1",
		SnapshotChange{ID: "snap-0aaaaaaaaaaaaaaa1", State: recovery.Available}, SnapshotChange{ID: "snap-0aaaaaaaaaaaaaaa2", State: recovery.Available}),
	"aws.ec2/snapshotstate_set_failed.json": snapshots("35", "createSnapshots", "us-east-1",
		SnapshotChange{ID: "snap-0aaaaaaaaaaaaaaa1", State: recovery.Available}, SnapshotChange{ID: "snap-0aaaaaaaaaaaaaaa2", State: recovery.Gone}),
	"aws.ec2/snapshotstate_shared.json": {snapshotOfEC2, snapshotOfEC2, snapshotOfEC2, NotForUs("the event shareSnapshot")},
}

// answer is a decoder's answer as the table spells it.
func answer[T any](decode func([]byte) (T, error), raw []byte) any {
	value, err := decode(raw)
	if reason, not := errors.AsType[NotForUs](err); not {
		return reason
	}
	if err != nil {
		return err
	}
	return value
}

func TestDecode_every_sample_with_every_decoder(t *testing.T) {
	files := sampleFiles(t)
	for path := range samples {
		if _, there := files[path]; !there {
			t.Errorf("%s is in the table and not in %s", path, samplesDir)
		}
	}
	for path, raw := range files {
		t.Run(path, func(t *testing.T) {
			want, known := samples[path]
			if !known {
				t.Fatal("say in the table what this file is to each decoder")
			}
			got := answers{answer(DecodeCreateImage, raw), answer(DecodeCopyImage, raw), answer(DecodeImageState, raw), answer(DecodeSnapshotState, raw)}
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(answers{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// odd is one event as AWS might send it, or somebody by hand. Exactly one of value,
// notForUs and fails is what comes of it.
type odd struct {
	edits    edits
	value    any
	notForUs NotForUs
	fails    string // a part of the error
}

func checkOdd[T any](t *testing.T, decode func([]byte) (T, error), path string, cases map[string]odd) {
	t.Helper()
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := answer(decode, edited(t, path, tc.edits))
			if tc.fails != "" {
				err, isError := got.(error)
				if _, not := got.(NotForUs); !isError || not || !strings.Contains(err.Error(), tc.fails) {
					t.Errorf("want an error that says %q, got %#v", tc.fails, got)
				}
				return
			}
			want := tc.value
			if want == nil {
				want = tc.notForUs
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// notIDs are what an id must never be taken for.
var notIDs = map[string]string{
	"path_trick":       "../x",
	"below_an_id":      web + "/../../x",
	"unicode_digits":   "i-０１２３４５６７",
	"unicode_letter":   "í-01234567",
	"upper_case":       "I-0123456789ABCDEF0",
	"upper_case_digit": "i-0123456789abcdeF0",
	"nine_digits":      "i-012345678",
	"eighteen_digits":  web + "0",
	"line_end":         web + "\n",
	"space":            " " + web,
	"null_byte":        web + "\x00",
	"other_kind":       "vol-0123456789abcdef0",
	"letter_g":         "i-0123456789abcdefg",
	"no_dash":          "i0123456789abcdef0",
}

// envelopes are what every decoder makes of an envelope that is not as it should be.
func envelopes() map[string]odd {
	cases := map[string]odd{
		"detail_null":             {edits: edits{"detail": nil}, fails: "missing"},
		"detail_empty":            {edits: edits{"detail": edits{}}, fails: "missing"},
		"detail_is_a_string":      {edits: edits{"detail": "x"}, fails: "decoding"},
		"detail_is_a_list":        {edits: edits{"detail": []int{1}}, fails: "decoding"},
		"id_is_a_number":          {edits: edits{"id": 1}, fails: "decoding an EventBridge event"},
		"time_is_no_time":         {edits: edits{"time": "yesterday"}, fails: "decoding an EventBridge event"},
		"time_without_a_zone":     {edits: edits{"time": "2026-09-01T02:00:05"}, fails: "decoding an EventBridge event"},
		"resources_is_a_string":   {edits: edits{"resources": "x"}, fails: "decoding an EventBridge event"},
		"another_source":          {edits: edits{"source": "my.app", "detail-type": "ping"}, notForUs: `"ping" of my.app`},
		"somebody_elses_own_kind": {edits: edits{"source": "aws.ec2", "detail-type": "EC2 Instance State-change Notification"}, notForUs: `"EC2 Instance State-change Notification" of aws.ec2`},
	}
	for _, field := range []string{"source", "detail-type", "detail", "id", "region", "time"} {
		cases[field+"_left_out"] = odd{edits: edits{field: leftOut}, fails: "missing"}
	}
	for _, field := range []string{"source", "detail-type", "id", "region"} {
		cases[field+"_empty"] = odd{edits: edits{field: ""}, fails: "missing"}
	}
	return cases
}

// calls are what both decoders of calls make of an odd record.
func calls() map[string]odd {
	return map[string]odd{
		"call_that_failed": {
			edits:    edits{"detail.errorCode": "Client.InvalidInstanceID.NotFound", "detail.responseElements": nil},
			notForUs: "the call answered Client.InvalidInstanceID.NotFound"},
		"call_that_failed_names_nothing_valid": {
			edits:    edits{"detail.errorCode": "Client.InvalidParameterValue", "detail.requestParameters": edits{"instanceId": "../x"}, "detail.responseElements": leftOut},
			notForUs: "the call answered Client.InvalidParameterValue"},
		"dry_run": {
			edits:    edits{"detail.errorCode": "Client.DryRunOperation", "detail.responseElements": nil},
			notForUs: "the call answered Client.DryRunOperation"},
		"AppStreams_call_of_the_same_name": {
			edits:    edits{"detail.eventSource": "appstream.amazonaws.com", "detail.responseElements": edits{"image": edits{"name": "desktops"}}},
			notForUs: "a call of appstream.amazonaws.com"},
		"another_call":                      {edits: edits{"detail.eventName": "RegisterImage"}, notForUs: "the call RegisterImage"},
		"eventSource_left_out":              {edits: edits{"detail.eventSource": leftOut}, fails: "eventSource or eventName is missing"},
		"eventName_left_out":                {edits: edits{"detail.eventName": leftOut}, fails: "eventSource or eventName is missing"},
		"requestParameters_is_a_string":     {edits: edits{"detail.requestParameters": "x"}, fails: "decoding CloudTrail's record"},
		"requestParameters_is_a_list":       {edits: edits{"detail.requestParameters": []string{web}}, fails: "decoding CloudTrail's record"},
		"responseElements_is_a_string":      {edits: edits{"detail.responseElements": "x"}, fails: "decoding CloudTrail's record"},
		"imageId_is_an_object":              {edits: edits{"detail.responseElements.imageId": edits{}}, fails: "decoding CloudTrail's record"},
		"userIdentity_is_a_string":          {edits: edits{"detail.userIdentity": "root"}, fails: "decoding CloudTrail's record"},
		"errorCode_is_a_number":             {edits: edits{"detail.errorCode": 403}, fails: "decoding CloudTrail's record"},
		"imageId_is_an_instances":           {edits: edits{"detail.responseElements.imageId": web}, fails: "no AMI id"},
		"imageId_is_a_path_trick":           {edits: edits{"detail.responseElements.imageId": "../x"}, fails: "no AMI id"},
		"imageId_in_upper_case":             {edits: edits{"detail.responseElements.imageId": "AMI-0AAAAAAAAAAAAAAA1"}, fails: "no AMI id"},
		"imageId_with_unicode_digits":       {edits: edits{"detail.responseElements.imageId": "ami-０１２３４５６７"}, fails: "no AMI id"},
		"the_error_does_not_quote_the_rest": {edits: edits{"detail.responseElements.imageId": "x", "detail.requestParameters.name": "secret"}, fails: `responseElements.imageId "x" is no AMI id`},
	}
}

func TestDecodeCreateImage_odd_envelopes(t *testing.T) {
	checkOdd(t, DecodeCreateImage, "aws.ec2/createimage_cli.json", envelopes())
}

func TestDecodeCreateImage_odd_records(t *testing.T) {
	checkOdd(t, DecodeCreateImage, "aws.ec2/createimage_cli.json", calls())
}

func TestDecodeCreateImage(t *testing.T) {
	meta := sampleMeta("09", "CreateImage", "us-east-1", sampleTime)
	const image = "ami-0ccccccccccccccc9"
	whole := CreateImage{Meta: meta, ImageID: image, InstanceID: web}
	cases := map[string]odd{
		"as_it_is": {value: whole},
		"request_left_out_leaves_the_image": {
			edits: edits{"detail.requestParameters": leftOut}, value: CreateImage{Meta: meta, ImageID: image}},
		"request_null_leaves_the_image": {
			edits: edits{"detail.requestParameters": nil}, value: CreateImage{Meta: meta, ImageID: image}},
		"response_left_out_leaves_the_instance": {
			edits: edits{"detail.responseElements": leftOut}, value: CreateImage{Meta: meta, InstanceID: web}},
		"response_null_leaves_the_instance": {
			edits: edits{"detail.responseElements": nil}, value: CreateImage{Meta: meta, InstanceID: web}},
		"neither_image_nor_instance": {
			edits: edits{"detail.requestParameters": nil, "detail.responseElements": nil}, fails: "neither an image nor an instance"},
		"block_device_mapping_empty":           {edits: edits{"detail.requestParameters.blockDeviceMapping": edits{}}, value: whole},
		"block_device_mapping_a_list":          {edits: edits{"detail.requestParameters.blockDeviceMapping": []int{}}, value: whole},
		"block_device_mapping_null":            {edits: edits{"detail.requestParameters.blockDeviceMapping": nil}, value: whole},
		"fields_of_a_later_time_are_no_matter": {edits: edits{"detail.newField": edits{"a": 1}, "newField": 1}, value: whole},
		"error_code_empty_is_no_error":         {edits: edits{"detail.errorCode": ""}, value: whole},
		"eight_digits": {
			edits: edits{"detail.requestParameters.instanceId": "i-01234567", "detail.responseElements.imageId": "ami-89abcdef"},
			value: CreateImage{Meta: meta, ImageID: "ami-89abcdef", InstanceID: "i-01234567"}},
		"time_in_another_zone_is_the_same_time": {
			edits: edits{"time": "2026-09-01T11:00:05+09:00"},
			value: CreateImage{Meta: Meta{ID: meta.ID, Name: meta.Name, Region: meta.Region,
				Time: sampleTime.In(time.FixedZone("", 9*60*60))}, ImageID: image, InstanceID: web}},
		"instanceId_is_an_object": {edits: edits{"detail.requestParameters.instanceId": edits{}}, fails: "decoding CloudTrail's record"},
	}
	for name, id := range notIDs {
		cases["instanceId_"+name] = odd{edits: edits{"detail.requestParameters.instanceId": id}, fails: "no instance id"}
	}
	checkOdd(t, DecodeCreateImage, "aws.ec2/createimage_cli.json", cases)
}

func TestDecodeCopyImage_odd_envelopes(t *testing.T) {
	checkOdd(t, DecodeCopyImage, "aws.ec2/copyimage_aws_backup.json", envelopes())
}

func TestDecodeCopyImage_odd_records(t *testing.T) {
	checkOdd(t, DecodeCopyImage, "aws.ec2/copyimage_aws_backup.json", calls())
}

func TestDecodeCopyImage(t *testing.T) {
	meta := sampleMeta("02", "CopyImage", "us-west-2", sampleTime)
	const image, original = "ami-0bbbbbbbbbbbbbbb2", "ami-0aaaaaaaaaaaaaaa1"
	cases := map[string]odd{
		"request_left_out_leaves_the_copy": {
			edits: edits{"detail.requestParameters": leftOut}, value: CopyImage{Meta: meta, ImageID: image, ByBackup: true}},
		"request_null_leaves_the_copy": {
			edits: edits{"detail.requestParameters": nil}, value: CopyImage{Meta: meta, ImageID: image, ByBackup: true}},
		"response_null_names_no_copy":     {edits: edits{"detail.responseElements": nil}, fails: "responseElements.imageId is missing"},
		"response_left_out_names_no_copy": {edits: edits{"detail.responseElements": leftOut}, fails: "responseElements.imageId is missing"},
		"invoked_by_another_service_is_not_AWS_Backup": {
			edits: edits{"detail.userIdentity.invokedBy": "ssm.amazonaws.com"},
			value: CopyImage{Meta: meta, ImageID: image, SourceImageID: original, SourceRegion: "us-east-1"}},
		"a_role_named_like_AWS_Backups_is_not_AWS_Backup": {
			edits: edits{"detail.userIdentity.invokedBy": leftOut},
			value: CopyImage{Meta: meta, ImageID: image, SourceImageID: original, SourceRegion: "us-east-1"}},
		"no_identity_is_not_AWS_Backup": {
			edits: edits{"detail.userIdentity": nil},
			value: CopyImage{Meta: meta, ImageID: image, SourceImageID: original, SourceRegion: "us-east-1"}},
		"region_of_a_partition_of_its_own": {
			edits: edits{"detail.requestParameters.sourceRegion": "us-gov-west-1"},
			value: CopyImage{Meta: meta, ImageID: image, SourceImageID: original, SourceRegion: "us-gov-west-1", ByBackup: true}},
	}
	for name, id := range notIDs {
		cases["sourceImageId_"+name] = odd{edits: edits{"detail.requestParameters.sourceImageId": id}, fails: "no AMI id"}
	}
	for name, region := range map[string]string{
		"host":         "us-east-1.evil.example",
		"path_trick":   "../us-east-1",
		"zone":         "us-east-1a",
		"upper_case":   "US-EAST-1",
		"word":         "tokyo",
		"line_end":     "us-east-1\n",
		"user":         "x@us-east-1",
		"two_digits":   "us-east-11",
		"without_area": "us-1",
	} {
		cases["sourceRegion_"+name] = odd{edits: edits{"detail.requestParameters.sourceRegion": region}, fails: "no Region's code"}
	}
	checkOdd(t, DecodeCopyImage, "aws.ec2/copyimage_aws_backup.json", cases)
}

func TestDecodeImageState_odd_envelopes(t *testing.T) {
	checkOdd(t, DecodeImageState, "aws.ec2/imagestate_available.json", envelopes())
}

func TestDecodeImageState(t *testing.T) {
	cases := map[string]odd{
		"a_state_of_a_later_time":      {edits: edits{"detail.State": "archived"}, notForUs: `the state "archived"`},
		"pending_is_not_announced":     {edits: edits{"detail.State": "pending"}, notForUs: `the state "pending"`},
		"state_in_another_case":        {edits: edits{"detail.State": "Available"}, notForUs: `the state "Available"`},
		"state_left_out":               {edits: edits{"detail.State": leftOut}, fails: "State is missing"},
		"state_null":                   {edits: edits{"detail.State": nil}, fails: "State is missing"},
		"state_is_an_object":           {edits: edits{"detail.State": edits{}}, fails: "decoding the detail"},
		"image_left_out":               {edits: edits{"detail.ImageId": leftOut}, fails: "missing"},
		"image_null":                   {edits: edits{"detail.ImageId": nil}, fails: "missing"},
		"image_is_a_list":              {edits: edits{"detail.ImageId": []string{"ami-01234567"}}, fails: "decoding the detail"},
		"image_is_bad_in_a_later_kind": {edits: edits{"detail.ImageId": "../x", "detail.State": "archived"}, fails: "no AMI id"},
		"resources_are_not_read": {
			edits: edits{"resources": []string{"arn:aws:ec2:us-east-1::image/../x"}},
			value: ImageState{Meta: sampleMeta("20", "available", "us-east-1", stateTime), ImageID: "ami-0aaaaaaaaaaaaaaa1", State: recovery.Available}},
	}
	for name, id := range notIDs {
		cases["image_"+name] = odd{edits: edits{"detail.ImageId": id}, fails: "no AMI id"}
	}
	checkOdd(t, DecodeImageState, "aws.ec2/imagestate_available.json", cases)
}

func TestDecode_what_is_no_JSON_object(t *testing.T) {
	for _, raw := range []string{"", " ", "null", "true", "7", `"x"`, "[]", "{", "{}", "\xff", `{"detail":{}}{}`, strings.Repeat("[", 20_000)} {
		for name, got := range map[string]any{
			"CreateImage":   answer(DecodeCreateImage, []byte(raw)),
			"CopyImage":     answer(DecodeCopyImage, []byte(raw)),
			"ImageState":    answer(DecodeImageState, []byte(raw)),
			"SnapshotState": answer(DecodeSnapshotState, []byte(raw)),
			"Rollout":       answer(DecodeRollout, []byte(raw)),
		} {
			if _, not := got.(NotForUs); not {
				t.Errorf("%s takes %.20q for an event of others", name, raw)
			} else if _, failed := got.(error); !failed {
				t.Errorf("%s accepts %.20q", name, raw)
			}
		}
	}
}

// What could not be used is still told by the event's own id, Region and time.
func TestDecode_tells_which_event_it_refused(t *testing.T) {
	about := func(e interface{ About() Meta }, _ error) Meta { return e.About() }
	for name, e := range map[string]edits{
		"another_source":     {"source": "my.app"},
		"detail_is_a_string": {"detail": "x"},
		"detail_is_empty":    {"detail": edits{}},
		"region_left_out":    {"region": leftOut},
	} {
		t.Run(name, func(t *testing.T) {
			for path, decode := range map[string]func([]byte) Meta{
				"aws.ec2/createimage_cli.json":       func(raw []byte) Meta { e, err := DecodeCreateImage(raw); return about(e, err) },
				"aws.ec2/copyimage_aws_backup.json":  func(raw []byte) Meta { e, err := DecodeCopyImage(raw); return about(e, err) },
				"aws.ec2/imagestate_available.json":  func(raw []byte) Meta { e, err := DecodeImageState(raw); return about(e, err) },
				"aws.ec2/snapshotstate_created.json": func(raw []byte) Meta { e, err := DecodeSnapshotState(raw); return about(e, err) },
				parameterUpdate:                      func(raw []byte) Meta { e, err := DecodeRollout(raw); return about(e, err) },
			} {
				if m := decode(edited(t, path, e)); m.ID == "" || m.Time.IsZero() || m.Region == "" && e["region"] == nil {
					t.Errorf("%s: %+v", path, m)
				}
			}
		})
	}
}

// valid checks what holds for every event that was accepted.
func valid(t *testing.T, m Meta, ids map[string]bool) {
	t.Helper()
	if m.ID == "" || m.Name == "" || m.Region == "" || m.Time.IsZero() {
		t.Errorf("accepted without an id, a name, a Region or a time: %+v", m)
	}
	for what, ok := range ids {
		if !ok {
			t.Errorf("accepted with a bad %s", what)
		}
	}
}

func fuzz[T any](f *testing.F, decode func([]byte) (T, error), check func(*testing.T, T)) {
	for _, raw := range sampleFiles(f) {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		value, err := decode(raw)
		again, errAgain := decode(raw)
		if diff := cmp.Diff(value, again); diff != "" {
			t.Errorf("the same input decodes to something else: %s", diff)
		}
		if (err == nil) != (errAgain == nil) || err != nil && err.Error() != errAgain.Error() {
			t.Errorf("the same input answers %v and then %v", err, errAgain)
		}
		if err == nil {
			check(t, value)
		}
	})
}

func FuzzDecodeCreateImage(f *testing.F) {
	fuzz(f, DecodeCreateImage, func(t *testing.T, e CreateImage) {
		valid(t, e.Meta, map[string]bool{
			"name":     e.Name == "CreateImage",
			"image":    e.ImageID == "" || recovery.IsImageID(e.ImageID),
			"instance": e.InstanceID == "" || recovery.IsInstanceID(e.InstanceID),
			"both":     e.ImageID != "" || e.InstanceID != "",
		})
	})
}

func FuzzDecodeCopyImage(f *testing.F) {
	fuzz(f, DecodeCopyImage, func(t *testing.T, e CopyImage) {
		valid(t, e.Meta, map[string]bool{
			"name":          e.Name == "CopyImage",
			"image":         recovery.IsImageID(e.ImageID),
			"source image":  e.SourceImageID == "" || recovery.IsImageID(e.SourceImageID),
			"source Region": e.SourceRegion == "" || regionCode.MatchString(e.SourceRegion),
		})
	})
}

func FuzzDecodeImageState(f *testing.F) {
	fuzz(f, DecodeImageState, func(t *testing.T, e ImageState) {
		valid(t, e.Meta, map[string]bool{
			"image": recovery.IsImageID(e.ImageID),
			"state": e.State == recovery.Available || e.State == recovery.Gone,
		})
	})
}

func BenchmarkDecodeCreateImage(b *testing.B) {
	benchmark(b, DecodeCreateImage, "aws.ec2/createimage_aws_backup.json")
}

func BenchmarkDecodeImageState(b *testing.B) {
	benchmark(b, DecodeImageState, "aws.ec2/imagestate_available.json")
}

func benchmark[T any](b *testing.B, decode func([]byte) (T, error), path string) {
	raw := sample(b, path)
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := decode(raw); err != nil {
			b.Fatal(err)
		}
	}
}
