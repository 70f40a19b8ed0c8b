package examples_test

import (
	"os"
	"slices"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// attributes are those that the example may read, as the provider's documentation has them.
var attributes = map[string][]string{
	"aws_ssm_parameter": {"arn", "insecure_value", "name", "type", "value", "version"},
	"aws_instance":      {"ami", "arn", "id"},
}

func TestTerraform_refers_only_to_what_there_is(t *testing.T) {
	const path = "terraform/main.tf"
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	file, diagnostics := hclsyntax.ParseConfig(source, path, hcl.InitialPos)
	if diagnostics.HasErrors() {
		t.Fatal(diagnostics)
	}
	body := file.Body.(*hclsyntax.Body)
	declared := map[string]bool{}
	for _, b := range body.Blocks {
		switch b.Type {
		case "variable":
			declared["var."+b.Labels[0]] = true
		case "data":
			declared["data."+b.Labels[0]+"."+b.Labels[1]] = true
		case "resource":
			declared[b.Labels[0]+"."+b.Labels[1]] = true
		}
	}
	references := 0
	visit := func(node hclsyntax.Node) hcl.Diagnostics {
		expression, ok := node.(*hclsyntax.ScopeTraversalExpr)
		if !ok {
			return nil
		}
		words := spell(expression.Traversal)
		if len(words) == 1 { // ignore_changes names an attribute, a type constraint a type
			return nil
		}
		references++
		address, attribute := words[0]+"."+words[1], words[2:]
		kind := words[0]
		if kind == "data" && len(words) > 2 {
			address, attribute, kind = address+"."+words[2], words[3:], words[1]
		}
		if !declared[address] {
			t.Errorf("%s: %s is not declared", expression.Range(), address)
		}
		if known, ok := attributes[kind]; ok && (len(attribute) != 1 || !slices.Contains(known, attribute[0])) {
			t.Errorf("%s: %s has no attribute %v, only %v", expression.Range(), address, attribute, known)
		}
		return nil
	}
	if d := hclsyntax.VisitAll(body, visit); d.HasErrors() {
		t.Fatal(d)
	}
	if references == 0 {
		t.Error("found no reference at all")
	}
}

func spell(traversal hcl.Traversal) []string {
	var words []string
	for _, step := range traversal {
		switch s := step.(type) {
		case hcl.TraverseRoot:
			words = append(words, s.Name)
		case hcl.TraverseAttr:
			words = append(words, s.Name)
		}
	}
	return words
}
