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

func TestStanding_says_what_comes_next(t *testing.T) {
	const web, data = "i-0123456789abcdef0", "vol-0123456789abcdef0"
	now := time.Now()
	taken := func(id string, days int, tags map[string]string) recovery.Point {
		at := now.Add(-time.Duration(days) * 24 * time.Hour)
		return recovery.Point{ID: id, OriginalOf: web, State: recovery.Available, Created: at, Tags: tags}
	}
	older, newest := taken("ami-0000000000000001a", 4, nil), taken("ami-0000000000000001b", 3, nil)
	byPolicy := taken(newest.ID, 3, map[string]string{recovery.TagRun: "daily/2026-11-20T02:00:00Z/" + web})
	names := func(id string) *types.Parameter {
		return &types.Parameter{Type: types.ParameterTypeString, DataType: aws.String("text"), Value: &id, Version: 1}
	}
	for name, c := range map[string]struct {
		view
		kind          WarningKind
		says, command string
	}{
		"stale":             {view{held: names(newest.ID), named: &newest, points: []recovery.Point{older, newest}, want: newest}, WarnStale, "look whether its backups still run", ""},
		"stale_of_a_policy": {view{held: names(newest.ID), named: &byPolicy, points: []recovery.Point{older, byPolicy}, want: byPolicy}, WarnStale, "look whether its backups still run", "lastgood doctor"},
		"dangling":          {view{held: names(newest.ID), region: "eu-west-1"}, WarnDangling, "Make an image of " + web + ", or copy one to eu-west-1", ""},
		"dangling_volume":   {view{held: names("snap-0000000000000001a"), source: data}, WarnDangling, "Run a policy that captures " + data, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if c.source == "" {
				c.source = web
			}
			c.sources = []string{c.source}
			s, _ := c.standing(config.Default(), now)
			if len(s.Warnings) != 1 || s.Warnings[0].Kind != c.kind || !strings.Contains(s.Warnings[0].Text, c.says) || s.Warnings[0].Command != c.command {
				t.Errorf("%+v", s.Warnings)
			}
		})
	}
}
