package pattern

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lastgood/shared/telemetry"
)

// That the patterns match what they should is tested where they are deployed.
func TestFor_knows_every_function(t *testing.T) {
	for _, f := range telemetry.Functions {
		if p, ok := For(f); !ok || len(p.Source) == 0 || len(p.DetailType) == 0 || len(p.Detail) == 0 {
			t.Errorf("%s is woken for %+v", f, p)
		}
	}
	if _, ok := For("unheard-of"); ok {
		t.Error("a function that does not exist has a pattern")
	}
}

func TestPattern_is_written_as_EventBridge_reads_it(t *testing.T) {
	p, _ := For(telemetry.ImageState)
	got, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"source":["aws.ec2"],"detail-type":["EC2 AMI State Change"],"detail":{"State":["available","failed","deregistered","disabled"]}}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}
