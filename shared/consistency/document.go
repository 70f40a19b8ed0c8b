package consistency

import (
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// The values of a document's parameter command.
const (
	PreScript  = "pre-script"
	PostScript = "post-script"
	DryRun     = "dry-run"
)

// The tag that lets Data Lifecycle Manager's managed policy use a document.
// https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSDataLifecycleManagerSSMFullAccess.html
const (
	DLMTagKey   = "DLMScriptsAccess"
	DLMTagValue = "true"
)

// MaxDocument is how long SSM lets a document be, in bytes.
// https://docs.aws.amazon.com/general/latest/gr/ssm.html
const MaxDocument = 64 << 10

// documentPrefix begins the names of the documents that lastgood writes, and of no other: the
// configuration refuses it for a user's own.
const documentPrefix = "lastgood-"

// DocumentName is the name of a policy's document.
func DocumentName(policy string) string { return documentPrefix + policy }

type document struct {
	SchemaVersion string `json:"schemaVersion"`
	Description   string `json:"description"`
	Parameters    struct {
		ExecutionID parameter `json:"executionId"`
		Command     parameter `json:"command"`
	} `json:"parameters"`
	MainSteps []step `json:"mainSteps"`
}

type parameter struct {
	Type           string   `json:"type"`
	Default        string   `json:"default"`
	Description    string   `json:"description"`
	AllowedPattern string   `json:"allowedPattern,omitzero"`
	AllowedValues  []string `json:"allowedValues,omitzero"`
}

type step struct {
	Action       string       `json:"action"`
	Name         string       `json:"name"`
	Precondition precondition `json:"precondition"`
	Inputs       inputs       `json:"inputs"`
}

type precondition struct {
	StringEquals []string `json:"StringEquals"`
}

type inputs struct {
	TimeoutSeconds string   `json:"timeoutSeconds"`
	RunCommand     []string `json:"runCommand"` // lines: the agent joins them again
}

// Document is the SSM Command document around a policy's script, as JSON. It keeps the
// contract of Data Lifecycle Manager, which can run it too.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-command-ssm-plugin-reference.html#aws-runShellScript
func (s Script) Document(policy string) ([]byte, error) {
	text, err := s.Text()
	if err != nil {
		return nil, fmt.Errorf("the scripts of policy %s: %w", policy, err)
	}
	d := document{
		SchemaVersion: "2.2",
		Description:   "Freezes and thaws what policy " + policy + " of lastgood takes snapshots of.",
		MainSteps: []step{{
			Action:       "aws:runShellScript",
			Name:         "freeze_or_thaw",
			Precondition: precondition{[]string{"platformType", "Linux"}},
			Inputs: inputs{
				TimeoutSeconds: fmt.Sprint(int(StepTimeout(s.Timeout) / time.Second)),
				RunCommand:     strings.Split(strings.TrimSuffix(text, "\n"), "\n"),
			},
		}},
	}
	d.Parameters.ExecutionID = parameter{
		Type: "String", Default: "None", Description: "Whose freeze or thaw it is.",
		AllowedPattern: "^(None|[a-fA-F0-9]{8}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{12})$",
	}
	d.Parameters.Command = parameter{
		Type: "String", Default: DryRun, Description: "What to do.",
		AllowedValues: []string{PreScript, PostScript, DryRun},
	}
	data, err := json.Marshal(d, json.Deterministic(true), jsontext.Multiline(true), jsontext.WithIndent("  "))
	if err != nil {
		return nil, fmt.Errorf("writing the document of policy %s: %w", policy, err)
	}
	if len(data) > MaxDocument {
		return nil, fmt.Errorf("the document of policy %s has %d bytes, and SSM takes %d; keep long scripts on the host and let pre and post call them", policy, len(data), MaxDocument)
	}
	return data, nil
}
