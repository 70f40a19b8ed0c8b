package operator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/transport/http"
	"github.com/google/go-cmp/cmp"

	"lastgood/shared/config"
)

func TestSelectsWrites(t *testing.T) {
	plain := func(management *bool, readWrite types.ReadWriteType) []types.EventSelector {
		return []types.EventSelector{{IncludeManagementEvents: management, ReadWriteType: readWrite}}
	}
	type field = types.AdvancedFieldSelector
	advanced := func(fields ...field) []types.AdvancedEventSelector {
		return []types.AdvancedEventSelector{{FieldSelectors: fields}}
	}
	equals := func(name, value string) field { return field{Field: &name, Equals: []string{value}} }
	differs := func(name, value string) field { return field{Field: &name, NotEquals: []string{value}} }
	management := equals("eventCategory", "Management")
	for name, c := range map[string]struct {
		plain    []types.EventSelector
		advanced []types.AdvancedEventSelector
		want     answer
	}{
		"none_is_everything":    {nil, nil, yes},
		"all":                   {plain(aws.Bool(true), types.ReadWriteTypeAll), nil, yes},
		"unsaid":                {plain(nil, ""), nil, yes},
		"writes":                {plain(aws.Bool(true), types.ReadWriteTypeWriteOnly), nil, yes},
		"reads":                 {plain(aws.Bool(true), types.ReadWriteTypeReadOnly), nil, no},
		"data_only":             {plain(aws.Bool(false), types.ReadWriteTypeAll), nil, no},
		"advanced":              {nil, advanced(management), yes},
		"advanced_writes":       {nil, advanced(management, equals("readOnly", "false")), yes},
		"advanced_reads":        {nil, advanced(management, equals("readOnly", "true")), no},
		"advanced_without_kms":  {nil, advanced(management, differs("eventSource", "kms.amazonaws.com")), yes},
		"advanced_without_ec2":  {nil, advanced(management, differs("eventSource", "ec2.amazonaws.com")), no},
		"advanced_only_s3":      {nil, advanced(management, equals("eventSource", "s3.amazonaws.com")), no},
		"advanced_data":         {nil, advanced(equals("eventCategory", "Data")), no},
		"advanced_by_more":      {nil, advanced(management, equals("userIdentity.arn", "x")), perhaps},
		"advanced_one_of_two":   {nil, append(advanced(equals("eventCategory", "Data")), advanced(management)...), yes},
		"advanced_without_that": {nil, advanced(equals("readOnly", "false")), no},
	} {
		t.Run(name, func(t *testing.T) {
			if got := selectsWrites(c.plain, c.advanced); got != c.want {
				t.Errorf("%d, want %d", got, c.want)
			}
		})
	}
}

func TestSignersOf(t *testing.T) {
	for name, c := range map[string]struct {
		statement string
		want      []string
	}{
		"one":            {`"Effect": "Allow", "Principal": {"AWS": "a"}, "Action": "kms:GenerateMac"`, []string{"a"}},
		"several":        {`"Effect": "Allow", "Principal": {"AWS": ["b", "a", "b"]}, "Action": ["kms:VerifyMac", "kms:GenerateMac"]`, []string{"a", "b"}},
		"by_wildcard":    {`"Effect": "Allow", "Principal": {"AWS": "root"}, "Action": "kms:*"`, []string{"root"}},
		"in_any_case":    {`"Effect": "Allow", "Principal": {"AWS": "a"}, "Action": "kms:generatemac"`, []string{"a"}},
		"everybody":      {`"Effect": "Allow", "Principal": "*", "Action": "*"`, []string{"*"}},
		"only_verifying": {`"Effect": "Allow", "Principal": {"AWS": "a"}, "Action": "kms:VerifyMac"`, nil},
		"denied":         {`"Effect": "Deny", "Principal": {"AWS": "a"}, "Action": "kms:GenerateMac"`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := signersOf(`{"Statement": [{` + c.statement + `}]}`)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	if _, err := signersOf("no policy"); err == nil {
		t.Error("no error")
	}
}

func TestJudgeStack(t *testing.T) {
	p := probe{Region: &Region{Name: "ap-northeast-1"}, Config: config.Default()}
	for status, want := range map[cfn.StackStatus]Level{
		cfn.StackStatusCreateComplete: OK, cfn.StackStatusUpdateComplete: OK, cfn.StackStatusUpdateInProgress: Warn,
		cfn.StackStatusUpdateRollbackComplete: Warn, cfn.StackStatusRollbackComplete: Fail, cfn.StackStatusUpdateRollbackFailed: Fail,
		cfn.StackStatusDeleteInProgress: Fail, cfn.StackStatusCreateFailed: Fail,
	} {
		if got := p.judgeStack(cfn.Stack{StackStatus: status}); len(got) != 1 || got[0].Level != want || (want == OK) != (got[0].Command == "") {
			t.Errorf("%s: %+v, want %s", status, got, want)
		}
	}
	other := []cfn.Output{{OutputKey: aws.String("ParameterPrefix"), OutputValue: aws.String("/other/")}}
	if got := p.judgeStack(cfn.Stack{StackStatus: cfn.StackStatusCreateComplete, Outputs: other}); len(got) != 2 || got[1].Level != Fail {
		t.Errorf("another prefix: %+v", got)
	}
	for fingerprint, want := range map[string]int{p.Config.Fingerprint(): 1, "another": 2} {
		deployed := []cfn.Output{{OutputKey: aws.String("Configuration"), OutputValue: &fingerprint}}
		if got := p.judgeStack(cfn.Stack{StackStatus: cfn.StackStatusCreateComplete, Outputs: deployed}); len(got) != want {
			t.Errorf("the configuration %s: %+v", fingerprint, got)
		}
	}
}

func TestBrief(t *testing.T) {
	for want, err := range map[string]error{
		"AccessDenied: not you":     fmt.Errorf("operation error: %w", &smithy.GenericAPIError{Code: "AccessDenied", Message: "not you"}),
		"no answer within 6s":       fmt.Errorf("calling: %w", context.DeadlineExceeded),
		"connection refused":        &http.RequestSendError{Err: fmt.Errorf("dialing: %w", syscall.ECONNREFUSED)},
		"the connection was closed": &http.RequestSendError{Err: io.EOF},
		"request send failed, odd":  &http.RequestSendError{Err: errors.New("odd")},
		"reading: odd":              errors.New("reading: odd"),
	} {
		if got := brief(err); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
