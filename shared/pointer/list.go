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

// ReadSSM is what Store.Read calls.
type ReadSSM interface {
	GetParameters(context.Context, *ssm.GetParametersInput, ...func(*ssm.Options)) (*ssm.GetParametersOutput, error)
}

// List returns every pointer below prefix: source to the recovery point it names. It
// costs what Read costs.
func List(ctx context.Context, client ListSSM, prefix Names) (map[string]string, error) {
	parameters, err := Read(ctx, client, prefix)
	if err != nil {
		return nil, err
	}
	pointers := make(map[string]string, len(parameters))
	for source, p := range parameters {
		pointers[source] = aws.ToString(p.Value)
	}
	return pointers, nil
}

// Read returns the parameters of every source below prefix, and of the aliases, by source
// and alias. It costs a call for ten pointers; with the prefix "/" the pointers are found
// by name first, one more call for fifty of a kind, because everybody's parameters are below "/".
func Read(ctx context.Context, client ListSSM, prefix Names, aliases ...string) (map[string]types.Parameter, error) {
	if prefix == "/" {
		return readByName(ctx, client, prefix, aliases)
	}
	pointers := make(map[string]types.Parameter)
	pages := ssm.NewGetParametersByPathPaginator(client, &ssm.GetParametersByPathInput{
		Path: aws.String(string(prefix)), MaxResults: aws.Int32(parametersPerRead),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("listing the parameters below %s: %w", prefix, err)
		}
		keep(pointers, prefix, aliases, page.Parameters)
	}
	return pointers, nil
}

func readByName(ctx context.Context, client ListSSM, prefix Names, aliases []string) (map[string]types.Parameter, error) {
	var names []string
	for _, alias := range aliases {
		names = append(names, prefix.Parameter(alias))
	}
	for _, kind := range []string{"i-", "vol-"} {
		found, err := Describe(ctx, client, types.ParameterStringFilter{
			Key: aws.String("Name"), Option: aws.String("BeginsWith"), Values: []string{prefix.Parameter(kind)},
		})
		if err != nil {
			return nil, fmt.Errorf("finding the parameters named %s…: %w", kind, err)
		}
		for _, p := range found {
			if name := aws.ToString(p.Name); prefix.Source(name) != "" {
				names = append(names, name)
			}
		}
	}
	parameters, err := readAll(ctx, client, names)
	if err != nil {
		return nil, err
	}
	pointers := make(map[string]types.Parameter, len(parameters))
	keep(pointers, prefix, aliases, parameters)
	return pointers, nil
}

// readAll reads parameters by name, a call for ten. Those that do not exist are left out.
func readAll(ctx context.Context, client ReadSSM, names []string) ([]types.Parameter, error) {
	var parameters []types.Parameter
	for chunk := range slices.Chunk(names, parametersPerRead) {
		out, err := client.GetParameters(ctx, &ssm.GetParametersInput{Names: chunk})
		if err != nil {
			return nil, fmt.Errorf("reading %d parameters from %s on: %w", len(chunk), chunk[0], err)
		}
		parameters = append(parameters, out.Parameters...)
	}
	return parameters, nil
}

// Read reads the pointers of sources and aliases, a call for ten. Those that do not exist
// are left out.
func (s Store) Read(ctx context.Context, client ReadSSM, ids ...string) (map[string]types.Parameter, error) {
	names, byName := make([]string, len(ids)), make(map[string]string, len(ids))
	for i, id := range ids {
		names[i] = s.Name(id)
		byName[names[i]] = id
	}
	parameters, err := readAll(ctx, client, names)
	held := make(map[string]types.Parameter, len(parameters))
	for _, p := range parameters {
		held[byName[aws.ToString(p.Name)]] = p
	}
	return held, err
}

// Describe lists parameters without their values: those that pass every filter, or all
// there are. It costs a call for fifty.
func Describe(ctx context.Context, client ssm.DescribeParametersAPIClient, filters ...types.ParameterStringFilter) ([]types.ParameterMetadata, error) {
	pages := ssm.NewDescribeParametersPaginator(client, &ssm.DescribeParametersInput{
		MaxResults: aws.Int32(parametersPerDescribe), ParameterFilters: filters,
	})
	var found []types.ParameterMetadata
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("listing parameters: %w", err)
		}
		found = append(found, page.Parameters...)
	}
	return found, nil
}

func keep(pointers map[string]types.Parameter, prefix Names, aliases []string, parameters []types.Parameter) {
	for _, p := range parameters {
		if id := prefix.PointsFor(aws.ToString(p.Name), aliases...); id != "" {
			pointers[id] = p
		}
	}
}
