package event

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// samplesDir holds whole events, one a file.
const samplesDir = "../../testdata/events"

var (
	sampleTime = time.Date(2026, 9, 1, 2, 0, 5, 0, time.UTC) // of every call in the samples
	stateTime  = time.Date(2026, 9, 1, 2, 6, 31, 0, time.UTC)
)

// sampleFiles are all samples: their path below samplesDir and what they hold.
func sampleFiles(t testing.TB) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := filepath.WalkDir(samplesDir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".json" {
			return err
		}
		data, err := os.ReadFile(path)
		files[filepath.ToSlash(strings.TrimPrefix(path, samplesDir+string(filepath.Separator)))] = data
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func sample(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(samplesDir, path))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// edits are changes of a sample: dotted path to its new value, or to leftOut.
type edits map[string]any

type leftOutMark struct{}

var leftOut leftOutMark

// edited is the sample with the edits made.
func edited(t testing.TB, path string, e edits) []byte {
	t.Helper()
	var whole map[string]any
	if err := json.Unmarshal(sample(t, path), &whole); err != nil {
		t.Fatal(err)
	}
	for at, value := range e {
		keys := strings.Split(at, ".")
		object, last := whole, keys[len(keys)-1]
		for _, key := range keys[:len(keys)-1] {
			inner, ok := object[key].(map[string]any)
			if !ok {
				t.Fatalf("%s has no object %s", path, at)
			}
			object = inner
		}
		if value == leftOut {
			delete(object, last)
		} else {
			object[last] = value
		}
	}
	data, err := json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// sampleMeta is what a sample's envelope says; the ids of samples differ in their end.
func sampleMeta(idEnd, name, region string, at time.Time) Meta {
	return Meta{ID: "20000000-0000-4000-8000-0000000000" + idEnd, Name: name, Region: region, Time: at}
}
