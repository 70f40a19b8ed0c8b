package pointer

import (
	"testing"
)

func TestNames_both_ways(t *testing.T) {
	for name, tc := range map[string]struct {
		prefix    Names
		parameter string
	}{
		"default":         {"/lastgood/", "/lastgood/" + web},
		"several_levels":  {"/a/b/c/", "/a/b/c/" + web},
		"the_bare_source": {"/", web},
	} {
		t.Run(name, func(t *testing.T) {
			if got := tc.prefix.Parameter(web); got != tc.parameter {
				t.Errorf("Parameter: %q", got)
			}
			if got := tc.prefix.Source(tc.parameter); got != web {
				t.Errorf("Source: %q", got)
			}
			if got := tc.prefix.Source(tc.prefix.Parameter("i-89abcdef")); got != "i-89abcdef" {
				t.Errorf("Source of eight digits: %q", got)
			}
		})
	}
}

// Parameter Store takes /X and X for one parameter, and answers with either.
func TestNames_with_and_without_the_leading_slash(t *testing.T) {
	for prefix, parameters := range map[Names][]string{
		"/":          {web, "/" + web},
		"/lastgood/": {"/lastgood/" + web, "lastgood/" + web},
	} {
		for _, parameter := range parameters {
			if got := prefix.Source(parameter); got != web {
				t.Errorf("%s below %s is %q", parameter, prefix, got)
			}
		}
	}
}

func TestNames_of_volumes(t *testing.T) {
	const volume = "vol-0123456789abcdef0"
	if got := Names("/lastgood/").Source(Names("/lastgood/").Parameter(volume)); got != volume {
		t.Errorf("the pointer of %s points for %q", volume, got)
	}
}

func TestNames_what_is_no_pointers_name(t *testing.T) {
	for _, parameter := range []string{
		"", "/", "/lastgood", "/lastgood/", "/lastgood/config", "/lastgood/web", "/lastgood//" + web,
		"/lastgood/deeper/" + web, "/lastgood/" + web + "/x", "/lastgood/" + web + "0", "/lastgood/" + web + "\n",
		"/lastgood/I-0123456789ABCDEF0", "/lastgood/" + ami1, "/lastgood/vol-ffffffff",
		"/Lastgood/" + web, "/lastgoods/" + web, "/other/" + web, "/other/lastgood/" + web, "//lastgood/" + web, web,
	} {
		if got := Names("/lastgood/").Source(parameter); got != "" {
			t.Errorf("%q below /lastgood/ points for %q", parameter, got)
		}
	}
	for _, parameter := range []string{"", "/", "//" + web, "/a/" + web, web + "/x", "i-production", "i-0123", "/lastgood/" + web, "aws/" + web} {
		if got := Names("/").Source(parameter); got != "" {
			t.Errorf("%q below / points for %q", parameter, got)
		}
	}
}

func TestNames_point_for_sources_and_the_given_aliases(t *testing.T) {
	for _, tc := range []struct {
		prefix          Names
		parameter, want string
	}{
		{"/lastgood/", "/lastgood/" + web, web},
		{"/lastgood/", "/lastgood/website", "website"},
		{"/lastgood/", "/lastgood/another", ""},
		{"/lastgood/", "website", ""},
		{"/lastgood/", "/other/website", ""},
		{"/lastgood/", "/lastgood/", ""},
		{"/", "website", "website"},
		{"/", "/website", "website"},
		{"/", "/lastgood/website", ""},
		{"/", web, web},
	} {
		if got := tc.prefix.PointsFor(tc.parameter, "website", "mail"); got != tc.want {
			t.Errorf("%s below %s points for %q, want %q", tc.parameter, tc.prefix, got, tc.want)
		}
	}
}

func FuzzNames(f *testing.F) {
	for _, parameter := range []string{web, "/" + web, "/lastgood/" + web, "//lastgood/" + web, "/lastgood/x", ""} {
		f.Add(parameter)
	}
	f.Fuzz(func(t *testing.T, parameter string) {
		for _, prefix := range []Names{"/", "/lastgood/"} {
			source := prefix.Source(parameter)
			if source == "" {
				continue
			}
			if name := prefix.Parameter(source); "/"+name != parameter && name != parameter && name != "/"+parameter {
				t.Errorf("%q below %s points for %q, whose parameter is %q", parameter, prefix, source, name)
			}
		}
	})
}
