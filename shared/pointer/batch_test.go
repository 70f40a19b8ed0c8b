package pointer

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/google/go-cmp/cmp"

	"lastgood/shared/awsfake"
	"lastgood/shared/recovery"
	"lastgood/shared/telemetry"
)

const third = "i-0abcabcabcabcabc0"

// told is an event's outcome as it is seen from outside.
type told struct {
	Name    telemetry.OutcomeName
	Fails   bool
	Metrics []telemetry.Metric
}

// settleBatch settles a batch and returns each event's outcome; every event must have one.
func settleBatch(t *testing.T, b *Batch, s *Settler) (map[int]told, []int) {
	t.Helper()
	outcomes, order := map[int]told{}, []int{}
	b.Settle(t.Context(), s, func(event int, o telemetry.Outcome) {
		if _, twice := outcomes[event]; twice {
			t.Errorf("event %d is told twice", event)
		}
		outcomes[event] = told{o.Name, o.Err != nil, o.Metrics}
		order = append(order, event)
	})
	return outcomes, order
}

var movedOnce = []telemetry.Metric{telemetry.PointersMoved}

// imageOf makes an available image of an instance.
func imageOf(w *awsfake.World, id, instance string) {
	w.Create(tokyo, id, instance, t0)
	w.SetState(tokyo, id, "available")
}

// failingFor is an EC2 that lists every source's images but one's.
type failingFor struct {
	ec2.DescribeImagesAPIClient
	source string
	listed []string // the sources whose images were listed, in order
}

func (f *failingFor) DescribeImages(ctx context.Context, in *ec2.DescribeImagesInput, o ...func(*ec2.Options)) (*ec2.DescribeImagesOutput, error) {
	if filter := in.Filters[0]; *filter.Name == "source-instance-id" {
		f.listed = append(f.listed, filter.Values[0])
		if filter.Values[0] == f.source {
			return nil, awsfake.ErrThrottled
		}
	}
	return f.DescribeImagesAPIClient.DescribeImages(ctx, in, o...)
}

func TestBatch_settles_each_source_once(t *testing.T) {
	w := world(latest)
	imageOf(w, ami1, web)
	imageOf(w, ami2, other)
	points(w, ami1) // web's is right already: one look each
	w.SetParameter(tokyo, "/lastgood/"+other, ami2, "String", "text", 1)
	s := settler(w.Process(nil), tokyo, latest)
	counting := &failingFor{DescribeImagesAPIClient: s.Points.Images.EC2}
	s.Points.Images.EC2 = counting

	var b Batch
	for event, source := range []string{other, web, other, other, web} {
		b.Add(event, source, Hint{})
	}
	got, order := settleBatch(t, &b, s)
	together := told{Name: "together"}
	want := map[int]told{0: {Name: "unchanged"}, 1: {Name: "unchanged"}, 2: together, 3: together, 4: together}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{other, web}, counting.listed); diff != "" {
		t.Errorf("sources in the order of their first event: %s", diff)
	}
	if !slices.IsSorted(order) {
		t.Errorf("told in the order %v", order)
	}
}

