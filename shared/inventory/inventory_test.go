package inventory

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestTagList_is_in_the_order_of_the_keys_and_Tags_reads_it_back(t *testing.T) {
	tags := map[string]string{"b": "2", "a": "1", "c": ""}
	list := TagList(tags)
	want := []types.Tag{{Key: aws.String("a"), Value: aws.String("1")}, {Key: aws.String("b"), Value: aws.String("2")}, {Key: aws.String("c"), Value: aws.String("")}}
	if diff := cmp.Diff(want, list, cmpopts.IgnoreUnexported(types.Tag{})); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(tags, Tags(list)); diff != "" {
		t.Error(diff)
	}
}

func TestCopyTags_takes_what_there_is_room_for_and_nobody_elses_own(t *testing.T) {
	tags := map[string]string{"b": "ours"}
	CopyTags(tags, map[string]string{"a": "1", "aws:backup": "x", "b": "theirs", "c": "3", "d": "4", "lastgood:policy": "nightly"}, 3)
	if diff := cmp.Diff(map[string]string{"a": "1", "b": "ours", "c": "3"}, tags); diff != "" {
		t.Error(diff)
	}
	CopyTags(tags, map[string]string{"d": "4"}, 2)
	if len(tags) != 3 {
		t.Errorf("there was no room: %v", tags)
	}
}
