package attest

import (
	"strings"
	"testing"
)

const copyRecord = `{"eventSource":"ec2.amazonaws.com","eventName":"CopySnapshot",
	"requestParameters":{"sourceRegion":"ap-northeast-1","sourceSnapshotId":"snap-00000000000000001"},
	"responseElements":{"snapshotId":"snap-00000000000000002"}}`

func TestCopyCall_says_what_a_copy_was_made_from(t *testing.T) {
	got, is := copyCall(copyRecord, "snap-00000000000000002")
	if want := (Origin{"ap-northeast-1", "snap-00000000000000001"}); !is || got != want {
		t.Errorf("%+v, %v", got, is)
	}
}

func TestCopyCall_what_proves_nothing(t *testing.T) {
	for name, record := range map[string]string{
		"another copy's":   strings.Replace(copyRecord, "00000002", "00000003", 1),
		"a failed call":    strings.Replace(copyRecord, `"eventName"`, `"errorCode":"Client.DryRunOperation","eventName"`, 1),
		"another service":  strings.Replace(copyRecord, "ec2.amazonaws.com", "example.amazonaws.com", 1),
		"another call":     strings.Replace(copyRecord, "CopySnapshot", "CopyImage", 1),
		"no snapshot":      strings.Replace(copyRecord, "snap-00000000000000001", "ami-00000000000000001", 1),
		"no Region":        strings.Replace(copyRecord, "ap-northeast-1", "everywhere", 1),
		"no record at all": "null",
		"not JSON":         "{",
	} {
		if got, is := copyCall(record, "snap-00000000000000002"); is {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
