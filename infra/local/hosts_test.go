package local

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
)

func TestEmulator_commands_run_on_their_host_once_its_agent_is_online(t *testing.T) {
	a := start(t, Options{})
	ctx, cfg := t.Context(), a.Config(region, AccessKey(Operator))
	servers, commands := ec2.NewFromConfig(cfg), ssm.NewFromConfig(cfg)
	base, err := servers.RegisterImage(ctx, &ec2.RegisterImageInput{Name: aws.String("base"), RootDeviceName: aws.String("/dev/sda1")})
	check(t, err)
	started, err := servers.RunInstances(ctx, &ec2.RunInstancesInput{ImageId: base.ImageId, MinCount: aws.Int32(1), MaxCount: aws.Int32(1)})
	check(t, err)
	host := started.Instances[0].InstanceId
	send := func(line string) *string {
		sent, err := commands.SendCommand(ctx, &ssm.SendCommandInput{
			InstanceIds: []string{*host}, DocumentName: aws.String("AWS-RunShellScript"), Parameters: map[string][]string{"commands": {line}},
		})
		check(t, err)
		return sent.Command.CommandId
	}
	check(t, a.SetAgent(ctx, *host, AgentOffline, 0))
	lost, late := send("touch lost"), send("touch late")
	check(t, a.ExpireCommand(ctx, *lost))
	check(t, a.SetAgent(ctx, *host, AgentOnline, 0))
	waiter := ssm.NewCommandExecutedWaiter(commands, func(o *ssm.CommandExecutedWaiterOptions) {
		o.MinDelay, o.MaxDelay = time.Millisecond, 20*time.Millisecond
	})
	done, err := waiter.WaitForOutput(ctx, &ssm.GetCommandInvocationInput{CommandId: late, InstanceId: host}, time.Minute)
	check(t, err)
	equal(t, "exit code", int32(0), done.ResponseCode)
	dir, err := a.HostDir(ctx, *host)
	check(t, err)
	files, err := os.ReadDir(filepath.Join(dir, "home"))
	check(t, err)
	equal(t, "files made", 1, len(files))
	equal(t, "file", "late", files[0].Name())
	a.Stop()
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the host outlives its emulator: %v", err)
	}
}
