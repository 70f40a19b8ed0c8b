package pattern

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lastgood/shared/config"
	"lastgood/shared/telemetry"
)

// That the patterns match what they should is tested where they are deployed.
func TestEvery_function_has_a_pattern_or_an_input(t *testing.T) {
	byPolicies := []telemetry.Function{telemetry.Snapshot, telemetry.Capture} // by a schedule for each, and by what that makes of it
	for _, f := range telemetry.Functions {
		p, onEvents := For(f, config.Default())
		input, onSchedule := Input(f)
		onPolicies := slices.Contains(byPolicies, f)
		if f == telemetry.Rollout && onEvents && onSchedule { // events make it sooner, the schedule makes it certain
			onSchedule = false
		}
		if woken := []bool{onEvents, onSchedule, onPolicies}; len(slices.DeleteFunc(woken, func(by bool) bool { return !by })) != 1 {
			t.Errorf("%s: on events %v, on a schedule %v, on policies %v", f, onEvents, onSchedule, onPolicies)
		}
		if onEvents && (len(p.Source) == 0 || len(p.DetailType) == 0 || len(p.Detail) == 0) {
			t.Errorf("%s is woken for %+v", f, p)
		}
		if onSchedule && !json.Valid([]byte(input)) {
			t.Errorf("%s is sent %s, which is no JSON", f, input)
		}
	}
	if _, ok := For("unheard-of", config.Default()); ok {
		t.Error("a function that does not exist has a pattern")
	}
	if _, ok := Input("unheard-of"); ok {
		t.Error("a function that does not exist has an input")
	}
}

func TestPolicyInput_says_which_policy_and_leaves_the_time_to_Scheduler(t *testing.T) {
	want := `{"policy":"daily-web","scheduled":"<aws.scheduler.scheduled-time>"}`
	if got := PolicyInput("daily-web"); got != want || !json.Valid([]byte(got)) {
		t.Errorf("got %s", got)
	}
}

func TestPattern_is_written_as_EventBridge_reads_it(t *testing.T) {
	p, _ := For(telemetry.ImageState, config.Default())
	got, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"source":["aws.ec2"],"detail-type":["EC2 AMI State Change"],"detail":{"State":["available","failed","deregistered","disabled"]}}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}

func TestPattern_of_rollout_is_of_the_pointers_of_instances(t *testing.T) {
	for prefix, want := range map[string]string{
		"/lastgood/": `[{"prefix":"/lastgood/i-"}]`,
		"/":          `[{"prefix":"/i-"},{"prefix":"i-"}]`,
	} {
		c := config.Default()
		c.Parameter.Prefix = prefix
		p, _ := For(telemetry.Rollout, c)
		got, err := json.Marshal(p.Detail["name"])
		if err != nil || string(got) != want {
			t.Errorf("%s: %s, %v", prefix, got, err)
		}
	}
}
