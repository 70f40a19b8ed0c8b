package pointer

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// ListSSM is what List calls.
type ListSSM interface {
	GetParametersByPath(context.Context, *ssm.GetParametersByPathInput, ...func(*ssm.Options)) (*ssm.GetParametersByPathOutput, error)
	DescribeParameters(context.Context, *ssm.DescribeParametersInput, ...func(*ssm.Options)) (*ssm.DescribeParametersOutput, error)
	GetParameters(context.Context, *ssm.GetParametersInput, ...func(*ssm.Options)) (*ssm.GetParametersOutput, error)
}

// Page sizes of Parameter Store's calls:
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParametersByPath.html
const (
	parametersPerRead     = 10
	parametersPerDescribe = 50
)

// List returns every pointer below prefix: source to the recovery point it names. It
// costs a call for ten pointers; with the prefix "/" the pointers are found by name
// first, one more call for fifty of a kind, because everybody's parameters are below "/".
func List(ctx context.Context, client ListSSM, prefix Names) (map[string]string, error) {
	values, err := listValues(ctx, client, prefix)
	if err != nil {
		return nil, err
	}
	pointers := make(map[string]string, len(values))
	for source, v := range values {
		pointers[source] = v.point
	}
	return pointers, nil
}

func listValues(ctx context.Context, client ListSSM, prefix Names) (map[string]value, error) {
	if prefix == "/" {
		return listByName(ctx, client, prefix)
	}
	pointers := make(map[string]value)
	pages := ssm.NewGetParametersByPathPaginator(client, &ssm.GetParametersByPathInput{
		Path: aws.String(string(prefix)), MaxResults: aws.Int32(parametersPerRead),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("listing the parameters below %s: %w", prefix, err)
		}
		keep(pointers, prefix, page.Parameters)
	}
	return pointers, nil
}

func listByName(ctx context.Context, client ListSSM, prefix Names) (map[string]value, error) {
	names, err := namesBeginning(ctx, client, prefix, "i-")
	if err != nil {
		return nil, err
	}
	volumes, err := namesBeginning(ctx, client, prefix, "vol-")
	if err != nil {
		return nil, err
	}
	pointers := make(map[string]value)
	for chunk := range slices.Chunk(append(names, volumes...), parametersPerRead) {
		out, err := client.GetParameters(ctx, &ssm.GetParametersInput{Names: chunk})
		if err != nil {
			return nil, fmt.Errorf("reading %d parameters from %s on: %w", len(chunk), chunk[0], err)
		}
		keep(pointers, prefix, out.Parameters)
	}
	return pointers, nil
}

// namesBeginning lists the pointers' names that begin with a kind of id.
func namesBeginning(ctx context.Context, client ListSSM, prefix Names, kind string) ([]string, error) {
	var names []string
	pages := ssm.NewDescribeParametersPaginator(client, &ssm.DescribeParametersInput{
		MaxResults: aws.Int32(parametersPerDescribe),
		ParameterFilters: []types.ParameterStringFilter{
			{Key: aws.String("Name"), Option: aws.String("BeginsWith"), Values: []string{prefix.Parameter(kind)}},
		},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("listing the parameters named %s…: %w", kind, err)
		}
		for _, p := range page.Parameters {
			if name := aws.ToString(p.Name); prefix.Source(name) != "" {
				names = append(names, name)
			}
		}
	}
	return names, nil
}

func keep(pointers map[string]value, prefix Names, parameters []types.Parameter) {
	for _, p := range parameters {
		if source := prefix.Source(aws.ToString(p.Name)); source != "" {
			pointers[source] = valueOf(p)
		}
	}
}
