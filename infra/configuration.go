package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"lastgood/shared/config"
)

// The context keys that configuration is read from.
const (
	contextObject = "lastgood" // an object, in cdk.json
	contextFile   = "config"   // the path of a file, as in cdk synth -c config=mine.json
)

// The environment variables that the cdk command line hands the context over in:
// JSON, or the path of a file of it where an environment could not hold it all.
const (
	contextVariable         = "CDK_CONTEXT_JSON"
	contextOverflowVariable = "CONTEXT_OVERFLOW_LOCATION_ENV"
)

// configuration reads the file that the context names, or else the context's own
// object. The file wins, so that one checkout can serve several accounts.
func configuration(getenv func(string) string) (config.Config, error) {
	context, err := readContext(getenv)
	if err != nil {
		return config.Config{}, fmt.Errorf("reading the context: %w", err)
	}
	if named, ok := context[contextFile]; ok {
		var path string
		if err := json.Unmarshal(named, &path); err != nil {
			return config.Config{}, fmt.Errorf("%s: found %s, expected the path of a configuration file", contextFile, named)
		}
		return config.Load(path)
	}
	object, ok := context[contextObject]
	if !ok {
		return config.Config{}, errors.New(`lastgood: found nothing, expected an object "lastgood" in the context of cdk.json, or -c config=<file.json>`)
	}
	return config.Parse(object)
}

func readContext(getenv func(string) string) (map[string]json.RawMessage, error) {
	context := map[string]json.RawMessage{}
	if data := getenv(contextVariable); data != "" {
		if err := json.Unmarshal([]byte(data), &context); err != nil {
			return nil, err
		}
	}
	if path := getenv(contextOverflowVariable); path != "" {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(data, &context); err != nil {
			return nil, err
		}
	}
	return context, nil
}
