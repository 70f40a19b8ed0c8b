package config

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
)

const (
	minTimeout = 10 * time.Second // both are Data Lifecycle Manager's
	maxTimeout = 2 * time.Minute
	maxRetries = 3
	// delivery is how long Run Command may take on top of a script's timeout.
	delivery = 15 * time.Second
	// scriptBudget is what is left of a function's 15 minutes for scripts: of either one,
	// all attempts.
	scriptBudget = 800 * time.Second
	// maxScript keeps both scripts, escaped, with what is generated around them, within the
	// 64 KB of a document: https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-creating-content.html
	maxScript = 8 << 10
)

var (
	// documentPattern is CreateDocument's: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CreateDocument.html
	documentPattern = regexp.MustCompile(`^[a-zA-Z0-9_.-]{3,128}$`)
	reservedPattern = regexp.MustCompile(`(?i)^(aws|amazon|amzn|lastgood-)`)
	controlPattern  = regexp.MustCompile(`[^\P{Cc}\n\t]`)
)

func (p Policy) validateScripts(at string) error {
	s := p.Scripts
	if s == nil {
		return nil
	}
	var errs []error
	if p.Target.Type == Volume {
		errs = append(errs, bad(at, "scripts", "none for volumes: they run on instances"))
	}
	inline := s.Pre != "" || s.Post != ""
	switch {
	case inline && s.Document != "":
		errs = append(errs, bad(at+".document", s.Document, "no document beside pre and post, or the document alone"))
	case inline:
		errs = append(errs, validateScript(at+".pre", s.Pre), validateScript(at+".post", s.Post))
	case s.Document == "":
		errs = append(errs, bad(at, "neither pre and post nor document", "pre and post, or the name of a document"))
	case !documentPattern.MatchString(s.Document):
		errs = append(errs, bad(at+".document", s.Document, "the name of an SSM document: letters, digits and _.-, 3 to 128"))
	case reservedPattern.MatchString(s.Document):
		errs = append(errs, bad(at+".document", s.Document, `a document of your own: names that begin with "aws", "amazon" and "amzn" are reserved by AWS, and "lastgood-" is what lastgood makes of pre and post`))
	}
	errs = append(errs, oneOf(at+".onFailure", s.OnFailure, CrashConsistent, Skip), between(at+".retries", s.Retries, 0, maxRetries))
	if t := s.Timeout.Std(); t < minTimeout || t > maxTimeout {
		errs = append(errs, bad(at+".timeout", s.Timeout.String(), `whole seconds, from "10 seconds" to "120 seconds"`))
	}
	return errors.Join(append(errs, s.validateBudget(at))...)
}

// validateBudget sees to it that all attempts at both scripts fit into one invocation.
func (s Scripts) validateBudget(at string) error {
	each := 2 * (s.Timeout.Std() + delivery)
	if s.Retries < 0 || s.Retries > maxRetries || s.Timeout.Std() > maxTimeout || each*time.Duration(s.Retries+1) <= scriptBudget {
		return nil
	}
	return bad(at+".retries", s.Retries, fmt.Sprintf("at most %d with a timeout of %s: (timeout + 15 s) × (retries + 1) × 2 has to be within 800 s, for a function runs for 15 minutes",
		scriptBudget/each-1, s.Timeout))
}

func validateScript(at, script string) error {
	switch {
	case strings.TrimSpace(script) == "":
		return bad(at, script, "a shell command: pre and post come together, for what is frozen has to be thawed")
	case len(script) > maxScript:
		return bad(at, fmt.Sprintf("%d bytes", len(script)), fmt.Sprintf("at most %d; call a script on the host, or name a document", maxScript))
	case controlPattern.MatchString(script):
		return bad(at, fmt.Sprintf("control character %q", controlPattern.FindString(script)), "a shell command with no control character but line feed and tab (a file saved with CR LF has others)")
	}
	return nil
}
