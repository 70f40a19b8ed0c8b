package operator

import "testing"

func TestConfigFile_goes_with_the_commands_that_read_it(t *testing.T) {
	for _, c := range []struct {
		file          ConfigFile
		command, want string
	}{
		{"", "lastgood settle i-1", "lastgood settle i-1"},
		{"production.json", "lastgood settle i-1", "lastgood settle i-1 --config production.json"},
		{"production.json", "npx cdk deploy Lastgood-eu-west-1", "npx cdk deploy Lastgood-eu-west-1 -c config=production.json"},
		{"production.json", "aws configure", "aws configure"},
		{"production.json", "", ""},
		{"it's mine.json", "lastgood doctor", `lastgood doctor --config 'it'\''s mine.json'`},
	} {
		if got := c.file.Command(c.command); got != c.want {
			t.Errorf("%s, %s: got %s, want %s", c.file, c.command, got, c.want)
		}
	}
}
