package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"lastgood/cmd/lastgood/operator"
	"lastgood/shared/recovery"
)

// create makes a stack of a template and returns the image its server runs from.
func (w *world) create(region, stack, template string) string {
	w.Helper()
	client := cloudformation.NewFromConfig(operatorConfig(region))
	_, err := client.CreateStack(w.Context(), &cloudformation.CreateStackInput{StackName: &stack, TemplateBody: &template})
	w.check(err)
	found, err := client.DescribeStacks(w.Context(), &cloudformation.DescribeStacksInput{StackName: &stack})
	w.check(err)
	if s := found.Stacks[0]; s.StackStatus != cfntypes.StackStatusCreateComplete || len(s.Outputs) != 1 {
		w.Fatalf("the stack is %s, with %d outputs", s.StackStatus, len(s.Outputs))
	}
	server, err := w.ec2(region).DescribeInstances(w.Context(), &ec2.DescribeInstancesInput{InstanceIds: []string{*found.Stacks[0].Outputs[0].OutputValue}})
	w.check(err)
	return *server.Reservations[0].Instances[0].ImageId
}

func TestRestore_prints_a_template_that_launches_with_the_main_Region_down(t *testing.T) {
	b := newBackups(t)
	b.tag(drRegion, b.newerDR, map[string]string{"Name": `web: "blue" & 'grün' 🖥`})
	b.down(mainRegion)
	before := lastCall(b.world)
	template, notes, code := b.run("restore", b.web, "--region", drRegion)
	if code != exitOK {
		t.Fatalf("exit code %d: %s", code, notes)
	}
	if n := writes(b.world, before); n != 0 {
		t.Errorf("it wrote %d times", n)
	}
	b.golden("restore", template)
	b.golden("restore_notes", notes)
	if got := b.create(drRegion, "restored", template); got != b.newerDR {
		t.Errorf("the server runs from %s", b.called[got])
	}
}

func TestRestore_into_a_file_and_a_subnet(t *testing.T) {
	b := newBackups(t)
	subnets, err := b.ec2(mainRegion).DescribeSubnets(t.Context(), &ec2.DescribeSubnetsInput{})
	b.check(err)
	file := filepath.Join(t.TempDir(), "it's here.yaml")
	args := []string{"restore", b.web, "--region", mainRegion, "--template", file, "--instance-type", "m7i.large", "--subnet", *subnets.Subnets[0].SubnetId}
	out := b.expect(exitOK, args...)
	if !strings.Contains(out, `it'\''s here.yaml'`) {
		t.Error(out)
	}
	template, err := os.ReadFile(file)
	b.check(err)
	for _, want := range []string{"m7i.large", *subnets.Subnets[0].SubnetId, b.newer} {
		if !strings.Contains(string(template), want) || !strings.Contains(out, want) {
			t.Errorf("nothing of %s in\n%s%s", want, template, out)
		}
	}
	if got := b.create(mainRegion, "in-a-subnet", string(template)); got != b.newer {
		t.Errorf("the server runs from %s", b.called[got])
	}
	b.expect(exitFailed, args...) // the file is there
}

func TestRestore_in_JSON(t *testing.T) {
	b := newBackups(t)
	b.config.Aliases = map[string][]string{"restored.website": {b.web}}
	b.point(drRegion, "restored.website", b.newerDR)
	restore := decode[operator.Restore](b.world, b.expect(exitOK, "restore", "restored.website", "--region", drRegion, "-o", "json"))
	if restore.Image != b.newerDR || restore.Architecture != "x86_64" || restore.InstanceType != "t3.medium" || len(restore.Warnings) != 0 {
		t.Errorf("%+v", restore)
	}
	if !strings.Contains(restore.Commands[0], "--stack-name restore-restored-website ") || b.create(drRegion, "of-an-alias", restore.Template) != b.newerDR {
		t.Errorf("%+v", restore)
	}
}

func TestRestore_warns(t *testing.T) {
	for name, c := range map[string]struct {
		region string
		setup  func(b *backups)
		want   string
	}{
		"stale": {mainRegion, func(b *backups) { b.later = 27 * time.Hour }, "the pointer is stale"},
		"dangling": {mainRegion, func(b *backups) {
			b.tag(mainRegion, b.older, map[string]string{recovery.TagQuarantine: "ransomware"})
			b.tag(mainRegion, b.newer, map[string]string{recovery.TagQuarantine: "ransomware"})
		}, "is quarantined: ransomware"},
		"behind": {mainRegion, func(b *backups) { b.point(mainRegion, b.web, b.older) }, "settle it first"},
		"excluded": {mainRegion, func(b *backups) { b.config.Include = []string{"nothing"} },
			"the pointer is dangling"},
		"of_nobody": {drRegion, func(b *backups) { b.point(drRegion, b.web, b.copy(b.newer, "unsigned")) }, "nobody attests"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBackups(t)
			c.setup(&b)
			out, errs, code := b.run("restore", b.web, "--region", c.region)
			if code != exitFindings || !strings.Contains(errs, "WARNING: ") || !strings.Contains(errs, c.want) {
				t.Errorf("exit code %d: %s", code, errs)
			}
			if !strings.Contains(out, "AWS::EC2::Instance") {
				t.Error("there is no template")
			}
		})
	}
}

func TestRestore_fails_where_there_is_nothing_to_launch_from(t *testing.T) {
	b := newBackups(t)
	b.deregister(mainRegion, b.newer)
	_, errs, code := b.run("restore", b.web, "--region", mainRegion)
	if want := b.older + ` is: run "lastgood settle ` + b.web; code != exitFailed || !strings.Contains(errs, want) {
		t.Errorf("exit code %d: %s", code, errs)
	}
	b.deregister(mainRegion, b.older)
	_, errs, code = b.run("restore", b.web, "--region", mainRegion)
	if code != exitFailed || !strings.Contains(errs, "there is no other good image") {
		t.Errorf("exit code %d: %s", code, errs)
	}
	_, errs, code = b.run("restore", "i-00000000000000000", "--region", mainRegion)
	if code != exitFailed || !strings.Contains(errs, "there is no pointer") {
		t.Errorf("exit code %d: %s", code, errs)
	}
	b.down(mainRegion)
	b.expect(exitFailed, "restore", b.web, "--region", mainRegion)
}

func TestRestore_usage(t *testing.T) {
	w := newWorld(t)
	w.config.Aliases = map[string][]string{"known": {"i-00000000000000000"}}
	for name, args := range map[string][]string{
		"nothing":        {"restore"},
		"no_region":      {"restore", "i-00000000000000000"},
		"unknown_region": {"restore", "i-00000000000000000", "--region", "mars"},
		"unknown_alias":  {"restore", "nowhere", "--region", mainRegion},
		"no_type":        {"restore", "known", "--region", mainRegion, "--instance-type", "big one"},
		"no_subnet":      {"restore", "known", "--region", mainRegion, "--subnet", "mine"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, errs, code := w.run(args...); code != exitUsage {
				t.Errorf("exit code %d, want %d: %s", code, exitUsage, errs)
			}
		})
	}
}
