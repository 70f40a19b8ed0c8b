import json
import unittest

from harness import TOKYO, Case, automatic, base_image, group, group_of, images_of, template, unique, version


class Groups(Case):
    def setUp(self):
        self.emulator = automatic()
        self.ec2, self.groups = self.emulator.client("ec2"), self.emulator.client("autoscaling")
        self.first, self.second = base_image(self.emulator), base_image(self.emulator)
        self.template = template(self.emulator, self.first)
        self.number = version(self.emulator, self.template, self.second)

    def uses(self, number):
        return {"LaunchTemplateId": self.template, "Version": number}

    def update(self, name, **arguments):
        self.groups.update_auto_scaling_group(AutoScalingGroupName=name, **arguments)

    def test_run_the_version_they_name(self):
        name = group(self.emulator, 1, LaunchTemplate=self.uses("2"))
        self.assertEqual([self.second], images_of(self.emulator, name))
        self.assertEqual(["2"], [i["LaunchTemplate"]["Version"] for i in group_of(self.emulator, name)["Instances"]])
        latest = group(self.emulator, 1, LaunchTemplate=self.uses("$Latest"))
        self.assertEqual(("$Latest", "2"), (group_of(self.emulator, latest)["LaunchTemplate"]["Version"], group_of(self.emulator, latest)["Instances"][0]["LaunchTemplate"]["Version"]))
        default = group(self.emulator, 1, LaunchTemplate={"LaunchTemplateId": self.template})
        self.assertEqual([self.first], images_of(self.emulator, default))
        self.assertNotIn("Version", group_of(self.emulator, default)["LaunchTemplate"])

    def test_run_the_image_of_a_parameter(self):
        name = "/" + unique("pointer")
        self.emulator.client("ssm").put_parameter(Name=name, Type="String", DataType="aws:ec2:image", Value=self.second)
        self.emulator.wait_until_idle()
        by_alias = template(self.emulator, f"resolve:ssm:{name}")
        self.assertEqual([self.second], images_of(self.emulator, group(self.emulator, 1, LaunchTemplate={"LaunchTemplateId": by_alias})))

    def test_launch_what_they_were_updated_to_and_keep_what_runs(self):
        name = group(self.emulator, 1, LaunchTemplate=self.uses("1"))
        self.update(name, LaunchTemplate=self.uses("2"))
        self.update(name, DesiredCapacity=2)
        self.assertEqual(sorted([self.first, self.second]), images_of(self.emulator, name))
        self.assertEqual("2", group_of(self.emulator, name)["LaunchTemplate"]["Version"])

    def test_are_not_updated_to_what_cannot_be_launched(self):
        name, gone = group(self.emulator, 0, LaunchTemplate=self.uses("1")), base_image(self.emulator)
        without = version(self.emulator, self.template, gone)
        self.ec2.deregister_image(ImageId=gone)
        for wrong in (self.uses(without), self.uses("9"), {"Version": "1"}, self.uses("2") | {"LaunchTemplateName": "both"}):
            with self.refused("ValidationError"):
                self.update(name, LaunchTemplate=wrong)
        self.assertEqual("1", group_of(self.emulator, name)["LaunchTemplate"]["Version"])

    def test_mixed_keep_their_overrides(self):
        own = template(self.emulator, self.second)
        overrides = [{"InstanceType": "t3.large"}, {"InstanceType": "t4g.large", "LaunchTemplateSpecification": {"LaunchTemplateId": own, "Version": "1"}}]
        policy = {"LaunchTemplate": {"LaunchTemplateSpecification": self.uses("1"), "Overrides": overrides}}
        name = group(self.emulator, 1, MixedInstancesPolicy=policy)
        self.assertNotIn("LaunchTemplate", group_of(self.emulator, name))
        self.update(name, MaxSize=5)
        saved = group_of(self.emulator, name)["MixedInstancesPolicy"]
        self.assertEqual((overrides, "1"), (saved["LaunchTemplate"]["Overrides"], saved["LaunchTemplate"]["LaunchTemplateSpecification"]["Version"]))
        policy["LaunchTemplate"]["LaunchTemplateSpecification"] = self.uses("2")
        self.update(name, MixedInstancesPolicy=policy)
        self.update(name, DesiredCapacity=2)
        self.assertEqual(sorted([self.first, self.second]), images_of(self.emulator, name))
        self.assertEqual({"t3.large"}, {instance["InstanceType"] for instance in group_of(self.emulator, name)["Instances"]})
        with self.refused("ValidationError"):
            self.update(name, MixedInstancesPolicy=saved)

    def test_replace_what_was_terminated(self):
        name = group(self.emulator, 1, LaunchTemplate=self.uses("1"))
        self.update(name, LaunchTemplate=self.uses("2"))
        self.ec2.terminate_instances(InstanceIds=[group_of(self.emulator, name)["Instances"][0]["InstanceId"]])
        self.assertEqual([self.second], images_of(self.emulator, name))

    def test_of_a_stack_are_updated_in_place(self):
        stack, name, cloudformation = unique("stack"), unique("group"), self.emulator.client("cloudformation")

        def body(number):
            tags = [{"Key": "number", "Value": number, "PropagateAtLaunch": True}]
            sizes = {"MinSize": "1", "MaxSize": "2", "AvailabilityZones": [TOKYO + "a"], "Tags": tags}
            properties = {"AutoScalingGroupName": name, "LaunchTemplate": self.uses(number)} | sizes
            return json.dumps({"Resources": {"Group": {"Type": "AWS::AutoScaling::AutoScalingGroup", "Properties": properties}}})

        cloudformation.create_stack(StackName=stack, TemplateBody=body("1"))
        before = group_of(self.emulator, name)
        cloudformation.update_stack(StackName=stack, TemplateBody=body("2"))
        after = group_of(self.emulator, name)
        self.assertEqual(before["AutoScalingGroupARN"], after["AutoScalingGroupARN"])
        self.assertEqual(("2", "2"), (after["LaunchTemplate"]["Version"], after["Tags"][0]["Value"]))
        self.assertEqual([self.first], images_of(self.emulator, name))

    def test_are_found_by_their_tags(self):
        key, names = unique("key"), [group(self.emulator, 0, LaunchTemplate=self.uses("1")) for _ in range(3)]

        def tag(name, value):
            return {"ResourceId": name, "ResourceType": "auto-scaling-group", "Key": key, "Value": value, "PropagateAtLaunch": False}

        def found(filter_name, *values):
            listed = self.groups.describe_auto_scaling_groups(Filters=[{"Name": filter_name, "Values": list(values)}])["AutoScalingGroups"]
            return [listed_group["AutoScalingGroupName"] for listed_group in listed]

        self.groups.create_or_update_tags(Tags=[tag(names[0], "a"), tag(names[1], "b")])
        self.assertEqual(names[:2], found("tag-key", key))
        self.groups.create_or_update_tags(Tags=[tag(names[1], "a")])
        self.assertEqual(names[:2], found(f"tag:{key}", "a"))
        self.groups.delete_tags(Tags=[tag(names[0], "a")])
        self.assertEqual(names[1:2], found(f"tag:{key}", "a", "b"))
        with self.refused("ValidationError"):
            self.groups.create_or_update_tags(Tags=[tag("nobody", "a")])


class LaunchConfigurations(Case):
    def setUp(self):
        self.emulator = automatic()
        self.groups = self.emulator.client("autoscaling")

    def create(self, image_id=None, name=None):
        name = name or unique("configuration")
        self.groups.create_launch_configuration(LaunchConfigurationName=name, ImageId=image_id or base_image(self.emulator), InstanceType="t3.micro")
        return name

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
        with self.refused("ValidationError"):
            self.create("ami-0123456789abcdef0")
        with self.refused("ValidationError"):
            group(self.emulator, 0, LaunchConfigurationName="nobody")

    def test_give_way_to_a_template(self):
        name, used = group(self.emulator, 0, LaunchConfigurationName=self.create()), template(self.emulator)
        self.groups.update_auto_scaling_group(AutoScalingGroupName=name, LaunchTemplate={"LaunchTemplateId": used, "Version": "1"})
        self.assertNotIn("LaunchConfigurationName", group_of(self.emulator, name))


if __name__ == "__main__":
    unittest.main()
