package operator

import (
	"fmt"
	"strings"
)

// volumeTemplate is a CloudFormation template with the snapshots' ids written out. It keeps the
// volumes when the stack is deleted: they hold the only data that was restored.
func volumeTemplate(s RestoreVolumes, file string) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("# To make the volumes, save this as %s, set ZONE to the server's availability zone, and run", file)
	line("#   %s", s.Commands[0])
	line("# or, without CloudFormation,")
	for _, command := range s.Commands[1:] {
		line("#   %s", command)
	}
	line(`AWSTemplateFormatVersion: "2010-09-09"`)
	line("Description: %s", yamlString("Volumes restored from run "+s.Run))
	line("Parameters:")
	line("  AvailabilityZone:")
	line("    Type: AWS::EC2::AvailabilityZone::Name")
	line("Resources:")
	for i, v := range s.Volumes {
		line("  Volume%d:", i+1)
		line("    Type: AWS::EC2::Volume")
		line("    DeletionPolicy: Retain")
		line("    UpdateReplacePolicy: Retain")
		line("    Properties:")
		line("      # Of %s, taken %s.", v.Source, taken(v.TakenAt))
		line("      SnapshotId: %s", v.Snapshot)
		line("      AvailabilityZone: !Ref AvailabilityZone")
		line("      VolumeType: %s", restoredType)
		line("      Tags:")
		line("        - Key: Name")
		line("          Value: %s", yamlString(v.Name))
	}
	line("Outputs:")
	for i := range s.Volumes {
		line("  Volume%d:", i+1)
		line("    Value: !Ref Volume%d", i+1)
	}
	return b.String()
}

// restoredType is the volumes' type: a snapshot does not say what its volume's was.
const restoredType = "gp3"

// volumeCommands make the stack, and the same volumes without it.
func volumeCommands(s RestoreVolumes, file string) []string {
	commands := []string{fmt.Sprintf(
		`aws cloudformation create-stack --region %s --stack-name %s --template-body %s --parameters ParameterKey=AvailabilityZone,ParameterValue="$ZONE"`,
		s.Region, stackName(s.Volumes[0].Source), shell("file://"+file))}
	for _, v := range s.Volumes {
		tags := fmt.Sprintf(`[{"ResourceType":"volume","Tags":[{"Key":"Name","Value":%s}]}]`, jsonString(v.Name))
		commands = append(commands, fmt.Sprintf(`aws ec2 create-volume --region %s --availability-zone "$ZONE" --snapshot-id %s --volume-type %s --tag-specifications %s`,
			s.Region, v.Snapshot, restoredType, shell(tags)))
	}
	return commands
}
