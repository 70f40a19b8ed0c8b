package telemetry

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// constants are the values of the package's string constants: of a type, or untyped ones
// whose name begins with prefix.
func constants(t *testing.T, typeName, prefix string) []string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var values []string
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, constantsIn(t, file, typeName, prefix)...)
	}
	if len(values) == 0 {
		t.Fatalf("there are no constants of type %q named %s…", typeName, prefix)
	}
	return values
}

func constantsIn(t *testing.T, file *ast.File, typeName, prefix string) []string {
	t.Helper()
	var values []string
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		var of string
		if ident, ok := spec.Type.(*ast.Ident); ok {
			of = ident.Name
		}
		for i, name := range spec.Names {
			if i >= len(spec.Values) || of != typeName || !strings.HasPrefix(name.Name, prefix) {
				continue
			}
			if literal, ok := spec.Values[i].(*ast.BasicLit); ok {
				value, err := strconv.Unquote(literal.Value)
				if err != nil {
					t.Fatal(err)
				}
				values = append(values, value)
			}
		}
		return true
	})
	return values
}

func TestMetrics_lists_every_metric_once(t *testing.T) {
	var listed []string
	for _, m := range Metrics {
		listed = append(listed, string(m))
	}
	if diff := cmp.Diff(constants(t, "Metric", ""), listed); diff != "" {
		t.Error(diff)
	}
	unique(t, listed)
}

// What a metric's comment says first is what its unit is.
func TestUnit_is_the_one_that_the_comment_says(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "names.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || spec.Comment == nil || len(spec.Names) != 1 {
			return true
		}
		of, typed := spec.Type.(*ast.Ident)
		if !typed || of.Name != "Metric" {
			return true
		}
		want := "Count"
		switch word, _, _ := strings.Cut(spec.Comment.Text(), " "); word {
		case "seconds":
			want = "Seconds"
		case "milliseconds":
			want = "Milliseconds"
		}
		if got := Metric(spec.Names[0].Name).Unit(); got != want {
			t.Errorf("%s has the unit %s, and is told to be %s", spec.Names[0].Name, got, want)
		}
		checked++
		return true
	})
	if checked != len(Metrics) {
		t.Errorf("%d metrics have a comment, and there are %d", checked, len(Metrics))
	}
}

func TestOutcomeNames_lists_every_outcome_once(t *testing.T) {
	var listed []string
	for _, n := range OutcomeNames {
		listed = append(listed, string(n))
	}
	if diff := cmp.Diff(constants(t, "OutcomeName", ""), listed); diff != "" {
		t.Error(diff)
	}
	unique(t, listed)
}

func TestFunctions_lists_every_function_once(t *testing.T) {
	var listed []string
	for _, f := range Functions {
		listed = append(listed, string(f))
		if got, want := f.Name(), "lastgood-"+string(f); got != want {
			t.Errorf("%s is deployed as %s", f, got)
		}
	}
	if diff := cmp.Diff(constants(t, "Function", ""), listed); diff != "" {
		t.Error(diff)
	}
	unique(t, listed)
}

func TestFields_are_spelled_in_one_way(t *testing.T) {
	fields := constants(t, "", "Field")
	if diff := cmp.Diff(fields, Fields); diff != "" {
		t.Error(diff)
	}
	unique(t, fields)
	snake := regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`)
	for _, f := range fields {
		if !snake.MatchString(f) || slices.Contains([]string{"time", "level", "msg", "source"}, f) {
			t.Errorf("the field %q is none of ours, or slog's own", f)
		}
	}
}

func unique(t *testing.T, names []string) {
	t.Helper()
	if sorted := slices.Sorted(slices.Values(names)); len(slices.Compact(sorted)) != len(names) {
		t.Errorf("a name is there twice: %v", names)
	}
}
