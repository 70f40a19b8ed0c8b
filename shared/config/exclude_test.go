package config_test

import (
	"testing"

	"lastgood/shared/config"
)

func TestExclude_LeavesOut(t *testing.T) {
	tagged := map[string]string{"Backup": "no", "Stage": "prod"}
	for name, c := range map[string]struct {
		exclude config.Exclude
		boot    bool
		tags    map[string]string
		want    bool
	}{
		"nothing":             {config.Exclude{}, true, tagged, false},
		"the boot volume":     {config.Exclude{BootVolume: true}, true, nil, true},
		"no data volume":      {config.Exclude{BootVolume: true}, false, tagged, false},
		"by a tag":            {config.Exclude{VolumeTags: map[string]string{"Stage": "test", "Backup": "no"}}, false, tagged, true},
		"by its value":        {config.Exclude{VolumeTags: map[string]string{"Stage": "test"}}, false, tagged, false},
		"without a tag":       {config.Exclude{VolumeTags: map[string]string{"Scratch": ""}}, false, tagged, false},
		"a boot volume's tag": {config.Exclude{VolumeTags: map[string]string{"Backup": "no"}}, true, tagged, false},
	} {
		if got := c.exclude.LeavesOut(c.boot, c.tags); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
