import unittest

from harness import Case, automatic, base_image, template, unique, version

SNAPSHOT = "snap-0123456789abcdef0"


class Versions(Case):
    def setUp(self):
        self.emulator = automatic()
        self.ec2 = self.emulator.client("ec2")
        self.first, self.second = base_image(self.emulator), base_image(self.emulator)

    def described(self, template_id, **arguments):
        found = self.ec2.describe_launch_template_versions(LaunchTemplateId=template_id, **arguments)["LaunchTemplateVersions"]
        return [(v["VersionNumber"], v["LaunchTemplateData"]) for v in found]

    def test_inherit_everything_but_the_snapshots_of_devices(self):
        devices = [{"DeviceName": "/dev/sdf", "Ebs": {"SnapshotId": SNAPSHOT, "VolumeSize": 20}}]
        made = template(self.emulator, self.first, UserData="ZWNobw==", BlockDeviceMappings=devices)
        number = version(self.emulator, made, self.second)
        (_, data), = self.described(made, Versions=[number])
        self.assertEqual(("2", self.second, "t3.micro", "ZWNobw=="), (number, data["ImageId"], data["InstanceType"], data["UserData"]))
        self.assertEqual([{"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 20}}], data["BlockDeviceMappings"])
        (_, source), = self.described(made, Versions=["1"])
        self.assertEqual(SNAPSHOT, source["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"])
        kept = version(self.emulator, made, self.second, LaunchTemplateData={"BlockDeviceMappings": devices})
        self.assertEqual(SNAPSHOT, self.described(made, Versions=[kept])[0][1]["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"])

    def test_have_only_what_they_are_given_without_a_source(self):
        made = template(self.emulator, self.first)
        number = self.ec2.create_launch_template_version(LaunchTemplateId=made, LaunchTemplateData={"ImageId": self.second})
        self.assertEqual({"ImageId": self.second}, number["LaunchTemplateVersion"]["LaunchTemplateData"])
        with self.refused("InvalidLaunchTemplateId.VersionNotFound"):
            version(self.emulator, made, self.second, source="7")

    def test_are_made_once_by_a_token(self):
        made, token = template(self.emulator, self.first), unique("token")
        for _ in range(2):
            self.assertEqual("2", version(self.emulator, made, self.second, ClientToken=token))
        with self.refused("IdempotentParameterMismatch"):
            version(self.emulator, made, self.first, ClientToken=token)
        self.assertEqual([1, 2], [number for number, _ in self.described(made)])

    def test_warn_of_an_image_that_is_not_there_and_are_made(self):
        made = template(self.emulator, self.first)
        arguments = {"LaunchTemplateId": made, "SourceVersion": "1"}
        answer = self.ec2.create_launch_template_version(LaunchTemplateData={"ImageId": "ami-0123456789abcdef0"}, **arguments)
        self.assertEqual((2, ["InvalidAMIID.NotFound"]), (answer["LaunchTemplateVersion"]["VersionNumber"], [e["Code"] for e in answer["Warning"]["Errors"]]))
        self.assertNotIn("Warning", self.ec2.create_launch_template_version(LaunchTemplateData={"ImageId": self.second}, **arguments))

    def test_are_found_by_image_default_and_range(self):
        made = template(self.emulator, self.first)
        for image_id in (self.second, self.first, self.second):
            version(self.emulator, made, image_id)
        by_image = [{"Name": "image-id", "Values": [self.second]}]
        self.assertEqual([2, 4], [number for number, _ in self.described(made, Filters=by_image)])
        self.assertEqual([1], [number for number, _ in self.described(made, Filters=[{"Name": "is-default-version", "Values": ["true"]}])])
        self.assertEqual([2, 3], [number for number, _ in self.described(made, MinVersion="2", MaxVersion="3")])
        self.assertEqual([4], [number for number, _ in self.described(made, Versions=["$Latest"])])
        with self.refused("InvalidParameterValue"):
            self.described(made, Filters=[{"Name": "colour", "Values": ["red"]}])

    def test_show_a_parameter_or_its_image(self):
        name = "/" + unique("pointer")
        self.emulator.client("ssm").put_parameter(Name=name, Type="String", DataType="aws:ec2:image", Value=self.first)
        self.emulator.wait_until_idle()
        made = template(self.emulator, f"resolve:ssm:{name}")
        self.assertEqual(f"resolve:ssm:{name}", self.described(made)[0][1]["ImageId"])
        self.assertEqual(self.first, self.described(made, ResolveAlias=True)[0][1]["ImageId"])

    def test_deleted_are_gone_and_their_numbers_with_them(self):
        made = template(self.emulator, self.first)
        for _ in range(3):
            version(self.emulator, made, self.second)
        answer = self.ec2.delete_launch_template_versions(LaunchTemplateId=made, Versions=["1", "2", "4", "9"])
        self.assertEqual([2, 4], [v["VersionNumber"] for v in answer["SuccessfullyDeletedLaunchTemplateVersions"]])
        refused = [(v["VersionNumber"], v["ResponseError"]["Code"]) for v in answer["UnsuccessfullyDeletedLaunchTemplateVersions"]]
        self.assertEqual([(1, "unexpectedError"), (9, "launchTemplateVersionDoesNotExist")], refused)
        self.assertEqual("5", version(self.emulator, made, self.second))
        self.assertEqual([1, 3, 5], [number for number, _ in self.described(made)])
        with self.refused("InvalidLaunchTemplateId.VersionNotFound"):
            self.described(made, Versions=["2"])
        self.ec2.modify_launch_template(LaunchTemplateId=made, DefaultVersion="3")
        self.assertEqual([3, 5], [number for number, _ in self.described(made, Versions=["$Default", "$Latest"])])


if __name__ == "__main__":
    unittest.main()
