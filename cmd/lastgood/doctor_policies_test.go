package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/google/go-cmp/cmp"

	"lastgood/cmd/lastgood/operator"
	"lastgood/infra/local"
	"lastgood/shared/config"
	"lastgood/shared/consistency"
)

// scripted is a deployment with a policy with scripts, which captures one instance.
func scripted(t *testing.T, name string) (w *world, host string) {
	t.Helper()
	w = newWorld(t)
	host = w.instance("host")
	w.tag(mainRegion, host, map[string]string{"Backup": name})
	w.policy(name, name).Scripts = &config.Scripts{Pre: "true", Post: "true", Timeout: config.Duration(10 * time.Second), OnFailure: config.Skip}
	w.deployed("/" + name + "/")
	return w, host
}

// document makes a document of the test's own.
func (w *world) document(name, content string) {
	w.Helper()
	_, err := w.ssm(mainRegion).CreateDocument(w.Context(), &ssm.CreateDocumentInput{
		Name: &name, Content: &content, DocumentType: ssmtypes.DocumentTypeCommand, DocumentFormat: ssmtypes.DocumentFormatJson,
	})
	w.check(err)
	w.cleanup(func() error {
		_, err := w.ssm(mainRegion).DeleteDocument(w.after(), &ssm.DeleteDocumentInput{Name: &name})
		return err
	})
}

// generated makes the document that the stack makes of a policy's scripts.
func (w *world) generated(p config.Policy) {
	w.Helper()
	timeout := p.Scripts.Timeout.Std()
	content, err := consistency.Script{Pre: p.Scripts.Pre, Post: p.Scripts.Post, Timeout: timeout, ThawAfter: consistency.DefaultThawAfter(timeout)}.Document(p.Name)
	w.check(err)
	w.document(consistency.DocumentName(p.Name), string(content))
}

func TestDoctor_dry_runs_scripts(t *testing.T) {
	w, host := scripted(t, "doctor-scripts")
	if f := w.doctor(exitFindings, mainRegion, "scripts"); f.Level != operator.Fail || !strings.Contains(f.Text, "there is no document lastgood-doctor-scripts") {
		t.Errorf("%+v", f)
	}
	w.generated(w.config.Policies[0])
	if f := w.doctor(exitOK, mainRegion, "scripts"); f.Level != operator.OK || !strings.Contains(f.Text, host+" has what it takes") {
		t.Errorf("%+v", f)
	}
	if f := w.doctor(exitOK, drRegion, "scripts"); f.Level != operator.Unknown || !strings.Contains(f.Text, "no running target") {
		t.Errorf("%+v", f)
	}

	before := len(w.calls())
	out := w.expect(exitOK, "doctor", "--no-dry-run")
	if slices.Contains(w.calls()[before:], "SendCommand") || !strings.Contains(out, "no host was asked") {
		t.Error(out)
	}

	w.check(w.aws.SetAgent(t.Context(), host, local.AgentUnmanaged, 0))
	if f := w.doctor(exitFindings, mainRegion, "scripts"); f.Level != operator.Fail || !strings.Contains(f.Text, "SSM does not manage "+host) {
		t.Errorf("%+v", f)
	}
	w.check(w.aws.SetAgent(t.Context(), host, local.AgentOnline, 0))

	w.document("doctor-scripts-own", fmt.Sprintf(`{"schemaVersion": "2.2", "parameters": {"executionId": {"type": "String"}, "command": {"type": "String"}},
		"mainSteps": [{"action": "aws:runShellScript", "name": "lacks", "inputs": {"runCommand": ["exit %d"]}}]}`, consistency.NotReady))
	w.config.Policies[0].Scripts = &config.Scripts{Document: "doctor-scripts-own", Timeout: config.Duration(10 * time.Second), OnFailure: config.Skip}
	f := w.doctor(exitFindings, mainRegion, "scripts")
	if f.Level != operator.Fail || !strings.Contains(f.Text, host+" lacks something") || !strings.Contains(f.Command, "aws ssm get-command-invocation --command-id ") || !strings.HasSuffix(f.Command, "--region "+mainRegion) {
		t.Errorf("%+v", f)
	}
	w.fault(local.Fault{Service: "ssm", Action: "SendCommand", Error: "AccessDeniedException", Message: "not for you", Region: mainRegion, Times: 1})
	if f := w.doctor(exitFindings, mainRegion, "scripts"); f.Level != operator.Unknown { // the configuration is another than deployed by now
		t.Errorf("%+v", f)
	}
}

