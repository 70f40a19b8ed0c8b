package operator

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
)

// template is a CloudFormation template with the image's id written out: nothing in it
// changes when the pointer moves, so no later update of the stack replaces the server.
func template(s Restore, q RestoreRequest, name string) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("# To launch it, save this as %s and run", q.File)
	line("#   %s", s.Commands[0])
	line("# or, without CloudFormation,")
	line("#   %s", s.Commands[1])
	line(`AWSTemplateFormatVersion: "2010-09-09"`)
	line("Description: %s", yamlString(fmt.Sprintf("%s, restored from %s", q.Target, s.Image)))
	line("Resources:")
	line("  Server:")
	line("    Type: AWS::EC2::Instance")
	line("    Properties:")
	line("      # %s, taken %s. Written out, so that no stack update replaces the server.", oneLine(s.ImageName), taken(s.TakenAt))
	line("      ImageId: %s", s.Image)
	line("      InstanceType: %s", s.InstanceType)
	if q.Subnet != "" {
		line("      SubnetId: %s", q.Subnet)
	}
	line("      # SecurityGroupIds: [sg-...]")
	line("      # IamInstanceProfile: ...")
	line("      Tags:")
	line("        - Key: Name")
	line("          Value: %s", yamlString(name))
	line("Outputs:")
	line("  Server:")
	line("    Value: !Ref Server")
	return b.String()
}

// commands launch the template, and the same server without it.
func commands(s Restore, q RestoreRequest, name string) []string {
	tags := fmt.Sprintf(`[{"ResourceType":"instance","Tags":[{"Key":"Name","Value":%s}]}]`, jsonString(name))
	run := fmt.Sprintf("aws ec2 run-instances --region %s --count 1 --image-id %s --instance-type %s", s.Region, s.Image, s.InstanceType)
	if q.Subnet != "" {
		run += " --subnet-id " + q.Subnet
	}
	return []string{
		fmt.Sprintf("aws cloudformation create-stack --region %s --stack-name %s --template-body %s", s.Region, stackName(q.Target), shell("file://"+q.File)),
		run + " --tag-specifications " + shell(tags),
	}
}

func taken(t time.Time) string {
	if t.IsZero() {
		return "nobody knows when"
	}
	return t.UTC().Format(time.RFC3339)
}

// yamlString is s as a string in YAML, in ASCII, which is read alike everywhere.
func yamlString(s string) string { return strconv.QuoteToASCII(s) }

// jsonString is s as a string in JSON, in ASCII.
func jsonString(s string) string {
	var b strings.Builder
	for _, unit := range utf16.Encode([]rune(s)) {
		switch {
		case unit == '"' || unit == '\\':
			fmt.Fprintf(&b, `\%c`, unit)
		case unit < ' ' || unit > '~':
			fmt.Fprintf(&b, `\u%04x`, unit)
		default:
			b.WriteRune(rune(unit))
		}
	}
	return `"` + b.String() + `"`
}

// oneLine is s as it may stand in a comment.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// shell is s as one word of a shell's command line.
func shell(s string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:="
	if s != "" && strings.Trim(s, plain) == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
