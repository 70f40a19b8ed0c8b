import unittest

from harness import TOKYO, Case, alone, automatic, base_image, group, group_of, images_of, manual, template, unique, until, version

ROLLING = {"SkipMatching": True, "MinHealthyPercentage": 50}


class Refreshes(Case):
    emulator_of = staticmethod(automatic)

    def setUp(self):
        self.emulator = self.emulator_of()
        self.groups = self.emulator.client("autoscaling")
        self.first, self.second = base_image(self.emulator), base_image(self.emulator)
        self.template = template(self.emulator, self.first)
        version(self.emulator, self.template, self.second)
        self.group = group(self.emulator, 4, LaunchTemplate=self.uses("1"))

    def uses(self, number):
        return {"LaunchTemplateId": self.template, "Version": number}

    def start(self, number="2", **preferences):
        self.groups.start_instance_refresh(
            AutoScalingGroupName=self.group, DesiredConfiguration={"LaunchTemplate": self.uses(number)}, Preferences=ROLLING | preferences
        )

    def refresh(self):
        return self.groups.describe_instance_refreshes(AutoScalingGroupName=self.group)["InstanceRefreshes"][0]

    def until(self, status):
        until(lambda: self.refresh()["Status"] == status)
        return self.refresh()

    def saved(self):
        return group_of(self.emulator, self.group)["LaunchTemplate"]["Version"]


class ByThemselves(Refreshes):
    def test_replace_all_instances_and_then_update_the_group(self):
        self.start()
        self.assertEqual("1", self.saved())
        done = self.until("Successful")
        self.assertEqual((100, 0, self.uses("2")), (done["PercentageComplete"], done["InstancesToUpdate"], done["DesiredConfiguration"]["LaunchTemplate"]))
        self.assertIn("EndTime", done)
        self.assertEqual([self.second] * 4, images_of(self.emulator, self.group))
        self.assertEqual("2", self.saved())

    def test_succeed_at_once_where_all_match(self):
        self.start("1")
        self.assertEqual("Successful", self.refresh()["Status"])
        self.assertEqual([self.first] * 4, images_of(self.emulator, self.group))

    def test_replace_matching_instances_unless_told_to_skip_them(self):
        before = {instance["InstanceId"] for instance in group_of(self.emulator, self.group)["Instances"]}
        self.start("1", SkipMatching=False)
        self.until("Successful")
        self.assertEqual(set(), before & {instance["InstanceId"] for instance in group_of(self.emulator, self.group)["Instances"]})

    def test_replace_by_a_mixed_instances_policy(self):
        policy = {"LaunchTemplate": {"LaunchTemplateSpecification": self.uses("2"), "Overrides": [{"InstanceType": "t3.large"}]}}
        self.groups.start_instance_refresh(AutoScalingGroupName=self.group, DesiredConfiguration={"MixedInstancesPolicy": policy}, Preferences=ROLLING)
        self.assertEqual(policy, self.until("Successful")["DesiredConfiguration"]["MixedInstancesPolicy"])
        self.assertEqual([self.second] * 4, images_of(self.emulator, self.group))
        self.assertEqual({"t3.large"}, {instance["InstanceType"] for instance in group_of(self.emulator, self.group)["Instances"]})
        self.assertEqual("2", group_of(self.emulator, self.group)["MixedInstancesPolicy"]["LaunchTemplate"]["LaunchTemplateSpecification"]["Version"])

    def test_fail_when_the_image_goes(self):
        self.start()
        self.emulator.client("ec2").deregister_image(ImageId=self.second)
        self.assertIn(self.second, self.until("Failed")["StatusReason"])
        self.assertEqual("1", self.saved())

    def test_are_listed_the_newest_first(self):
        for number in ("2", "1"):
            self.start(number)
            self.until("Successful")
        newest = self.groups.describe_instance_refreshes(AutoScalingGroupName=self.group, MaxRecords=1)
        rest = self.groups.describe_instance_refreshes(AutoScalingGroupName=self.group, NextToken=newest["NextToken"])
        self.assertEqual((1, False), (len(newest["InstanceRefreshes"]), "NextToken" in rest))
        found = newest["InstanceRefreshes"] + rest["InstanceRefreshes"]
        self.assertEqual(["1", "2"], [refresh["DesiredConfiguration"]["LaunchTemplate"]["Version"] for refresh in found])


