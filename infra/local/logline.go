package local

import "encoding/json"

// LogLine is a line that a function wrote.
type LogLine struct {
	Text   string
	Fields map[string]any // its fields if it is a JSON object, else nil
}

func parseLine(text string) LogLine {
	line := LogLine{Text: text}
	if json.Unmarshal([]byte(text), &line.Fields) != nil {
		line.Fields = nil
	}
	return line
}
