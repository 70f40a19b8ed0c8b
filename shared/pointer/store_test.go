package pointer

import (
	"context"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/google/go-cmp/cmp"

	"lastgood/shared/awsfake"
	"lastgood/shared/config"
)

func failing(err error) func(int, awsfake.Call) awsfake.Fault {
	return func(int, awsfake.Call) awsfake.Fault { return awsfake.Fault{Before: err} }
}

func store(w *awsfake.World, p config.Parameter, hook func(int, awsfake.Call) awsfake.Fault) Store {
	return Store{SSM: w.Process(hook).Client(tokyo), Parameter: p}
}

func TestStore_errors_name_the_parameter(t *testing.T) {
	for prefix, name := range map[string]string{"/lastgood/": parameter, "/": web} {
		s := store(world(pinned), config.Parameter{Prefix: prefix, Versioning: config.Latest, DataType: config.Text}, failing(awsfake.ErrThrottled))
		_, get := s.get(t.Context(), web)
		for call, err := range map[string]error{
			"reading":  get,
			"writing":  s.put(t.Context(), web, ami1, "", true),
			"deleting": s.remove(t.Context(), web),
		} {
			if !errors.Is(err, awsfake.ErrThrottled) || !strings.HasPrefix(err.Error(), call) || !strings.Contains(err.Error(), "parameter "+name) {
				t.Errorf("%s: %v", call, err)
			}
		}
		if err := s.put(t.Context(), web, ami1, "", true); !strings.Contains(err.Error(), ami1) {
			t.Errorf("writing does not name the image: %v", err)
		}
	}
}

func TestStore_reads_what_it_wrote(t *testing.T) {
	for name, p := range map[string]config.Parameter{
		"text":      latest,
		"pinned":    pinned,
		"ec2_image": {Prefix: "/lastgood/", Versioning: config.Latest, DataType: config.EC2Image},
	} {
		t.Run(name, func(t *testing.T) {
			w := world(p)
			images(w, ami1)
			s := store(w, p, nil)
			if err := s.put(t.Context(), web, ami1, "words", false); err != nil {
				t.Fatal(err)
			}
			got, err := s.get(t.Context(), web)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(s.written(web, ami1), got, cmp.AllowUnexported(value{})); diff != "" {
				t.Error(diff)
			}
			if !s.right(web, *got) {
				t.Error("what was just written is not right")
			}
		})
	}
}

func TestStore_a_missing_pointer_is_an_answer(t *testing.T) {
	s := store(world(pinned), pinned, nil)
	if got, err := s.get(t.Context(), web); got != nil || err != nil {
		t.Errorf("get: %v, %v", got, err)
	}
	if err := s.remove(t.Context(), web); err != nil {
		t.Errorf("remove: %v", err)
	}
}

func TestStore_without_overwrite_what_exists_stays(t *testing.T) {
	w := world(latest)
	images(w, ami1, ami2)
	points(w, ami1)
	s := store(w, latest, nil)
	if err := s.put(t.Context(), web, ami2, "", false); !errors.Is(err, errExists) {
		t.Errorf("put: %v", err)
	}
	if got := w.Value(tokyo, parameter); got != ami1 {
		t.Errorf("the pointer names %s", got)
	}
}

// With overwrite, "exists" is no answer that says anything.
func TestStore_exists_is_a_failure_where_it_cannot_be(t *testing.T) {
	s := store(world(latest), latest, failing(&types.ParameterAlreadyExists{}))
	err := s.put(t.Context(), web, ami1, "", true)
	if _, is := errors.AsType[*types.ParameterAlreadyExists](err); !is || errors.Is(err, errExists) {
		t.Errorf("put: %v", err)
	}
}

func TestStore_right_and_sameKind(t *testing.T) {
	image := config.Parameter{Prefix: "/lastgood/", Versioning: config.Latest, DataType: config.EC2Image}
	pinnedImage := image
	pinnedImage.Versioning = config.Pinned
	const str, list = types.ParameterTypeString, types.ParameterTypeStringList
	for name, tc := range map[string]struct {
		parameter       config.Parameter
		value           value
		right, sameKind bool
	}{
		"text":                        {latest, value{ami1, 7, str, "text"}, true, true},
		"text_unsaid":                 {latest, value{ami1, 7, str, ""}, true, true},
		"text_where_image_is_wanted":  {image, value{ami1, 1, str, "text"}, false, false},
		"unsaid_where_image_is":       {image, value{ami1, 1, str, ""}, false, false},
		"image":                       {image, value{ami1, 2, str, "aws:ec2:image"}, true, true},
		"image_where_text_is_wanted":  {latest, value{ami1, 1, str, "aws:ec2:image"}, false, false},
		"another_type":                {latest, value{ami1, 1, list, "text"}, false, false},
		"secure":                      {latest, value{ami1, 1, types.ParameterTypeSecureString, "text"}, false, false},
		"pinned":                      {pinned, value{ami1, 1, str, "text"}, true, true},
		"pinned_at_a_later_version":   {pinned, value{ami1, 2, str, "text"}, false, true},
		"pinned_image":                {pinnedImage, value{ami1, 1, str, "aws:ec2:image"}, true, true},
		"pinned_image_of_another":     {pinnedImage, value{ami1, 1, str, "text"}, false, false},
		"pinned_image_later_version":  {pinnedImage, value{ami1, 3, str, "aws:ec2:image"}, false, true},
		"a_data_type_of_a_later_time": {latest, value{ami1, 1, str, "aws:ssm:integration"}, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := Store{Parameter: tc.parameter}
			if got := s.right(web, tc.value); got != tc.right {
				t.Errorf("right: %v", got)
			}
			if got := s.sameKind(web, tc.value); got != tc.sameKind {
				t.Errorf("sameKind: %v", got)
			}
		})
	}
}

// noted is a Parameter Store that notes what is put.
type noted struct {
	SSM
	put ssm.PutParameterInput
}

func (n *noted) PutParameter(ctx context.Context, in *ssm.PutParameterInput, o ...func(*ssm.Options)) (*ssm.PutParameterOutput, error) {
	n.put = *in
	return n.SSM.PutParameter(ctx, in, o...)
}

func TestStore_puts_a_description_that_fits(t *testing.T) {
	for name, tc := range map[string]struct {
		description string
		runes       int
	}{
		"short":    {"web, taken today", 16},
		"longest":  {strings.Repeat("x", 1024), 1024},
		"too_long": {strings.Repeat("x", 1025), 1024},
		"japanese": {strings.Repeat("像", 2000), 1024},
	} {
		t.Run(name, func(t *testing.T) {
			w := world(latest)
			images(w, ami1)
			n := &noted{SSM: w.Process(nil).Client(tokyo)}
			if err := (Store{SSM: n, Parameter: latest}).put(t.Context(), web, ami1, tc.description, false); err != nil {
				t.Fatal(err)
			}
			got := *n.put.Description
			if !utf8.ValidString(got) || utf8.RuneCountInString(got) != tc.runes || !strings.HasPrefix(tc.description, got) {
				t.Errorf("%d characters: %.20s…", utf8.RuneCountInString(got), got)
			}
			if n.put.Tags != nil || n.put.Tier != "" {
				t.Errorf("puts %+v", n.put)
			}
		})
	}
}
