package event

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

const parameterUpdate = "aws.ssm/parameterchange_update.json"

func TestDecodeRollout_odd_envelopes(t *testing.T) {
	checkOdd(t, DecodeRollout, parameterUpdate, envelopes())
}

func TestDecodeRollout(t *testing.T) {
	changed := func(operation, parameter string) Rollout {
		return Rollout{Meta: sampleMeta("40", operation, "us-east-1", stateTime), Parameter: parameter}
	}
	checkOdd(t, DecodeRollout, parameterUpdate, map[string]odd{
		"as_it_is":                {value: changed("Update", "/lastgood/"+web)},
		"created":                 {edits: edits{"detail.operation": "Create"}, value: changed("Create", "/lastgood/"+web)},
		"deleted":                 {edits: edits{"detail.operation": "Delete"}, value: changed("Delete", "/lastgood/"+web)},
		"of_the_bare_name":        {edits: edits{"detail.name": web}, value: changed("Update", web)},
		"anybodys_parameter":      {edits: edits{"detail.name": "/db/password"}, value: changed("Update", "/db/password")},
		"operation_left_out":      {edits: edits{"detail.operation": leftOut}, fails: "operation or name is missing"},
		"name_left_out":           {edits: edits{"detail.name": leftOut}, fails: "operation or name is missing"},
		"name_null":               {edits: edits{"detail.name": nil}, fails: "operation or name is missing"},
		"name_is_a_list":          {edits: edits{"detail.name": []string{web}}, fails: "decoding the detail"},
		"operation_in_lower_case": {edits: edits{"detail.operation": "update"}, notForUs: `the operation "update"`},
		"a_later_operation":       {edits: edits{"detail.operation": "Move"}, notForUs: `the operation "Move"`},
	})
}

func TestDecodeRollout_of_every_sample(t *testing.T) {
	for path, raw := range sampleFiles(t) {
		var want any
		switch path {
		case parameterUpdate:
			want = Rollout{Meta: sampleMeta("40", "Update", "us-east-1", stateTime), Parameter: "/lastgood/" + web}
		case "aws.ssm/parameterchange_label.json":
			want = NotForUs(`the operation "LabelParameterVersion"`)
		case "aws.ssm/parameterchange_invalid.json":
			want = NotForUs("the parameter did not change: Unable to describe the resource ami-0aaaaaaaaaaaaaaa1")
		}
		got := answer(DecodeRollout, raw)
		if _, not := got.(NotForUs); want == nil && not {
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
	}
}

func TestDecodeRollout_of_a_schedule(t *testing.T) {
	for raw, want := range map[string]any{
		`{"reconcile":"scheduled"}`: Rollout{Meta: Meta{Name: "rollout scheduled"}},
		`{"reconcile":"by hand"}`:   Rollout{Meta: Meta{Name: "rollout by hand"}},
		`{"reconcile":""}`:          "fails",
		`{"reconcile":7}`:           "fails",
		`{"policy":"daily"}`:        "fails",
	} {
		got := answer(DecodeRollout, []byte(raw))
		if _, failed := got.(error); failed {
			got = "fails"
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", raw, diff)
		}
	}
}

func FuzzDecodeRollout(f *testing.F) {
	f.Add([]byte(`{"reconcile":"scheduled"}`))
	fuzz(f, DecodeRollout, func(t *testing.T, r Rollout) {
		if r.Name == "" {
			t.Error("accepted without a name")
		}
		if r.Parameter != "" {
			valid(t, r.Meta, map[string]bool{"operation": r.Name == "Create" || r.Name == "Update" || r.Name == "Delete"})
		}
	})
}
