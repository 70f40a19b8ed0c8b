package operator

import (
	"regexp"
	"strings"
)

// ConfigFile is the configuration file that the command line was given; "" for the default.
type ConfigFile string

// Command is a command for a person to run, of lastgood or of cdk, with the same configuration file.
func (f ConfigFile) Command(command string) string {
	switch {
	case f == "":
		return command
	case strings.HasPrefix(command, "lastgood "):
		return command + " --config " + shellWord(string(f))
	case strings.HasPrefix(command, "npx cdk "):
		return command + " -c config=" + shellWord(string(f))
	}
	return command
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./-]+$`)

// shellWord is text as one word of a shell.
func shellWord(text string) string {
	if plainWord.MatchString(text) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
