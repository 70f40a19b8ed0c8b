package operator

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"lastgood/shared/config"
	"lastgood/shared/recovery"
)

// A parameter that is no pointer may hold a secret, and nothing will move it.
func TestStanding_of_somebody_s_own_parameter(t *testing.T) {
	const web = "i-0123456789abcdef0"
	for name, parameter := range map[string]types.Parameter{
		"a_string": {Type: types.ParameterTypeString, DataType: aws.String("text"), Value: aws.String("hunter2")},
		"a_secret": {Type: types.ParameterTypeSecureString, DataType: aws.String("text"), Value: aws.String("hunter2")},
		"a_list":   {Type: types.ParameterTypeStringList, DataType: aws.String("text"), Value: aws.String("hunter2,ami-1")},
	} {
		for _, want := range []recovery.Point{{}, {ID: "ami-0123456789abcdef0"}} {
			s, about := view{source: web, sources: []string{web}, held: &parameter, want: want}.standing(config.Default(), time.Now())
			if !about || s.State != Foreign || s.Point != "" {
				t.Errorf("%s: %+v", name, s)
			}
			if len(s.Warnings) != 1 || s.Warnings[0].Kind != WarnConflict || !strings.Contains(s.Warnings[0].Text, "none of lastgood's") {
				t.Errorf("%s: %+v", name, s.Warnings)
			}
		}
	}
}
