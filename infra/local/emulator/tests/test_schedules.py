import json
import unittest

from harness import TOKYO, Case, automatic, unique
from template import resource

ROLE = "arn:aws:iam::123456789012:role/scheduler"


class Schedules(Case):
    def setUp(self):
        self.emulator, self.name = automatic(), unique("schedule")
        self.scheduler, self.stacks = self.emulator.client("scheduler"), self.emulator.client("cloudformation")

    def template(self, name=None, expression="rate(15 minutes)"):
        target = {"Arn": {"Fn::GetAtt": ["Queue", "Arn"]}, "RoleArn": ROLE, "Input": '{"a":1}'}
        schedule = resource(
            "Scheduler::Schedule", Name=name or self.name, ScheduleExpression=expression, FlexibleTimeWindow={"Mode": "OFF"}, Target=target
        )
        outputs = {"Name": {"Value": {"Ref": "Schedule"}}, "Arn": {"Value": {"Fn::GetAtt": ["Schedule", "Arn"]}}}
        return json.dumps({"Resources": {"Queue": resource("SQS::Queue", QueueName=self.name), "Schedule": schedule}, "Outputs": outputs})

    def names(self):
        return [found["Name"] for found in self.scheduler.list_schedules(MaxResults=100)["Schedules"]]

    def test_a_stack_s_schedule_can_be_read(self):
        self.stacks.create_stack(StackName=self.name, TemplateBody=self.template())
        got = self.scheduler.get_schedule(Name=self.name)
        queue = f"arn:aws:sqs:{TOKYO}:123456789012:{self.name}"
        self.assertEqual(("rate(15 minutes)", "ENABLED"), (got["ScheduleExpression"], got["State"]))
        self.assertEqual((queue, '{"a":1}', ROLE), (got["Target"]["Arn"], got["Target"]["Input"], got["Target"]["RoleArn"]))
        self.assertIn(self.name, self.names())
        stack = self.stacks.describe_stacks(StackName=self.name)["Stacks"][0]
        self.assertEqual({"Name": self.name, "Arn": got["Arn"]}, {o["OutputKey"]: o["OutputValue"] for o in stack["Outputs"]})

    def test_it_changes_with_its_stack(self):
        self.stacks.create_stack(StackName=self.name, TemplateBody=self.template())
        self.stacks.update_stack(StackName=self.name, TemplateBody=self.template(expression="rate(5 minutes)"))
        self.assertEqual("rate(5 minutes)", self.scheduler.get_schedule(Name=self.name)["ScheduleExpression"])

    def test_another_name_is_another_schedule(self):
        self.stacks.create_stack(StackName=self.name, TemplateBody=self.template())
        other = unique("schedule")
        self.stacks.update_stack(StackName=self.name, TemplateBody=self.template(name=other))
        self.assertIn(other, self.names())
        self.assertNotIn(self.name, self.names())

    def test_it_goes_with_its_stack(self):
        self.stacks.create_stack(StackName=self.name, TemplateBody=self.template())
        self.stacks.delete_stack(StackName=self.name)
        with self.refused("ResourceNotFoundException"):
            self.scheduler.get_schedule(Name=self.name)


if __name__ == "__main__":
    unittest.main()
