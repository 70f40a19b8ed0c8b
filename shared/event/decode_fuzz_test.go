package event

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"lastgood/shared/recovery"
)

// valid checks what holds for every event that was accepted.
func valid(t *testing.T, m Meta, ids map[string]bool) {
	t.Helper()
	if m.ID == "" || m.Name == "" || m.Region == "" || m.Time.IsZero() {
		t.Errorf("accepted without an id, a name, a Region or a time: %+v", m)
	}
	for what, ok := range ids {
		if !ok {
			t.Errorf("accepted with a bad %s", what)
		}
	}
}

func fuzz[T any](f *testing.F, decode func([]byte) (T, error), check func(*testing.T, T)) {
	for _, raw := range sampleFiles(f) {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		value, err := decode(raw)
		again, errAgain := decode(raw)
		if diff := cmp.Diff(value, again); diff != "" {
			t.Errorf("the same input decodes to something else: %s", diff)
		}
		if (err == nil) != (errAgain == nil) || err != nil && err.Error() != errAgain.Error() {
			t.Errorf("the same input answers %v and then %v", err, errAgain)
		}
		if err == nil {
			check(t, value)
		}
	})
}

func FuzzDecodeCreateImage(f *testing.F) {
	fuzz(f, DecodeCreateImage, func(t *testing.T, e CreateImage) {
		valid(t, e.Meta, map[string]bool{
			"name":     e.Name == "CreateImage",
			"image":    e.ImageID == "" || recovery.IsImageID(e.ImageID),
			"instance": e.InstanceID == "" || recovery.IsInstanceID(e.InstanceID),
			"both":     e.ImageID != "" || e.InstanceID != "",
		})
	})
}

func FuzzDecodeCopyImage(f *testing.F) {
	fuzz(f, DecodeCopyImage, func(t *testing.T, e CopyImage) {
		valid(t, e.Meta, map[string]bool{
			"name":          e.Name == "CopyImage",
			"image":         recovery.IsImageID(e.ImageID),
			"source image":  e.SourceImageID == "" || recovery.IsImageID(e.SourceImageID),
			"source Region": e.SourceRegion == "" || regionCode.MatchString(e.SourceRegion),
		})
	})
}

func FuzzDecodeImageState(f *testing.F) {
	fuzz(f, DecodeImageState, func(t *testing.T, e ImageState) {
		valid(t, e.Meta, map[string]bool{
			"image": recovery.IsImageID(e.ImageID),
			"state": e.State == recovery.Available || e.State == recovery.Gone,
		})
	})
}

func BenchmarkDecodeCreateImage(b *testing.B) {
	benchmark(b, DecodeCreateImage, "aws.ec2/createimage_aws_backup.json")
}

func BenchmarkDecodeImageState(b *testing.B) {
	benchmark(b, DecodeImageState, "aws.ec2/imagestate_available.json")
}

func benchmark[T any](b *testing.B, decode func([]byte) (T, error), path string) {
	raw := sample(b, path)
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := decode(raw); err != nil {
			b.Fatal(err)
		}
	}
}