func TestBatch_counts_one_move_for_many_events(t *testing.T) {
	w := world(latest)
	imageOf(w, ami1, web)
	var b Batch
	for event := range 3 {
		b.Add(event, web, Hint{Image: ami1, State: recovery.Available, Fresh: true})
	}
	got, _ := settleBatch(t, &b, settler(w.Process(nil), tokyo, latest))
	want := map[int]told{0: {Name: "moved", Metrics: movedOnce}, 1: {Name: "together"}, 2: {Name: "together"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := w.Value(tokyo, parameter); got != ami1 {
		t.Errorf("the pointer names %q", got)
	}
}

func TestBatch_failure_of_one_source_leaves_the_others(t *testing.T) {
	w := world(latest)
	imageOf(w, ami1, web)
	imageOf(w, ami2, third)
	s := settler(w.Process(nil), tokyo, latest)
	s.Points.Images.EC2 = &failingFor{DescribeImagesAPIClient: s.Points.Images.EC2, source: other}
	var b Batch
	for event, source := range []string{web, other, third, other} {
		b.Add(event, source, Hint{})
	}
	got, _ := settleBatch(t, &b, s)
	failed := told{"failed", true, []telemetry.Metric{telemetry.EventsFailed}}
	moved := told{"moved", false, movedOnce}
	if diff := cmp.Diff(map[int]told{0: moved, 1: failed, 2: moved, 3: failed}, got); diff != "" {
		t.Error(diff)
	}
}

// An event of an image that nothing is left of may be about several sources.
func TestBatch_an_event_of_several_sources_has_one_outcome(t *testing.T) {
	for name, tc := range map[string]struct {
		sources []string
		fails   string
		want    told
	}{
		"a_move_is_told_before_no_change":     {[]string{web, third}, "", told{"moved", false, movedOnce}},
		"in_whatever_order":                   {[]string{third, web}, "", told{"moved", false, movedOnce}},
		"two_moves_are_both_counted":          {[]string{web, other}, "", told{"moved", false, slices.Repeat(movedOnce, 2)}},
		"failure_first_is_not_covered_up":     {[]string{other, web}, other, told{"failed", true, []telemetry.Metric{telemetry.EventsFailed, telemetry.PointersMoved}}},
		"failure_last_is_not_covered_up":      {[]string{web, other}, other, told{"failed", true, []telemetry.Metric{telemetry.PointersMoved, telemetry.EventsFailed}}},
		"failure_of_a_source_that_is_nothing": {[]string{third, other, web}, third, told{"failed", true, []telemetry.Metric{telemetry.EventsFailed, telemetry.PointersMoved, telemetry.PointersMoved}}},
	} {
		t.Run(name, func(t *testing.T) {
			w := world(latest)
			imageOf(w, ami1, web)
			imageOf(w, ami2, other) // and third has no image and no pointer
			s := settler(w.Process(nil), tokyo, latest)
			s.Points.Images.EC2 = &failingFor{DescribeImagesAPIClient: s.Points.Images.EC2, source: tc.fails}
			var b Batch
			for _, source := range tc.sources {
				b.Add(7, source, Hint{})
			}
			got, _ := settleBatch(t, &b, s)
			if diff := cmp.Diff(map[int]told{7: tc.want}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestBatch_hints_of_all_events_are_heard(t *testing.T) {
	w := world(latest)
	imageOf(w, ami1, web)
	points(w, ami1)
	var b Batch
	b.Add(0, web, Hint{})
	b.Add(1, web, Hint{Image: ami2, State: recovery.Available, Fresh: true}) // EC2 does not show it
	b.Add(2, web, Hint{Image: ami3, State: recovery.Pending, Fresh: true})
	got, _ := settleBatch(t, &b, settler(w.Process(nil), tokyo, latest))
	for event := range 3 {
		if !got[event].Fails {
			t.Errorf("event %d: %+v", event, got[event])
		}
	}
}

func TestBatch_without_an_event_calls_nothing(t *testing.T) {
	p := world(latest).Process(nil)
	var b Batch
	if got, _ := settleBatch(t, &b, settler(p, tokyo, latest)); len(got) > 0 || len(p.Calls) > 0 {
		t.Errorf("%v, %v", got, p.Calls)
	}
}

func TestBatch_a_failure_names_its_source(t *testing.T) {
	s := settler(world(latest).Process(func(int, awsfake.Call) awsfake.Fault {
		return awsfake.Fault{Before: awsfake.ErrThrottled}
	}), tokyo, latest)
	var b Batch
	b.Add(0, web, Hint{})
	b.Settle(t.Context(), s, func(_ int, o telemetry.Outcome) {
		if !errors.Is(o.Err, awsfake.ErrThrottled) || !strings.Contains(o.Err.Error(), web) || field(o, telemetry.FieldSourceID) != web {
			t.Errorf("%+v", o)
		}
	})
}

// field is a field of the outcome's log line.
func field(o telemetry.Outcome, key string) string {
	for _, a := range o.Attrs {
		if a.Key == key {
			return a.Value.String()
		}
	}
	return ""
}

// line is the outcome's log line, without its time.
func line(o telemetry.Outcome) string {
	var out bytes.Buffer
	o.Log(context.Background(), slog.New(slog.NewTextHandler(&out, nil)))
	_, rest, _ := strings.Cut(out.String(), "msg=event ")
	return strings.TrimSpace(rest)
}

func TestResult_as_it_is_logged_and_counted(t *testing.T) {
	const about = " source_id=" + web + " parameter=" + parameter
	result := func(m Move, from, to string) Result {
		return Result{Source: web, Parameter: parameter, Move: m, From: from, To: to, TakenAt: t0.Add(time.Minute)}
	}
	unconfirmed, forged, unconfirmedAndGone := result(Moved, ami1, ami2), result(Unchanged, ami1, ami1), result(Dangling, ami1, ami2)
	unconfirmed.Unconfirmed, unconfirmedAndGone.Unconfirmed = true, true
	forged.Forged = []string{ami2, ami3}
	for name, tc := range map[string]struct {
		result  Result
		line    string
		metrics []telemetry.Metric
	}{
		"unchanged": {result(Unchanged, ami1, ami1), `outcome=unchanged` + about + ` from=` + ami1 + ` to=` + ami1, nil},
		"moved":     {result(Moved, ami1, ami2), `outcome=moved` + about + ` from=` + ami1 + ` to=` + ami2, movedOnce},
		"first":     {result(Moved, "", ami2), `outcome=moved` + about + ` from="" to=` + ami2, movedOnce},
		"nothing_yet": {result(Nothing, "", ""),
			`outcome=nothing-yet reason="there is no good recovery point yet, and no pointer"` + about + ` from="" to=""`, nil},
		"dangling": {result(Dangling, ami1, ami1),
			`outcome=dangling reason="no good recovery point is left; the parameter stays as it is"` + about + ` from=` + ami1 + ` to=` + ami1,
			[]telemetry.Metric{telemetry.PointersDangling}},
		"still_to_be_validated": {unconfirmed,
			`outcome=moved reason="Parameter Store validates the value before readers see it"` + about + ` from=` + ami1 + ` to=` + ami2, movedOnce},
		"dangling_since_it_was_written": {unconfirmedAndGone,
			`outcome=dangling reason="no good recovery point is left; the parameter stays as it is"` + about + ` from=` + ami1 + ` to=` + ami2,
			[]telemetry.Metric{telemetry.PointersDangling}},
		"forged": {forged, `outcome=unchanged` + about + ` from=` + ami1 + ` to=` + ami1 + ` forged="[` + ami2 + ` ` + ami3 + `]"`,
			[]telemetry.Metric{telemetry.TagsContradicting}},
	} {
		t.Run(name, func(t *testing.T) {
			o := tc.result.Outcome()
			if diff := cmp.Diff(tc.line, line(o)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tc.metrics, o.Metrics); diff != "" || o.Err != nil {
				t.Errorf("%v %s", o.Err, diff)
			}
		})
	}
}
