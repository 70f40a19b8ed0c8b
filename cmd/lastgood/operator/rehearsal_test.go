package operator

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// readOnly is a Parameter Store with one parameter, which nobody may write.
type readOnly struct{ t *testing.T }

func (s readOnly) GetParameter(_ context.Context, in *ssm.GetParameterInput, _ ...func(*ssm.Options)) (*ssm.GetParameterOutput, error) {
	if *in.Name != "there" {
		return nil, &types.ParameterNotFound{}
	}
	return &ssm.GetParameterOutput{Parameter: &types.Parameter{Name: in.Name, Value: aws.String("before"), Version: 7}}, nil
}

func (s readOnly) PutParameter(context.Context, *ssm.PutParameterInput, ...func(*ssm.Options)) (*ssm.PutParameterOutput, error) {
	s.t.Error("a rehearsal wrote")
	return &ssm.PutParameterOutput{}, nil
}

func (s readOnly) DeleteParameter(context.Context, *ssm.DeleteParameterInput, ...func(*ssm.Options)) (*ssm.DeleteParameterOutput, error) {
	s.t.Error("a rehearsal deleted")
	return &ssm.DeleteParameterOutput{}, nil
}

func TestRehearsal_reads_what_would_be_there(t *testing.T) {
	h := rehearsal{readOnly{t}, map[string]*types.Parameter{}}
	put := func(name string, overwrite bool) error {
		_, err := h.PutParameter(t.Context(), &ssm.PutParameterInput{Name: &name, Value: aws.String("after"), Overwrite: &overwrite})
		return err
	}
	remove := func(name string) {
		if _, err := h.DeleteParameter(t.Context(), &ssm.DeleteParameterInput{Name: &name}); err != nil {
			t.Error(err)
		}
	}
	expect := func(name, value string, version int64) {
		t.Helper()
		out, err := h.GetParameter(t.Context(), &ssm.GetParameterInput{Name: &name})
		if _, missing := errors.AsType[*types.ParameterNotFound](err); missing && value == "" {
			return
		}
		if err != nil || *out.Parameter.Value != value || out.Parameter.Version != version {
			t.Errorf("%s: %+v, %v; want %q of version %d", name, out, err, value, version)
		}
	}
	expect("there", "before", 7)
	if err := put("there", false); !errors.As(err, new(*types.ParameterAlreadyExists)) {
		t.Errorf("a parameter that exists was created: %v", err)
	}
	if err := put("there", true); err != nil {
		t.Error(err)
	}
	expect("there", "after", 8)
	remove("there")
	expect("there", "", 0)
	if err := put("there", false); err != nil {
		t.Error(err)
	}
	expect("there", "after", 1)
	expect("new", "", 0)
	if err := put("new", true); err != nil {
		t.Error(err)
	}
	expect("new", "after", 1)
}
