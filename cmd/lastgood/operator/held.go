package operator

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"lastgood/shared/config"
	"lastgood/shared/pointer"
)

// held is what a pointer's parameter holds.
type held struct {
	image    string
	kind     types.ParameterType
	dataType string
	version  int64
	written  time.Time
}

// right reports whether the parameter is of the kind that the configuration asks for.
func (h held) right(c config.Parameter) bool {
	return h.kind == types.ParameterTypeString && h.dataType == string(c.DataType) && (c.Versioning != config.Pinned || h.version == 1)
}

// pointers are all of a Region's pointers, by their instance or alias. It costs a call for
// ten; with the prefix "/" they are found by name first, as everybody's parameters are there.
func (r *Region) pointers(ctx context.Context, aliases map[string][]string) (map[string]held, error) {
	all := map[string]held{}
	names := []string{}
	for alias := range maps.Keys(aliases) {
		names = append(names, r.Names.Parameter(alias))
	}
	if r.Names == "/" {
		found, err := r.parameters(ctx, "Name", "BeginsWith", "i-")
		if err != nil {
			return nil, err
		}
		for _, p := range found {
			names = append(names, aws.ToString(p.Name))
		}
	} else {
		pages := ssm.NewGetParametersByPathPaginator(r.SSM, &ssm.GetParametersByPathInput{Path: aws.String(string(r.Names))})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, fmt.Errorf("listing the parameters below %s: %w", r.Names, err)
			}
			r.keep(all, aliases, page.Parameters)
		}
	}
	for some := range slices.Chunk(names, parametersPerGet) {
		out, err := r.SSM.GetParameters(ctx, &ssm.GetParametersInput{Names: some})
		if err != nil {
			return nil, fmt.Errorf("reading %d parameters from %s on: %w", len(some), some[0], err)
		}
		r.keep(all, aliases, out.Parameters)
	}
	return all, nil
}

// Page sizes of Parameter Store:
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html
const (
	parametersPerGet      = 10
	parametersPerDescribe = 50
)

func (r *Region) keep(all map[string]held, aliases map[string][]string, parameters []types.Parameter) {
	for _, p := range parameters {
		if id := pointerOf(r.Names, aliases, aws.ToString(p.Name)); id != "" {
			all[id] = held{aws.ToString(p.Value), p.Type, aws.ToString(p.DataType), p.Version, aws.ToTime(p.LastModifiedDate)}
		}
	}
}

// pointerOf is the instance or alias that a parameter of this name points for, or "".
func pointerOf(names pointer.Names, aliases map[string][]string, parameter string) string {
	for alias := range aliases {
		if parameter == names.Parameter(alias) || parameter == string(names)+alias {
			return alias
		}
	}
	return names.Source(parameter)
}

// parameters lists parameters without their values; without a key, all there are.
func (r *Region) parameters(ctx context.Context, key, option, value string) ([]types.ParameterMetadata, error) {
	in := &ssm.DescribeParametersInput{MaxResults: aws.Int32(parametersPerDescribe)}
	if key != "" {
		in.ParameterFilters = []types.ParameterStringFilter{{Key: &key, Option: &option, Values: []string{value}}}
	}
	var found []types.ParameterMetadata
	pages := ssm.NewDescribeParametersPaginator(r.SSM, in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("listing parameters: %w", err)
		}
		found = append(found, page.Parameters...)
	}
	return found, nil
}