func TestDoctor_looks_at_what_policies_need(t *testing.T) {
	w, _ := scripted(t, "doctor-policies")
	w.generated(w.config.Policies[0])
	w.expect(exitOK, "doctor")

	t.Run("a_schedule_of_another_time", func(t *testing.T) {
		w.config.Policies[0].Schedule = "cron(0 3 * * ? *)"
		findings := decode[operator.Findings](w, w.expect(exitFindings, "doctor", "-o", "json"))
		if !slices.ContainsFunc(findings, func(f operator.Finding) bool {
			return f.Check == "schedule" && f.Level == operator.Warn && strings.Contains(f.Text, "the configuration here says cron(0 3 * * ? *) UTC")
		}) {
			t.Errorf("%+v", findings)
		}
		w.config.Policies[0].Schedule = "cron(0 2 * * ? *)"
	})
	t.Run("what_could_not_be_thawed", func(t *testing.T) {
		queues := sqs.NewFromConfig(operatorConfig(mainRegion))
		url := aws.String(w.aws.Endpoint + "/123456789012/lastgood-thaw-dead-letters.fifo")
		_, err := queues.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("{}"), MessageGroupId: aws.String("i"), MessageDeduplicationId: aws.String("d")})
		w.check(err)
		f := w.doctor(exitFindings, mainRegion, "captures")
		if f.Level != operator.Fail || !strings.Contains(f.Text, "An application may be frozen") || !strings.HasSuffix(f.Command, ":lastgood-thaw-dead-letters.fifo") {
			t.Errorf("%+v", f)
		}
		_, err = queues.PurgeQueue(t.Context(), &sqs.PurgeQueueInput{QueueUrl: url})
		w.check(err)
	})
	t.Run("no_targets_anywhere", func(t *testing.T) {
		tags := w.config.Policies[0].Target.Tags
		w.config.Policies[0].Target.Tags = map[string]string{"Backup": "nobody's"}
		if f := w.doctor(exitFindings, mainRegion, "targets"); f.Level != operator.Warn || !strings.Contains(f.Text, "captures nothing: there is no instance with Backup=nobody's in any Region") ||
			f.Command != "aws ec2 create-tags --region "+mainRegion+" --resources i-… --tags 'Key=Backup,Value=nobody'\\''s'" {
			t.Errorf("%+v", f)
		}
		w.config.Policies[0].Target.Tags = tags
	})
	t.Run("copies", func(t *testing.T) {
		w.config.Policies[0].CopyTo = []config.CopyTo{{Region: drRegion, Retain: config.Retain{Count: 1}}}
		if f := w.doctor(exitFindings, drRegion, "copies"); f.Level != operator.OK || !strings.Contains(f.Text, "of the 20 copies that EC2 makes at once") {
			t.Errorf("%+v", f)
		}
	})
}

func TestDryRunning_needs_what_the_page_says(t *testing.T) {
	w, _ := scripted(t, "doctor-permissions")
	w.generated(w.config.Policies[0])
	called := w.as("dry-runner")
	w.expect(exitOK, "doctor")
	more := slices.DeleteFunc(called(), func(action string) bool {
		return action == "sts:GetCallerIdentity" || action == "ec2:CreateTags" || slices.Contains(w.allowed("## To look"), action)
	})
	if diff := cmp.Diff(w.allowed("## For dry runs"), more); diff != "" {
		t.Errorf("-page +called:\n%s", diff)
	}
}
