package event

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

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

func TestDecodeCopyImage_odd_envelopes(t *testing.T) {
	checkOdd(t, DecodeCopyImage, "aws.ec2/copyimage_aws_backup.json", envelopes())
}

func TestDecodeCopyImage_odd_records(t *testing.T) {
	checkOdd(t, DecodeCopyImage, "aws.ec2/copyimage_aws_backup.json", calls())
}

func TestDecodeImageState_odd_envelopes(t *testing.T) {
	checkOdd(t, DecodeImageState, "aws.ec2/imagestate_available.json", envelopes())
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
