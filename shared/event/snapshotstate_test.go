package event

import (
	"maps"
	"testing"

	"lastgood/shared/recovery"
)

func TestDecodeSnapshotState_odd_envelopes(t *testing.T) {
	checkOdd(t, DecodeSnapshotState, "aws.ec2/snapshotstate_created.json", envelopes())
	checkOdd(t, DecodeSnapshotState, "aws.ec2/snapshotstate_set_created.json", envelopes())
}

// details are odd ones of all kinds of events.
func details() map[string]odd {
	return map[string]odd{
		"event_left_out":    {edits: edits{"detail.event": leftOut}, fails: "event or result is missing"},
		"result_left_out":   {edits: edits{"detail.result": leftOut}, fails: "event or result is missing"},
		"result_null":       {edits: edits{"detail.result": nil}, fails: "event or result is missing"},
		"event_is_a_list":   {edits: edits{"detail.event": []string{"createSnapshot"}}, fails: "decoding the detail"},
		"deleted":           {edits: edits{"detail.event": "deleteSnapshot"}, notForUs: "the event deleteSnapshot"},
		"event_in_any_case": {edits: edits{"detail.event": "CopySnapshot"}, notForUs: "the event CopySnapshot"},
	}
}

func TestDecodeSnapshotState_of_one_snapshot(t *testing.T) {
	const copied = "aws.ec2/snapshotstate_copied.json"
	cases := details()
	maps.Copy(cases, map[string]odd{
		"a_result_of_a_later_time": {edits: edits{"detail.result": "paused"}, notForUs: `the state "paused"`},
		"snapshot_left_out":        {edits: edits{"detail.snapshot_id": leftOut}, fails: "names no snapshot"},
		"snapshot_is_no_arn":       {edits: edits{"detail.snapshot_id": "snap-0bbbbbbbbbbbbbbb1"}, fails: "names no snapshot"},
		"snapshot_of_another_service": {
			edits: edits{"detail.snapshot_id": "arn:aws:rds:us-west-2:111122223333:snapshot/snap-0bbbbbbbbbbbbbbb1"}, fails: "names no snapshot"},
		"source_left_out":         {edits: edits{"detail.source": leftOut}, fails: "names no snapshot of a Region"},
		"source_is_a_volume":      {edits: edits{"detail.source": "arn:aws:ec2::us-east-1:volume/vol-0123456789abcdef0"}, fails: "names no snapshot of a Region"},
		"source_without_a_region": {edits: edits{"detail.source": "arn:aws:ec2:::snapshot/snap-0aaaaaaaaaaaaaaa1"}, fails: "names no snapshot of a Region"},
		"source_with_a_bad_region": {
			edits: edits{"detail.source": "arn:aws:ec2:../x:111122223333:snapshot/snap-0aaaaaaaaaaaaaaa1"}, fails: "names no snapshot of a Region"},
		"arns_as_they_should_be": {
			edits: edits{
				"detail.snapshot_id": "arn:aws:ec2:us-west-2:111122223333:snapshot/snap-0bbbbbbbbbbbbbbb1",
				"detail.source":      "arn:aws-cn:ec2:us-east-1::snapshot/snap-0aaaaaaaaaaaaaaa1"},
			value: SnapshotState{Meta: sampleMeta("32", "copySnapshot", "us-west-2", stateTime), Snapshots: []SnapshotChange{{
				ID: "snap-0bbbbbbbbbbbbbbb1", State: recovery.Available, OriginalRegion: "us-east-1", Original: "snap-0aaaaaaaaaaaaaaa1"}}}},
	})
	for name, id := range notIDs {
		cases["snapshot_"+name] = odd{edits: edits{"detail.snapshot_id": "arn:aws:ec2::us-west-2:snapshot/" + id}, fails: "names no snapshot"}
		cases["source_"+name] = odd{edits: edits{"detail.source": "arn:aws:ec2::us-east-1:snapshot/" + id}, fails: "names no snapshot of a Region"}
	}
	checkOdd(t, DecodeSnapshotState, copied, cases)
}

func TestDecodeSnapshotState_of_a_set(t *testing.T) {
	part := func(id, status string) edits { return edits{"snapshot_id": id, "status": status} }
	good := part("arn:aws:ec2::us-east-1:snapshot/snap-0aaaaaaaaaaaaaaa1", "completed")
	cases := details()
	maps.Copy(cases, map[string]odd{
		"snapshots_left_out":    {edits: edits{"detail.snapshots": leftOut}, fails: "snapshots is missing"},
		"snapshots_empty":       {edits: edits{"detail.snapshots": []edits{}}, fails: "snapshots is missing"},
		"snapshots_is_a_string": {edits: edits{"detail.snapshots": "x"}, fails: "decoding the detail"},
		"one_is_no_snapshot":    {edits: edits{"detail.snapshots": []edits{good, part("arn:aws:ec2::us-east-1:snapshot/../x", "completed")}}, fails: "names no snapshot"},
		"one_in_a_new_status":   {edits: edits{"detail.snapshots": []edits{good, part(good["snapshot_id"].(string), "paused")}}, notForUs: `the state "paused"`},
		"one_is_not_done": {
			edits: edits{"detail.snapshots": []edits{good, part("arn:aws:ec2::us-east-1:snapshot/snap-0aaaaaaaaaaaaaaa2", "pending")}},
			value: SnapshotState{Meta: sampleMeta("34", "createSnapshots", "us-east-1", stateTime), Snapshots: []SnapshotChange{
				{ID: "snap-0aaaaaaaaaaaaaaa1", State: recovery.Available}, {ID: "snap-0aaaaaaaaaaaaaaa2", State: recovery.Pending}}}},
	})
	checkOdd(t, DecodeSnapshotState, "aws.ec2/snapshotstate_set_created.json", cases)
}

func FuzzDecodeSnapshotState(f *testing.F) {
	fuzz(f, DecodeSnapshotState, func(t *testing.T, e SnapshotState) {
		valid(t, e.Meta, map[string]bool{"list of snapshots": len(e.Snapshots) > 0})
		for _, s := range e.Snapshots {
			valid(t, e.Meta, map[string]bool{
				"snapshot": recovery.IsSnapshotID(s.ID),
				"state":    s.State == recovery.Available || s.State == recovery.Gone || s.State == recovery.Pending,
				"original": (s.Original != "") == (e.Name == "copySnapshot") && (s.Original == "" || recovery.IsSnapshotID(s.Original)),
				"region":   (s.OriginalRegion != "") == (s.Original != "") && (s.OriginalRegion == "" || regionCode.MatchString(s.OriginalRegion)),
			})
		}
	})
}
