package event

import (
	"errors"
	"fmt"
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
