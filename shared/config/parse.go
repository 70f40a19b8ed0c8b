package config

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// root is what paths in errors begin with: the object's name in cdk.json.
const root = "lastgood"

// Parse reads a configuration from JSON, fills in the defaults and validates it.
// An unknown key, a key written twice, a wrong type or an impossible value is an
// error that names the path, what was found there and what was expected.
func Parse(data []byte) (Config, error) {
	c := Default()
	if err := json.Unmarshal(data, &c, json.RejectUnknownMembers(true)); err != nil {
		return Config{}, explain(data, err)
	}
	if err := c.Validate(); err != nil {
		return Config{}, err
	}
	return c, nil
}

// Load reads the configuration file at path. Errors name the file.
func Load(path string) (Config, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Config{}, fmt.Errorf("reading the configuration: %w", err)
	}
	c, err := Parse(data)
	if err != nil {
		return Config{}, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// Marshal writes the configuration with every default spelled out; Parse reads it back.
func (c Config) Marshal() ([]byte, error) {
	return json.Marshal(c, json.Deterministic(true), jsontext.Multiline(true))
}

// Fingerprint tells configurations apart, and so what is deployed from what is here.
func (c Config) Fingerprint() string {
	data, err := c.Marshal()
	if err != nil { // a Config is strings and numbers
		return "unknown"
	}
	return fmt.Sprintf("%x", sha256.Sum256(data))[:12]
}

// explain turns a decoding error into a line that a person can act on.
func explain(data []byte, err error) error {
	var semantic *json.SemanticError
	var syntax *jsontext.SyntacticError
	switch {
	case errors.As(err, &semantic) && errors.Is(err, json.ErrUnknownName):
		if semantic.JSONPointer == "/"+root {
			return fmt.Errorf("%s: unknown key; the file is the object itself, without the name %q around it", spell(semantic.JSONPointer), root)
		}
		return fmt.Errorf("%s: unknown key; see docs/configuration.md for the known ones", spell(semantic.JSONPointer))
	case errors.As(err, &semantic) && semantic.GoType != nil:
		return fmt.Errorf("%s: found %s, expected %s", spell(semantic.JSONPointer), valueAt(data, semantic.JSONPointer), typeName(semantic.GoType))
	case errors.As(err, &syntax) && errors.Is(err, jsontext.ErrDuplicateName):
		return fmt.Errorf("%s: the key is there twice, expected it once", spell(syntax.JSONPointer))
	default:
		return fmt.Errorf("%s: expected a JSON object: %w", root, err)
	}
}

// spell writes a JSON pointer the way cdk.json is read: lastgood.regions.dr[0].
func spell(p jsontext.Pointer) string {
	var b strings.Builder
	b.WriteString(root)
	for token := range p.Tokens() {
		if token != "" && strings.Trim(token, "0123456789") == "" {
			fmt.Fprintf(&b, "[%s]", token)
		} else {
			b.WriteString("." + token)
		}
	}
	return b.String()
}

// valueAt is the JSON value that p points at, cut where it would not fit a line.
func valueAt(data []byte, p jsontext.Pointer) string {
	const longest = 60
	var value any
	if err := json.Unmarshal(data, &value); err != nil {
		return "a broken value"
	}
	for token := range p.Tokens() {
		switch v := value.(type) {
		case map[string]any:
			value = v[token]
		case []any:
			if i, err := strconv.Atoi(token); err == nil && i < len(v) {
				value = v[i]
			}
		}
	}
	found, err := json.Marshal(value, json.Deterministic(true))
	if err != nil {
		return "a broken value"
	}
	if len(found) > longest {
		return string(found[:longest]) + "…"
	}
	return string(found)
}

func typeName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Int64:
		return expectedDuration
	case reflect.String:
		return "a string"
	case reflect.Int:
		return "a whole number"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice:
		return "a list"
	default:
		return "an object"
	}
}