class ByOrder(Refreshes):
    emulator_of = staticmethod(manual)

    def finish(self, state, reason=""):
        self.emulator.control("refreshes", {"region": TOKYO, "group": self.group, "state": state, "reason": reason})

    def test_are_one_at_a_time(self):
        self.start()
        self.until("InProgress")
        with self.refused("InstanceRefreshInProgress"):
            self.start()
        self.finish("successful")
        self.start()

    def test_replace_a_batch_first(self):
        self.start()
        self.until("InProgress")
        self.assertEqual(sorted([self.first] * 2 + [self.second] * 2), images_of(self.emulator, self.group))
        self.assertEqual((50, 2), (self.refresh()["PercentageComplete"], self.refresh()["InstancesToUpdate"]))

    def test_failed_leave_the_group_as_it_was_saved(self):
        self.start()
        self.until("InProgress")
        self.finish("failed", "unhealthy")
        self.assertEqual(("Failed", "unhealthy", "1"), (self.refresh()["Status"], self.refresh()["StatusReason"], self.saved()))
        self.assertEqual(sorted([self.first] * 2 + [self.second] * 2), images_of(self.emulator, self.group))

    def test_failed_roll_back_by_themselves(self):
        self.start(AutoRollback=True)
        self.until("InProgress")
        self.finish("failed", "unhealthy")
        back = self.refresh()
        self.assertEqual(("RollbackInProgress", 50), (back["Status"], back["RollbackDetails"]["PercentageCompleteOnRollback"]))
        with self.refused("InstanceRefreshInProgress"):
            self.start()
        self.finish("successful")
        self.assertEqual(("RollbackSuccessful", 0, "1"), (self.refresh()["Status"], self.refresh()["PercentageComplete"], self.saved()))
        self.assertEqual([self.first] * 4, images_of(self.emulator, self.group))

    def test_cannot_roll_back_to_an_image_that_is_gone(self):
        self.start(AutoRollback=True)
        self.until("InProgress")
        self.emulator.client("ec2").deregister_image(ImageId=self.first)
        self.finish("failed")
        self.finish("successful")
        self.assertEqual("RollbackFailed", self.refresh()["Status"])

    def test_cancelled_keep_what_they_replaced(self):
        self.start()
        self.until("InProgress")
        self.groups.cancel_instance_refresh(AutoScalingGroupName=self.group)
        self.until("Cancelled")
        self.assertEqual((sorted([self.first] * 2 + [self.second] * 2), "1"), (images_of(self.emulator, self.group), self.saved()))
        with self.refused("ActiveInstanceRefreshNotFound"):
            self.groups.cancel_instance_refresh(AutoScalingGroupName=self.group)

    def test_rolled_back_by_a_person(self):
        with self.refused("ActiveInstanceRefreshNotFound"):
            self.groups.rollback_instance_refresh(AutoScalingGroupName=self.group)
        self.start()
        self.until("InProgress")
        self.groups.rollback_instance_refresh(AutoScalingGroupName=self.group)
        self.finish("successful")
        self.assertEqual("RollbackSuccessful", self.refresh()["Status"])
        self.assertEqual([self.first] * 4, images_of(self.emulator, self.group))

    def test_without_a_desired_configuration_cannot_be_rolled_back(self):
        self.groups.start_instance_refresh(AutoScalingGroupName=self.group)
        with self.refused("IrreversibleInstanceRefresh"):
            self.groups.rollback_instance_refresh(AutoScalingGroupName=self.group)


class Refused(Refreshes):
    def test_what_cannot_be_launched(self):
        gone = base_image(self.emulator)
        number = version(self.emulator, self.template, gone)
        self.emulator.client("ec2").deregister_image(ImageId=gone)
        for wrong in (number, "9"):
            with self.refused("ValidationError"):
                self.start(wrong)

    def test_preferences_out_of_range(self):
        for wrong in ({"MinHealthyPercentage": 101}, {"MinHealthyPercentage": 10, "MaxHealthyPercentage": 111}):
            with self.refused("ValidationError"):
                self.start(**wrong)

    def test_auto_rollback_to_a_version_by_name(self):
        self.groups.update_auto_scaling_group(AutoScalingGroupName=self.group, LaunchTemplate=self.uses("$Default"))
        with self.refused("ValidationError"):
            self.start(AutoRollback=True)
        self.start()

    def test_auto_rollback_without_a_desired_configuration(self):
        with self.refused("ValidationError"):
            self.groups.start_instance_refresh(AutoScalingGroupName=self.group, Preferences={"AutoRollback": True})

    def test_groups_that_use_a_parameter(self):
        name = "/" + unique("pointer")
        self.emulator.client("ssm").put_parameter(Name=name, Type="String", DataType="aws:ec2:image", Value=self.first)
        self.emulator.wait_until_idle()
        self.template = template(self.emulator, f"resolve:ssm:{name}")
        self.group = group(self.emulator, 1, LaunchTemplate=self.uses("1"))
        with self.refused("ValidationError"):
            self.start("1")
        self.groups.start_instance_refresh(AutoScalingGroupName=self.group)
        self.until("Successful")

    def test_launch_configurations(self):
        name = unique("configuration")
        self.groups.create_launch_configuration(LaunchConfigurationName=name, ImageId=self.first, InstanceType="t3.micro")
        self.group = group(self.emulator, 1, LaunchConfigurationName=name)
        with self.refused("ValidationError"):
            self.start()

    def test_groups_that_are_not_there(self):
        for call in ("start_instance_refresh", "describe_instance_refreshes", "cancel_instance_refresh", "rollback_instance_refresh"):
            with self.refused("ValidationError"):
                getattr(self.groups, call)(AutoScalingGroupName="nobody")


class Seconds(Refreshes):
    emulator_of = staticmethod(alone)

    def test_hold_and_end_again_by_themselves(self):
        self.emulator.control("refreshes/seconds", {"seconds": -1})
        self.start()
        self.until("InProgress")
        self.emulator.wait_until_idle()
        self.assertEqual("InProgress", self.refresh()["Status"])
        self.emulator.control("refreshes/seconds", {"seconds": 0})
        self.groups.cancel_instance_refresh(AutoScalingGroupName=self.group)
        self.until("Cancelled")
        self.start()
        self.until("Successful")


if __name__ == "__main__":
    unittest.main()
