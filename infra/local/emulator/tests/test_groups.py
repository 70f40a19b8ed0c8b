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

    def test_mixed_keep_what_an_update_does_not_say(self):
        distribution = {"OnDemandBaseCapacity": 1, "SpotAllocationStrategy": "price-capacity-optimized"}
        overrides = [{"InstanceType": "t3.small", "WeightedCapacity": "1"}, {"InstanceType": "t3.large", "WeightedCapacity": "2"}]
        policy = {"LaunchTemplate": {"LaunchTemplateSpecification": self.uses("1"), "Overrides": overrides}, "InstancesDistribution": distribution}
        name = group(self.emulator, 1, MixedInstancesPolicy=policy)
        distribution = {"OnDemandAllocationStrategy": "prioritized", "OnDemandPercentageAboveBaseCapacity": 100} | distribution
        self.assertEqual(distribution, group_of(self.emulator, name)["MixedInstancesPolicy"]["InstancesDistribution"])
        self.update(name, MixedInstancesPolicy={"LaunchTemplate": {"LaunchTemplateSpecification": self.uses("2")}})
        saved = group_of(self.emulator, name)["MixedInstancesPolicy"]
        self.assertEqual(("2", overrides), (saved["LaunchTemplate"]["LaunchTemplateSpecification"]["Version"], saved["LaunchTemplate"]["Overrides"]))
        self.assertEqual(distribution, saved["InstancesDistribution"])
        self.update(name, MixedInstancesPolicy={"InstancesDistribution": {"OnDemandBaseCapacity": 0}})
        saved["InstancesDistribution"]["OnDemandBaseCapacity"] = 0
        self.assertEqual(saved, group_of(self.emulator, name)["MixedInstancesPolicy"])
        with self.refused("ValidationError"):
            group(self.emulator, 1, MixedInstancesPolicy={"InstancesDistribution": {"OnDemandBaseCapacity": 0}})

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


if __name__ == "__main__":
    unittest.main()
