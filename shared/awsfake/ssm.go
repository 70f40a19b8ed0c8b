package awsfake

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

func (p parameter) wire(name string) types.Parameter {
	return types.Parameter{
		Name: aws.String(name), Value: aws.String(p.value), Version: p.version,
		Type: types.ParameterType(p.kind), DataType: aws.String(p.dataType),
	}
}

// GetParameter reads one parameter.
func (c *Client) GetParameter(ctx context.Context, in *ssm.GetParameterInput, _ ...func(*ssm.Options)) (*ssm.GetParameterOutput, error) {
	return do(ctx, c, "GetParameter", true, func(r *region, stale bool) (*ssm.GetParameterOutput, error) {
		p, exists := r.parametersAsOf(stale).rows[*in.Name]
		if !exists {
			return nil, &types.ParameterNotFound{}
		}
		wire := p.wire(*in.Name)
		return &ssm.GetParameterOutput{Parameter: &wire}, nil
	})
}

// PutParameter writes one parameter. Writing an image that was not good at any moment since
// the writer's settling pass began breaks the world, and so does one of another instance.
func (c *Client) PutParameter(ctx context.Context, in *ssm.PutParameterInput, _ ...func(*ssm.Options)) (*ssm.PutParameterOutput, error) {
	return do(ctx, c, "PutParameter", false, func(r *region, _ bool) (*ssm.PutParameterOutput, error) {
		before, exists := r.parameters.rows[*in.Name]
		if exists && !aws.ToBool(in.Overwrite) {
			return nil, &types.ParameterAlreadyExists{}
		}
		if exists && (before.kind != string(in.Type) || before.dataType != aws.ToString(in.DataType)) {
			return nil, &types.HierarchyTypeMismatchException{}
		}
		w := c.process.World
		if !w.Lags && !w.good(r, *in.Value) && r.goneSince[*in.Value] <= c.process.began[c.region] {
			w.broken("I1: %s was written to %s in %s, and was not good since the pass began", *in.Value, *in.Name, c.region)
		}
		if source, _ := w.truth(r.ever[*in.Value]); w.KnowsSources && strings.Contains(*in.Name, "i-") && (source == "" || !strings.HasSuffix(*in.Name, source)) {
			w.broken("I6: %s, an image of %q, was written to %s in %s", *in.Value, source, *in.Name, c.region)
		}
		if w.Validates && aws.ToString(in.DataType) == "aws:ec2:image" {
			r.validating = r.validating.with(*in.Name, parameter{*in.Value, before.version + 1, string(in.Type), *in.DataType})
			return &ssm.PutParameterOutput{Version: before.version + 1}, nil
		}
		w.SetParameter(c.region, *in.Name, *in.Value, string(in.Type), aws.ToString(in.DataType), before.version+1)
		return &ssm.PutParameterOutput{Version: before.version + 1}, nil
	})
}

// DeleteParameter deletes one parameter. Where it may never be missing, that breaks the world.
func (c *Client) DeleteParameter(ctx context.Context, in *ssm.DeleteParameterInput, _ ...func(*ssm.Options)) (*ssm.DeleteParameterOutput, error) {
	return do(ctx, c, "DeleteParameter", false, func(r *region, _ bool) (*ssm.DeleteParameterOutput, error) {
		if _, exists := r.parameters.rows[*in.Name]; !exists {
			return nil, &types.ParameterNotFound{}
		}
		if !c.process.World.MayDelete {
			c.process.World.broken("a reader finds %s missing in %s", *in.Name, c.region)
		}
		c.process.World.DeleteParameter(c.region, *in.Name)
		return &ssm.DeleteParameterOutput{}, nil
	})
}

// GetParametersByPath pages by what MaxResults says.
func (c *Client) GetParametersByPath(ctx context.Context, in *ssm.GetParametersByPathInput, _ ...func(*ssm.Options)) (*ssm.GetParametersByPathOutput, error) {
	return do(ctx, c, "GetParametersByPath", true, func(r *region, stale bool) (*ssm.GetParametersByPathOutput, error) {
		parameters := r.parametersAsOf(stale)
		names, next := parameterPage(parameters, *in.Path, in.NextToken, *in.MaxResults)
		out := &ssm.GetParametersByPathOutput{NextToken: next}
		for _, name := range names {
			out.Parameters = append(out.Parameters, parameters.rows[name].wire(name))
		}
		return out, nil
	})
}

// DescribeParameters knows the filter Name BeginsWith.
func (c *Client) DescribeParameters(ctx context.Context, in *ssm.DescribeParametersInput, _ ...func(*ssm.Options)) (*ssm.DescribeParametersOutput, error) {
	return do(ctx, c, "DescribeParameters", true, func(r *region, stale bool) (*ssm.DescribeParametersOutput, error) {
		names, next := parameterPage(r.parametersAsOf(stale), in.ParameterFilters[0].Values[0], in.NextToken, *in.MaxResults)
		out := &ssm.DescribeParametersOutput{NextToken: next}
		for _, name := range names {
			out.Parameters = append(out.Parameters, types.ParameterMetadata{Name: aws.String(name)})
		}
		return out, nil
	})
}

// GetParameters reads up to ten parameters.
func (c *Client) GetParameters(ctx context.Context, in *ssm.GetParametersInput, _ ...func(*ssm.Options)) (*ssm.GetParametersOutput, error) {
	return do(ctx, c, "GetParameters", true, func(r *region, stale bool) (*ssm.GetParametersOutput, error) {
		if len(in.Names) > 10 {
			return nil, apiError("ValidationException")
		}
		out := &ssm.GetParametersOutput{}
		for _, name := range in.Names {
			if p, exists := r.parametersAsOf(stale).rows[name]; exists {
				out.Parameters = append(out.Parameters, p.wire(name))
			}
		}
		return out, nil
	})
}

// parameterPage is a page of the names that begin with prefix; the token is the last name.
func parameterPage(all *table[parameter], prefix string, token *string, size int32) ([]string, *string) {
	names := slices.DeleteFunc(all.ids(), func(name string) bool {
		return !strings.HasPrefix(name, prefix) || name <= aws.ToString(token)
	})
	if len(names) <= int(size) {
		return names, nil
	}
	return names[:size], aws.String(names[size-1])
}
