package main

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"lastgood/cmd/lastgood/operator"
	"lastgood/shared/config"
	"lastgood/shared/event"
)

// policy configures a policy on what carries the tag Backup with this value, without deploying it.
func (w *world) policy(name, tag string) *config.Policy {
	w.config.Policies = append(w.config.Policies, config.Policy{
		Name: name, Schedule: "cron(0 2 * * ? *)", Timezone: "UTC",
		Target:  config.Target{Type: config.Instance, Tags: map[string]string{"Backup": tag}},
		Produce: config.Snapshot, Retain: config.Retain{Count: 3},
	})
	return &w.config.Policies[len(w.config.Policies)-1]
}

// queue makes a queue for as long as the test runs.
func (w *world) queue(region, name string, attributes map[string]string) {
	w.Helper()
	client := sqs.NewFromConfig(operatorConfig(region))
	made, err := client.CreateQueue(w.Context(), &sqs.CreateQueueInput{QueueName: &name, Attributes: attributes})
	w.check(err)
	w.cleanup(func() error {
		_, err := client.DeleteQueue(w.after(), &sqs.DeleteQueueInput{QueueUrl: made.QueueUrl})
		return err
	})
}

// due takes what was sent to the function snapshot in a Region.
func (w *world) due(region string) (all []event.Due) {
	w.Helper()
	client := sqs.NewFromConfig(operatorConfig(region))
	got, err := client.ReceiveMessage(w.Context(), &sqs.ReceiveMessageInput{
		QueueUrl: aws.String(w.aws.Endpoint + "/123456789012/lastgood-snapshot"), MaxNumberOfMessages: 10,
	})
	w.check(err)
	for _, m := range got.Messages {
		d, err := event.DecodeDue([]byte(*m.Body))
		w.check(err)
		all = append(all, d)
	}
	return all
}

// fleet is two instances that a policy captures.
func fleet(t *testing.T, tag string) (w *world, ids []string) {
	t.Helper()
	w = newWorld(t)
	ids = w.instances("one", "other")
	for _, id := range ids {
		w.tag(mainRegion, id, map[string]string{"Backup": tag})
	}
	w.policy("daily", tag)
	w.queue(mainRegion, "lastgood-snapshot", nil)
	w.queue(drRegion, "lastgood-snapshot", nil)
	return w, ids
}

func TestRun_sends_what_the_schedule_would_send(t *testing.T) {
	w, ids := fleet(t, "run-all")
	w.stdin = "y\n"
	w.golden("run", w.expect(exitOK, "run", "daily"))
	sent := w.due(mainRegion)
	if len(sent) != 1 || sent[0].Policy != "daily" || len(sent[0].Targets) != 0 || time.Since(sent[0].Scheduled) > time.Minute {
		t.Errorf("%+v", sent)
	}
	if sent := w.due(drRegion); len(sent) != 0 {
		t.Errorf("%+v", sent)
	}

	run := decode[operator.PolicyRun](w, w.expect(exitOK, "run", "daily", "--target", ids[1], "--yes", "-o", "json"))
	sent = w.due(mainRegion)
	if len(sent) != 1 || len(sent[0].Targets) != 1 || sent[0].Targets[0] != ids[1] {
		t.Errorf("%+v", sent)
	}
	want := "daily/" + run.Scheduled.Format(time.RFC3339) + "/" + ids[1]
	if in := run.Regions[0]; !sent[0].Scheduled.Equal(run.Scheduled) || !in.Queued || len(in.Runs) != 1 || in.Runs[0] != want || run.Regions[1].Queued {
		t.Errorf("%+v", run)
	}
}

func TestRun_is_refused(t *testing.T) {
	w, ids := fleet(t, "run-refused")
	stranger := w.instance("stranger")
	w.policy("nothing", "nobody has this")
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"no_answer":        {[]string{"run", "daily"}, exitFailed, "Run daily now on 2 instances in " + mainRegion + "?"},
		"no_target_of_it":  {[]string{"run", "daily", "--target", stranger, "--yes"}, exitFailed, "no target of policy daily, which captures instance with Backup=run-refused"},
		"another_Region_s": {[]string{"run", "daily", "--target", ids[0], "--region", drRegion, "--yes"}, exitFailed, "no target of policy daily"},
		"no_targets":       {[]string{"run", "nothing", "--yes"}, exitFailed, "policy nothing has no targets"},
		"unknown_policy":   {[]string{"run", "nightly", "--yes"}, exitUsage, `"nightly" is no policy of the configuration, which has: daily, nothing`},
		"unknown_region":   {[]string{"run", "daily", "--region", "mars", "--yes"}, exitUsage, "mars"},
		"no_target_id":     {[]string{"run", "daily", "--target", "web", "--yes"}, exitUsage, "--target"},
		"no_policy":        {[]string{"run"}, exitUsage, "lastgood run <policy>"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, errs, code := w.run(c.args...); code != c.code || !strings.Contains(errs, c.says) {
				t.Errorf("exit code %d: %s", code, errs)
			}
		})
	}
	if sent := append(w.due(mainRegion), w.due(drRegion)...); len(sent) != 0 {
		t.Errorf("%+v", sent)
	}
}

func TestRun_is_refused_where_another_configuration_was_deployed(t *testing.T) {
	w, _ := fleet(t, "run-other")
	w.makeStack(mainRegion)
	w.config.Policies[0].Retain.Count = 1
	if _, errs, code := w.run("run", "daily", "--yes"); code != exitUsage || !strings.Contains(errs, "was deployed with the configuration") {
		t.Errorf("exit code %d: %s", code, errs)
	}
	w.expect(exitOK, "run", "daily", "--yes", "--ignore-deployed-configuration")
}

func TestRun_says_where_it_failed(t *testing.T) {
	w, _ := fleet(t, "run-down")
	w.down(drRegion)
	out := w.expect(exitFindings, "run", "daily", "--yes")
	if !strings.Contains(out, drRegion+"\n  FAILED: no answer") || len(w.due(mainRegion)) != 1 {
		t.Error(out)
	}
	w.down(mainRegion)
	w.expect(exitFailed, "run", "daily", "--yes")
}

func TestRun_where_nothing_is_deployed(t *testing.T) {
	w := newWorld(t)
	w.policy("daily", "run-undeployed")
	w.tag(mainRegion, w.instance("one"), map[string]string{"Backup": "run-undeployed"})
	if _, errs, code := w.run("run", "daily", "--yes", "--region", mainRegion); code != exitFailed || !strings.Contains(errs, "the queue lastgood-snapshot does not exist: npx cdk deploy") {
		t.Errorf("exit code %d: %s", code, errs)
	}
}

func TestRun_asks_before_scripts_and_reboots(t *testing.T) {
	w, ids := fleet(t, "run-scripts")
	p := &w.config.Policies[0]
	p.Scripts = &config.Scripts{Pre: "a", Post: "b", Timeout: config.Duration(time.Minute), OnFailure: config.Skip}
	if _, errs, _ := w.run("run", "daily"); !strings.Contains(errs, "Its scripts stop and start") {
		t.Error(errs)
	}
	p.Scripts, p.Produce, p.Reboot = nil, config.Image, true
	if _, errs, _ := w.run("run", "daily"); !strings.Contains(errs, "They are rebooted") {
		t.Error(errs)
	}
	_, err := w.ec2(mainRegion).TerminateInstances(t.Context(), &ec2.TerminateInstancesInput{InstanceIds: ids})
	w.check(err)
	w.expect(exitFailed, "run", "daily", "--yes")
}
