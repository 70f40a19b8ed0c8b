import unittest

from harness import TOKYO, Case, automatic, describe, image, instance, unique, volumes


class References(Case):
    """Who refers to images and snapshots, as far as the last page."""

    @classmethod
    def setUpClass(cls):
        cls.emulator = automatic()
        cls.ec2, cls.groups = cls.emulator.client("ec2"), cls.emulator.client("autoscaling")
        cls.image = image(cls.emulator)
        cls.prefix = unique("template")

    def template(self, number):
        name, data = f"{self.prefix}-{number}", {"ImageId": self.image}
        return self.ec2.create_launch_template(LaunchTemplateName=name, LaunchTemplateData=data)["LaunchTemplate"]["LaunchTemplateId"]

    def paged(self, client, action, name, size, **arguments):
        pages = client.get_paginator(action).paginate(PaginationConfig={"PageSize": size}, **arguments)
        return [found for page in pages for found in page[name]]

    def test_launch_templates_and_their_versions(self):
        made = [self.template(number) for number in range(18)]
        found = self.paged(self.ec2, "describe_launch_templates", "LaunchTemplates", 5)
        self.assertEqual(set(made), set(made) & {template["LaunchTemplateId"] for template in found})
        for _ in range(17):
            self.ec2.create_launch_template_version(LaunchTemplateId=made[0], SourceVersion="1", LaunchTemplateData={"ImageId": self.image})
        versions = self.paged(self.ec2, "describe_launch_template_versions", "LaunchTemplateVersions", 5, LaunchTemplateId=made[0])
        self.assertEqual(list(range(1, 19)), [version["VersionNumber"] for version in versions])
        chosen = self.ec2.describe_launch_template_versions(LaunchTemplateId=made[0], Versions=["$Default", "$Latest"])
        self.assertEqual([1, 18], sorted(version["VersionNumber"] for version in chosen["LaunchTemplateVersions"]))
        with self.refused("InvalidParameterValue"):
            self.ec2.describe_launch_templates(MaxResults=201)

    def test_groups_and_launch_configurations(self):
        template = self.template("of-groups")
        devices = [{"DeviceName": "/dev/sdf", "Ebs": {"SnapshotId": "snap-0123456789abcdef0"}}]
        names = [f"{self.prefix}-{number}" for number in range(5)]
        for name in names:
            self.groups.create_launch_configuration(
                LaunchConfigurationName=name, ImageId=self.image, InstanceType="t3.micro", BlockDeviceMappings=devices
            )
            self.groups.create_auto_scaling_group(
                AutoScalingGroupName=name, MinSize=0, MaxSize=1, AvailabilityZones=[TOKYO + "a"],
                LaunchTemplate={"LaunchTemplateId": template, "Version": "1"},
            )
        configurations = self.paged(self.groups, "describe_launch_configurations", "LaunchConfigurations", 2)
        mine = [c for c in configurations if c["LaunchConfigurationName"] in names]
        self.assertEqual([(self.image, "snap-0123456789abcdef0")] * 5, [(c["ImageId"], c["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]) for c in mine])
        groups = self.paged(self.groups, "describe_auto_scaling_groups", "AutoScalingGroups", 2)
        used = [g["LaunchTemplate"] for g in groups if g["AutoScalingGroupName"] in names]
        self.assertEqual([(template, "1")] * 5, [(t["LaunchTemplateId"], t["Version"]) for t in used])

    def test_all_of_an_image(self):
        template, parameter = self.template("of-image"), "/" + unique("pointer")
        started = self.ec2.run_instances(ImageId=self.image, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
        self.emulator.client("ssm").put_parameter(Name=parameter, Type="String", DataType="aws:ec2:image", Value=self.image)
        self.emulator.wait_until_idle()
        found = self.ec2.describe_image_references(ImageIds=[self.image], IncludeAllResourceTypes=True)["ImageReferences"]
        start = f"{TOKYO}:123456789012:"
        for kind, resource in {
            "ec2:Instance": f"ec2:{start}instance/{started}",
            "ec2:LaunchTemplate": f"ec2:{start}launch-template/{template}",
            "ssm:Parameter": f"ssm:{start}parameter{parameter}",
        }.items():
            self.assertIn({"ImageId": self.image, "ResourceType": kind, "Arn": f"arn:aws:{resource}"}, found)
        some = self.ec2.describe_image_references(ImageIds=[self.image], ResourceTypes=[{"ResourceType": "ssm:Parameter"}])["ImageReferences"]
        self.assertEqual({"ssm:Parameter"}, {reference["ResourceType"] for reference in some})


class Protection(Case):
    def setUp(self):
        self.emulator = automatic()
        self.ec2 = self.emulator.client("ec2")

    def test_locked_snapshots_stay(self):
        made = self.ec2.create_snapshot(VolumeId=volumes(self.emulator, instance(self.emulator))[0])["SnapshotId"]
        self.emulator.wait_until_idle()
        self.ec2.lock_snapshot(SnapshotId=made, LockMode="governance", LockDuration=1)
        locked = self.ec2.describe_locked_snapshots(Filters=[{"Name": "lock-state", "Values": ["governance"]}])["Snapshots"]
        self.assertIn(made, [snapshot["SnapshotId"] for snapshot in locked])
        with self.refused("OperationNotPermitted"):
            self.ec2.delete_snapshot(SnapshotId=made)
        self.ec2.unlock_snapshot(SnapshotId=made)
        self.assertEqual([], self.ec2.describe_locked_snapshots(SnapshotIds=[made])["Snapshots"])
        self.ec2.delete_snapshot(SnapshotId=made)

    def test_a_lock_in_compliance_mode_cannot_be_opened_and_outlives_its_image(self):
        made = image(self.emulator)
        snapshot = describe(self.emulator, made)["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]
        self.ec2.lock_snapshot(SnapshotId=snapshot, LockMode="compliance", LockDuration=1)
        with self.refused("OperationNotPermitted"):
            self.ec2.unlock_snapshot(SnapshotId=snapshot)
        results = self.ec2.deregister_image(ImageId=made, DeleteAssociatedSnapshots=True)["DeleteSnapshotResults"]
        self.assertEqual([{"SnapshotId": snapshot, "ReturnCode": "client-error"}], results)

    def test_protected_images_stay(self):
        made = image(self.emulator)
        self.assertEqual("disabled", describe(self.emulator, made)["DeregistrationProtection"])
        self.ec2.enable_image_deregistration_protection(ImageId=made)
        self.assertEqual("enabled-without-cooldown", describe(self.emulator, made)["DeregistrationProtection"])
        with self.refused("OperationNotPermitted"):
            self.ec2.deregister_image(ImageId=made)
        self.assertEqual("available", describe(self.emulator, made)["State"])
        self.ec2.disable_image_deregistration_protection(ImageId=made)
        self.ec2.deregister_image(ImageId=made)


if __name__ == "__main__":
    unittest.main()
