import base64
import unittest

from harness import Case, automatic, base_image, group, group_of, images_of, template, unique


class LaunchConfigurations(Case):
    maxDiff = None

    def setUp(self):
        self.emulator = automatic()
        self.groups, self.ec2 = self.emulator.client("autoscaling"), self.emulator.client("ec2")

    def create(self, image_id=None, name=None, **says):
        name = name or unique("configuration")
        says = {"ImageId": image_id or base_image(self.emulator), "InstanceType": "t3.micro"} | says
        self.groups.create_launch_configuration(LaunchConfigurationName=name, **says)
        return name

    def described(self, name):
        """What it says, without what is its own. boto3 encodes user data, and does not decode it."""
        found = self.groups.describe_launch_configurations(LaunchConfigurationNames=[name])["LaunchConfigurations"][0]
        found["UserData"] = base64.b64decode(found["UserData"]).decode()
        return {key: value for key, value in found.items() if key not in ("LaunchConfigurationName", "LaunchConfigurationARN", "CreatedTime", "ImageId")}

    def everything(self):
        """All that a launch configuration can say, but its image."""
        key, its_profile, iam = unique("key"), unique("profile"), self.emulator.client("iam")
        self.ec2.create_key_pair(KeyName=key, KeyType="ed25519")
        iam.create_instance_profile(InstanceProfileName=its_profile)
        return {
            "InstanceType": "t3.small",
            "KeyName": key,
            "SecurityGroups": [self.ec2.create_security_group(GroupName=unique("web"), Description="web")["GroupId"]],
            "ClassicLinkVPCSecurityGroups": [],
            "UserData": "#!/bin/sh\necho up > /tmp/up\n",
            "KernelId": "aki-0123456789abcdef0",
            "RamdiskId": "ari-0123456789abcdef0",
            "IamInstanceProfile": its_profile,
            "EbsOptimized": True,
            "AssociatePublicIpAddress": False,
            "InstanceMonitoring": {"Enabled": False},
            "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 2, "HttpEndpoint": "enabled"},
            "PlacementTenancy": "default",
            "SpotPrice": "0.05",
            "BlockDeviceMappings": [
                {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 20, "VolumeType": "gp3", "Encrypted": True, "DeleteOnTermination": False, "Iops": 4000, "Throughput": 250}},
                {"DeviceName": "/dev/sdg", "NoDevice": True},
                {"DeviceName": "/dev/sdh", "VirtualName": "ephemeral0"},
            ],
        }

    def test_are_described_as_they_were_made(self):
        says = self.everything()
        self.assertEqual(says, self.described(self.create(**says)))

    def test_made_of_what_is_described_say_the_same(self):
        first = self.described(self.create(**self.everything()))
        self.assertEqual(first, self.described(self.create(**first)))

    def test_say_nothing_more_than_their_defaults(self):
        empty = {name: "" for name in ("KeyName", "UserData", "KernelId", "RamdiskId")}
        empty |= {name: [] for name in ("SecurityGroups", "ClassicLinkVPCSecurityGroups", "BlockDeviceMappings")}
        self.assertEqual(empty | {"InstanceType": "t3.micro", "InstanceMonitoring": {"Enabled": True}, "EbsOptimized": False}, self.described(self.create()))

    def test_are_what_a_group_launches(self):
        says = self.everything()
        launched = group_of(self.emulator, group(self.emulator, 1, LaunchConfigurationName=self.create(**says)))["Instances"][0]["InstanceId"]
        instance = self.ec2.describe_instances(InstanceIds=[launched])["Reservations"][0]["Instances"][0]
        self.assertEqual((says["KeyName"], says["InstanceType"], "spot"), (instance["KeyName"], instance["InstanceType"], instance["InstanceLifecycle"]))
        self.assertEqual(says["SecurityGroups"], [one["GroupId"] for one in instance["SecurityGroups"]])
        self.assertEqual(says["MetadataOptions"], {name: instance["MetadataOptions"][name] for name in says["MetadataOptions"]})
        self.assertEqual((True, "disabled"), (instance["EbsOptimized"], instance["Monitoring"]["State"]))
        self.assertTrue(instance["IamInstanceProfile"]["Arn"].endswith("/" + says["IamInstanceProfile"]))
        user_data = self.ec2.describe_instance_attribute(InstanceId=launched, Attribute="userData")["UserData"]["Value"]
        self.assertEqual(says["UserData"], base64.b64decode(user_data).decode())
        attached = [{"Name": "attachment.instance-id", "Values": [launched]}]
        sizes = {volume["Size"] for volume in self.ec2.describe_volumes(Filters=attached)["Volumes"]}
        self.assertIn(20, sizes)

    def test_of_a_group_stay_until_it_has_another(self):
        image_id = base_image(self.emulator)
        first, second = self.create(), self.create(image_id)
        name = group(self.emulator, 0, LaunchConfigurationName=first)
        with self.refused("ResourceInUse"):
            self.groups.delete_launch_configuration(LaunchConfigurationName=first)
        self.groups.update_auto_scaling_group(AutoScalingGroupName=name, LaunchConfigurationName=second, DesiredCapacity=1)
        self.groups.delete_launch_configuration(LaunchConfigurationName=first)
        self.assertEqual([image_id], images_of(self.emulator, name))
        self.assertEqual([second], [instance["LaunchConfigurationName"] for instance in group_of(self.emulator, name)["Instances"]])
        self.assertEqual([], self.groups.describe_launch_configurations(LaunchConfigurationNames=[first])["LaunchConfigurations"])
        with self.refused("ValidationError"):
            self.groups.delete_launch_configuration(LaunchConfigurationName=first)

    def test_have_a_name_of_their_own_and_an_image(self):
        name = self.create()
        with self.refused("AlreadyExists"):
            self.create(name=name)
        self.create(name=unique().ljust(255, "n"))
        with self.refused("ValidationError"):
            self.create(name=unique().ljust(256, "n"))
        with self.refused("ValidationError"):
            self.create("ami-0123456789abcdef0")
        for wrong in ({"KeyName": "nobody"}, {"SecurityGroups": ["sg-0123456789abcdef0"]}, {"IamInstanceProfile": "nobody"}):
            with self.refused("ValidationError"):
                self.create(**wrong)
        with self.refused("ValidationError"):
            group(self.emulator, 0, LaunchConfigurationName="nobody")

    def test_are_listed_page_by_page(self):
        names, found, token = {self.create() for _ in range(3)}, [], None
        while token or not found:
            page = self.groups.describe_launch_configurations(MaxRecords=1, **({"NextToken": token} if token else {}))
            found += [made["LaunchConfigurationName"] for made in page["LaunchConfigurations"]]
            token = page.get("NextToken")
        self.assertEqual(names, names & set(found))
        self.assertEqual(len(found), len(set(found)))
        with self.refused("ValidationError"):
            self.groups.describe_launch_configurations(MaxRecords=101)

    def test_give_way_to_a_template(self):
        name, used = group(self.emulator, 0, LaunchConfigurationName=self.create()), template(self.emulator)
        self.groups.update_auto_scaling_group(AutoScalingGroupName=name, LaunchTemplate={"LaunchTemplateId": used, "Version": "1"})
        self.assertNotIn("LaunchConfigurationName", group_of(self.emulator, name))


if __name__ == "__main__":
    unittest.main()
