package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// A template is a CloudFormation template as far as the tests look at it.
type template struct {
	raw       []byte
	Resources map[string]resource `json:"Resources"`
	Outputs   map[string]any      `json:"Outputs"`
}

type resource struct {
	Type           string         `json:"Type"`
	DeletionPolicy string         `json:"DeletionPolicy"`
	Properties     map[string]any `json:"Properties"`
}

func readTemplate(path string) (template, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return template{}, err
	}
	tpl := template{raw: data}
	return tpl, json.Unmarshal(data, &tpl)
}

// of lists the resources of one type by logical id; none at all fails the test,
// as a check of nothing proves nothing.
func (tpl template) of(t *testing.T, kind string) map[string]resource {
	t.Helper()
	found := map[string]resource{}
	for id, r := range tpl.Resources {
		if r.Type == kind {
			found[id] = r
		}
	}
	if len(found) == 0 {
		t.Fatalf("no %s in the template", kind)
	}
	return found
}

// at walks down properties and lists; what is not there is nil.
func at(value any, path ...any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			object, _ := value.(map[string]any)
			value = object[step]
		case int:
			list, _ := value.([]any)
			if step >= len(list) {
				return nil
			}
			value = list[step]
		}
	}
	return value
}

// text spells a value out: an attribute of a resource as ${id.Attribute}, a
// reference as ${id}, a join joined.
func text(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case map[string]any:
		if ref, ok := v["Ref"].(string); ok {
			return "${" + ref + "}"
		}
		if get, ok := v["Fn::GetAtt"].([]any); ok {
			return fmt.Sprintf("${%v.%v}", get[0], get[1])
		}
		if join, ok := v["Fn::Join"].([]any); ok {
			return strings.Join(texts(join[1]), text(join[0]))
		}
	}
	return fmt.Sprint(value)
}

// texts spells out one value or a list of them, as IAM takes either.
func texts(value any) []string {
	switch v := value.(type) {
	case nil:
		return nil
	case []any:
		all := make([]string, len(v))
		for i := range v {
			all[i] = text(v[i])
		}
		return all
	default:
		return []string{text(v)}
	}
}

// A statement is one of a policy document, spelled out.
type statement struct {
	Effect     string
	Actions    []string
	Resources  []string
	Principals []string
	Conditions map[string]any
}

func statements(document any) []statement {
	list, _ := at(document, "Statement").([]any)
	all := make([]statement, len(list))
	for i, s := range list {
		all[i] = statement{
			Effect:    text(at(s, "Effect")),
			Actions:   texts(at(s, "Action")),
			Resources: texts(at(s, "Resource")),
		}
		all[i].Conditions, _ = at(s, "Condition").(map[string]any)
		principals, _ := at(s, "Principal").(map[string]any)
		for _, kind := range slices.Sorted(maps.Keys(principals)) {
			all[i].Principals = append(all[i].Principals, texts(principals[kind])...)
		}
	}
	return all
}
