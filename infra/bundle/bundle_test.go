package bundle

import (
	"debug/elf"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lastgood/shared/config"
	"lastgood/shared/telemetry"
)

// module writes a module with a small command for every function, and returns the
// folder of its functions.
func module(t *testing.T, program string) string {
	t.Helper()
	root := t.TempDir()
	put(t, filepath.Join(root, "go.mod"), "module example\n\ngo 1.26\n")
	for _, f := range telemetry.Functions {
		put(t, filepath.Join(root, "functions", string(f), Binary, "main.go"), program)
	}
	return filepath.Join(root, "functions")
}

func put(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func settings(a config.Architecture) config.Config {
	c := config.Default()
	c.Regions.Main, c.Architecture = "ap-northeast-1", a
	return c
}

func TestAll_puts_an_executable_and_the_configuration_into_each_folder(t *testing.T) {
	source := module(t, "package main\n\nfunc main() { println(42) }\n")
	for a, machine := range map[config.Architecture]elf.Machine{config.ARM64: elf.EM_AARCH64, config.X8664: elf.EM_X86_64} {
		t.Run(string(a), func(t *testing.T) {
			folders, err := All(t.Context(), Props{Source: source, Out: t.TempDir(), Config: settings(a)})
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range telemetry.Functions {
				binary, err := elf.Open(filepath.Join(folders[f], Binary))
				if err != nil {
					t.Fatal(err)
				}
				if binary.Machine != machine {
					t.Errorf("%s is for %v", f, binary.Machine)
				}
				if err := binary.Close(); err != nil {
					t.Error(err)
				}
				got := modes(t, folders[f])
				want := map[string]string{Binary: "-rwxr-xr-x", config.File: "-rw-r--r--"}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s:\n%s", f, diff)
				}
				if c, err := config.Load(filepath.Join(folders[f], config.File)); err != nil || c.Architecture != a {
					t.Errorf("%s: got %+v, %v", f, c, err)
				}
			}
		})
	}
}

func modes(t *testing.T, folder string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil {
			t.Fatal(err)
		}
		all[entry.Name()] = info.Mode().String()
	}
	return all
}

func TestAll_passes_on_what_the_compiler_says(t *testing.T) {
	source := module(t, "package main\n\nfunc main() { oops() }\n")
	_, err := All(t.Context(), Props{Source: source, Out: t.TempDir(), Config: settings(config.ARM64)})
	if err == nil || !strings.Contains(err.Error(), "undefined: oops") || !strings.Contains(err.Error(), "bundling createimage") {
		t.Errorf("got %v", err)
	}
}

// Two checkouts of the real functions, one of them elsewhere, make the same bytes;
// whatever the person at the keyboard has set.
func TestAll_makes_the_same_bytes_wherever_the_source_is(t *testing.T) {
	root := filepath.Join("..", "..")
	elsewhere := t.TempDir()
	for _, name := range []string{"functions", "shared"} {
		if err := os.CopyFS(filepath.Join(elsewhere, name), os.DirFS(filepath.Join(root, name))); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		data, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(elsewhere, name), string(data))
	}
	here, err := All(t.Context(), Props{Source: filepath.Join(root, "functions"), Out: t.TempDir(), Config: settings(config.ARM64)})
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOFLAGS", "-race")
	t.Setenv("GOARM64", "v9.0")
	t.Setenv("CGO_ENABLED", "1")
	there, err := All(t.Context(), Props{Source: filepath.Join(elsewhere, "functions"), Out: t.TempDir(), Config: settings(config.ARM64)})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range telemetry.Functions {
		for _, name := range []string{Binary, config.File} {
			if read(t, here[f], name) != read(t, there[f], name) {
				t.Errorf("%s of %s differs", name, f)
			}
		}
	}
}

func read(t *testing.T, folder, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
