package operator

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"lastgood/shared/pointer"
)

// rehearsal is a Parameter Store whose writes are remembered and not made: what is read
// back is what would be there. So settle and sweep can be run to see what they would do.
type rehearsal struct {
	pointer.SSM
	written map[string]*types.Parameter // nil: deleted
}

// rehearse is a Region's settler that changes nothing.
func (r *Region) rehearse() *pointer.Settler {
	settler := *r.Settler
	settler.Store.SSM = rehearsal{r.SSM, map[string]*types.Parameter{}}
	return &settler
}

// GetParameter reads what would be there.
func (h rehearsal) GetParameter(ctx context.Context, in *ssm.GetParameterInput, o ...func(*ssm.Options)) (*ssm.GetParameterOutput, error) {
	p, written := h.written[*in.Name]
	switch {
	case !written:
		return h.SSM.GetParameter(ctx, in, o...)
	case p == nil:
		return nil, &types.ParameterNotFound{}
	default:
		return &ssm.GetParameterOutput{Parameter: p}, nil
	}
}

// PutParameter remembers the write, and refuses what Parameter Store would.
func (h rehearsal) PutParameter(ctx context.Context, in *ssm.PutParameterInput, _ ...func(*ssm.Options)) (*ssm.PutParameterOutput, error) {
	version := int64(1)
	if there, err := h.GetParameter(ctx, &ssm.GetParameterInput{Name: in.Name}); err == nil {
		if !aws.ToBool(in.Overwrite) {
			return nil, &types.ParameterAlreadyExists{}
		}
		version = there.Parameter.Version + 1
	}
	h.written[*in.Name] = &types.Parameter{Name: in.Name, Value: in.Value, Type: in.Type, DataType: in.DataType, Version: version}
	return &ssm.PutParameterOutput{Version: version}, nil
}

// DeleteParameter remembers the deletion.
func (h rehearsal) DeleteParameter(_ context.Context, in *ssm.DeleteParameterInput, _ ...func(*ssm.Options)) (*ssm.DeleteParameterOutput, error) {
	h.written[*in.Name] = nil
	return &ssm.DeleteParameterOutput{}, nil
}
