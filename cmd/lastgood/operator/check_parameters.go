package operator

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// maxParameters is how many standard parameters an account may have in a Region, and
// nearlyMax when it is time to do something about it.
// https://docs.aws.amazon.com/general/latest/gr/ssm.html
const (
	maxParameters = 10_000
	nearlyMax     = 8_000
)

// checkPrefix looks for parameters among the pointers that are none.
func checkPrefix(_ context.Context, p probe) ([]Finding, error) {
	all, err := p.all()
	if err != nil {
		return nil, err
	}
	pointers, others := p.sortParameters(all)
	if len(others) == 0 {
		return one(OK, fmt.Sprintf("below %s there is nothing but pointers: %d", p.Names, len(pointers)), ""), nil
	}
	return one(Warn, fmt.Sprintf("below %s, which is lastgood's own, there are also %s", p.Names, someOf(others)),
		fmt.Sprintf("aws ssm get-parameter-history --region %s --name %s", p.Name, others[0])), nil
}

// sortParameters tells pointers from what else is below the prefix. Below "/" is
// everybody's, and nothing there is in the way.
func (p probe) sortParameters(all []types.ParameterMetadata) (pointers []types.ParameterMetadata, others []string) {
	for _, found := range all {
		name := aws.ToString(found.Name)
		switch {
		case p.Names.PointsFor(name, p.Config.AliasNames()...) != "":
			pointers = append(pointers, found)
		case p.Names != "/" && strings.HasPrefix(name, string(p.Names)):
			others = append(others, name)
		}
	}
	return pointers, others
}

// checkParameters looks for pointers of another kind than the configuration asks for.
func checkParameters(_ context.Context, p probe) ([]Finding, error) {
	all, err := p.all()
	if err != nil {
		return nil, err
	}
	var wrong []string
	pointers, _ := p.sortParameters(all)
	for _, found := range pointers {
		source := p.Names.PointsFor(aws.ToString(found.Name), p.Config.AliasNames()...)
		if !p.Settler.Store.Right(source, types.Parameter{Type: found.Type, DataType: found.DataType, Version: found.Version}) {
			wrong = append(wrong, source)
		}
	}
	c := p.Config.Parameter
	if len(wrong) == 0 {
		return one(OK, fmt.Sprintf("all pointers are of data type %s, versioning %s", c.DataType, c.Versioning), ""), nil
	}
	return one(Warn, fmt.Sprintf("pointers that are not a String of data type %s, versioning %s: %s; reconcile recreates them", c.DataType, c.Versioning, someOf(wrong)),
		"lastgood settle "+wrong[0]), nil
}

func checkQuota(_ context.Context, p probe) ([]Finding, error) {
	all, err := p.all()
	if err != nil {
		return nil, err
	}
	level, command := OK, ""
	if len(all) >= nearlyMax {
		level, command = Warn, fmt.Sprintf("aws ssm describe-parameters --region %s --query Parameters[].Name", p.Name)
	}
	return one(level, fmt.Sprintf("%d of the %d standard parameters that a Region allows are in use", len(all), maxParameters), command), nil
}

// throughputSetting raises Parameter Store's limits, for a charge:
// https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-throughput.html
const throughputSetting = "/ssm/parameter-store/high-throughput-enabled"

// manyPointers are more than the default throughput moves within ten minutes.
const manyPointers = 1_800

func checkThroughput(ctx context.Context, p probe) ([]Finding, error) {
	out, err := p.SSM.GetServiceSetting(ctx, &ssm.GetServiceSettingInput{SettingId: aws.String(throughputSetting)})
	if err != nil {
		return nil, err
	}
	if aws.ToString(out.ServiceSetting.SettingValue) == "true" {
		return one(OK, "Parameter Store's higher throughput is on", ""), nil
	}
	all, err := p.all()
	if err != nil {
		return nil, err
	}
	if pointers, _ := p.sortParameters(all); len(pointers) > manyPointers {
		return one(Warn, fmt.Sprintf("Parameter Store takes 3 writes a second, the default: to move all %d pointers takes %d minutes", len(pointers), len(pointers)/180),
			fmt.Sprintf("aws ssm update-service-setting --region %s --setting-id %s --setting-value true", p.Name, throughputSetting)), nil
	}
	return one(OK, "Parameter Store takes 3 writes a second, the default, which is enough", ""), nil
}

// someOf names the first few.
func someOf(names []string) string {
	const few = 3
	if len(names) <= few {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:few], ", "), len(names)-few)
}
