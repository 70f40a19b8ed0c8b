import json
import time
import unittest
from pathlib import Path

from harness import SINGAPORE, Case, automatic, instance, unique, until
from template import resource

SCRIPT = """#!/bin/bash
case {{ command }} in
pre-script) echo "froze as {{executionId}}" | tee "$LASTGOOD_STATE_DIR/frozen"; echo careful >&2;;
post-script) rm "$LASTGOOD_STATE_DIR/frozen" || exit 205;;
slow) sleep 60 & echo $! >child; wait;;
esac"""


def document(timeout="30", **step):
    parameters = {
        "executionId": {"type": "String", "default": "None", "allowedPattern": "^(None|[a-f0-9-]{36})$"},
        "command": {"type": "String", "default": "dry-run", "allowedValues": ["pre-script", "post-script", "dry-run", "slow"]},
    }
    inputs = {"timeoutSeconds": timeout, "runCommand": SCRIPT.splitlines()}
    main = {"action": "aws:runShellScript", "name": "run_script", "inputs": inputs, **step}
    return {"schemaVersion": "2.2", "description": "d", "parameters": parameters, "mainSteps": [main]}


class WithHost(Case):
    @classmethod
    def setUpClass(cls):
        cls.emulator = automatic()
        cls.ssm, cls.ec2 = cls.emulator.client("ssm"), cls.emulator.client("ec2")
        cls.name = cls.create(document())

    @classmethod
    def create(cls, content):
        name = unique("document")
        cls.ssm.create_document(Name=name, Content=json.dumps(content), DocumentType="Command", DocumentFormat="JSON")
        return name

    def setUp(self):
        self.host = instance(self.emulator)
        self.folder = Path(self.emulator.control(f"hosts?instanceId={self.host}")["path"])

    def agent(self, state, **more):
        self.emulator.control("agents", {"instanceId": self.host, "state": state, **more})

    def send(self, command="dry-run", name=None, **more):
        answer = self.ssm.send_command(InstanceIds=[self.host], DocumentName=name or self.name, Parameters={"command": [command]}, **more)
        return answer["Command"]["CommandId"]

    def ask(self, sent):
        return self.ssm.get_command_invocation(CommandId=sent, InstanceId=self.host)

    def ended(self, sent):
        def is_over():
            try:
                found = self.ask(sent)
            except self.ssm.exceptions.InvocationDoesNotExist:
                return None
            return found if found["Status"] not in ("Pending", "InProgress") else None

        return until(is_over)


class Running(WithHost):
    def test_a_script_really_runs_on_its_host(self):
        sent = self.send("pre-script", Comment="c")
        with self.refused("InvocationDoesNotExist"):
            self.ask(sent)
        done = self.ended(sent)
        expected = ("Success", "Success", 0, "froze as None\n", "careful\n", "run_script", "c")
        names = ("Status", "StatusDetails", "ResponseCode", "StandardOutputContent", "StandardErrorContent", "PluginName", "Comment")
        self.assertEqual(expected, tuple(done[name] for name in names))
        self.assertEqual("froze as None\n", (self.folder / "run" / "frozen").read_text())
        other = instance(self.emulator)
        answer = self.ssm.send_command(InstanceIds=[other], DocumentName=self.name, Parameters={"command": ["post-script"]})
        self.assertEqual("Success", self.ended(self.send("post-script"))["Status"])
        seen = lambda: self.ssm.list_command_invocations(CommandId=answer["Command"]["CommandId"])["CommandInvocations"]
        until(lambda: [i["Status"] for i in seen()] == ["Failed"])

    def test_exit_codes_are_told(self):
        failed = self.ended(self.send("post-script"))
        self.assertEqual(("Failed", "Failed", 205), tuple(failed[n] for n in ("Status", "StatusDetails", "ResponseCode")))

    def test_a_script_out_of_time_is_stopped_with_its_children(self):
        done = self.ended(self.send("slow", self.create(document(timeout="1"))))
        self.assertEqual(("TimedOut", "ExecutionTimedOut", 137), tuple(done[n] for n in ("Status", "StatusDetails", "ResponseCode")))
        child = (self.folder / "home" / "child").read_text().strip()
        stat = Path(f"/proc/{child}/stat")
        until(lambda: not stat.exists() or stat.read_text().split()[2] == "Z")

    def test_a_running_script_can_be_cancelled(self):
        sent = self.send("slow")
        until(lambda: (self.folder / "home" / "child").exists())
        self.ssm.cancel_command(CommandId=sent)
        self.assertEqual("Cancelled", self.ended(sent)["Status"])

    def test_the_api_answers_while_scripts_run(self):
        sent = self.send("slow")
        until(lambda: (self.folder / "home" / "child").exists())
        self.assertEqual("InProgress", self.ask(sent)["Status"])
        self.assertEqual("InProgress", self.ssm.list_commands(CommandId=sent)["Commands"][0]["Status"])
        self.assertFalse(self.emulator.control("events/idle")["idle"])
        self.ssm.cancel_command(CommandId=sent)

    def test_what_aws_calls_run_shell_script(self):
        lines = ["cd .. && pwd", "echo ${LASTGOOD_STATE_DIR##*/}"]
        sent = self.ssm.send_command(InstanceIds=[self.host], DocumentName="AWS-RunShellScript", Parameters={"commands": lines})
        self.assertEqual(f"{self.folder}\nrun\n", self.ended(sent["Command"]["CommandId"])["StandardOutputContent"])


class Refused(WithHost):
    def test_parameters_are_checked(self):
        for wrong in ({"command": ["reboot"]}, {"executionId": ["1; rm -r /"]}, {"other": ["x"]}, {"command": ["dry-run", "dry-run"]}):
            with self.subTest(wrong), self.refused("InvalidParameters"):
                self.ssm.send_command(InstanceIds=[self.host], DocumentName=self.name, Parameters=wrong)
        with self.refused("InvalidParameters"):
            self.ssm.send_command(InstanceIds=[self.host], DocumentName="AWS-RunShellScript")

    def test_documents_and_instances_must_be_fit(self):
        with self.refused("InvalidDocument"):
            self.send(name="nothing-of-that-name")
        self.ec2.stop_instances(InstanceIds=[self.host])
        with self.refused("InvalidInstanceId"):
            self.send()
        self.ec2.start_instances(InstanceIds=[self.host])
        self.agent("unmanaged")
        with self.refused("InvalidInstanceId"):
            self.send()
        self.assertEqual([], self.information())
        with self.refused("InvalidCommandId"):
            self.ask("00000000-0000-0000-0000-000000000000")

    def information(self):
        return self.ssm.describe_instance_information(Filters=[{"Key": "InstanceIds", "Values": [self.host]}])["InstanceInformationList"]

    def test_managed_instances_are_listed(self):
        self.assertEqual([("Online", "Linux")], [(i["PingStatus"], i["PlatformType"]) for i in self.information()])
        self.agent("offline")
        self.assertEqual(["ConnectionLost"], [i["PingStatus"] for i in self.information()])


class Delivery(WithHost):
    def test_an_agent_that_is_offline_gets_its_commands_later(self):
        self.agent("offline")
        sent = self.send("pre-script")
        until(lambda: self.emulator.control("events/idle")["idle"])
        self.assertEqual(("Pending", -1), (self.ask(sent)["Status"], self.ask(sent)["ResponseCode"]))
        self.agent("online")
        self.assertEqual("Success", self.ended(sent)["Status"])

    def test_or_never(self):
        self.agent("offline")
        expired, cancelled = self.send("pre-script"), self.send("pre-script")
        self.emulator.control("commands/expire", {"commandId": expired})
        self.ssm.cancel_command(CommandId=cancelled)
        self.agent("online")
        time.sleep(0.2)
        self.assertEqual(("TimedOut", "DeliveryTimedOut"), (self.ask(expired)["Status"], self.ask(expired)["StatusDetails"]))
        self.assertEqual("Cancelled", self.ask(cancelled)["Status"])
        self.assertFalse((self.folder / "run" / "frozen").exists())

    def test_commands_overtake_each_other(self):
        self.agent("online", delay=1)
        late = self.send("pre-script")
        self.agent("online")
        self.assertEqual("Success", self.ended(self.send())["Status"])
        self.assertEqual("Pending", self.ask(late)["Status"])
        self.assertEqual("Success", self.ended(late)["Status"])


class Listing(WithHost):
    def test_invocations_and_commands_are_listed(self):
        sent = [self.send("pre-script") for _ in range(2)]
        for command in sent:
            self.ended(command)
        listed = self.ssm.list_command_invocations(InstanceId=self.host, Details=True)["CommandInvocations"]
        self.assertEqual(set(sent), {i["CommandId"] for i in listed})
        plugin = listed[0]["CommandPlugins"][0]
        self.assertEqual((0, "run_script"), (plugin["ResponseCode"], plugin["Name"]))
        self.assertIn("froze as None", plugin["Output"])
        first = self.ssm.list_commands(InstanceId=self.host, MaxResults=1)
        second = self.ssm.list_commands(InstanceId=self.host, NextToken=first["NextToken"])
        self.assertEqual(list(reversed(sent)), [c["CommandId"] for c in first["Commands"] + second["Commands"]])
        elsewhere = self.emulator.client("ssm", SINGAPORE).list_commands()["Commands"]
        self.assertEqual(set(), set(sent) & {c["CommandId"] for c in elsewhere})

    def test_targets_are_found_by_tags(self):
        key = unique("key")
        self.ec2.create_tags(Resources=[self.host], Tags=[{"Key": key, "Value": "yes"}])
        sent = self.ssm.send_command(Targets=[{"Key": "tag:" + key, "Values": ["yes"]}], DocumentName=self.name)["Command"]["CommandId"]
        self.assertEqual("Success", self.ended(sent)["Status"])


class Stacks(WithHost):
    def test_a_stack_s_document_is_run_and_goes_with_it(self):
        stacks, name = self.emulator.client("cloudformation"), unique("lastgood")
        tags = [{"Key": "DLMScriptsAccess", "Value": "true"}]

        def template(content):
            return json.dumps({"Resources": {"Document": resource("SSM::Document", Name=name, DocumentType="Command", Content=content, Tags=tags)}})

        stacks.create_stack(StackName=name, TemplateBody=template(document()))
        self.assertEqual("Success", self.ended(self.send("pre-script", name))["Status"])
        listed = self.ssm.list_tags_for_resource(ResourceType="Document", ResourceId=name)["TagList"]
        self.assertEqual(tags, [tag for tag in listed if not tag["Key"].startswith("aws:")])
        stacks.update_stack(StackName=name, TemplateBody=template(document(precondition={"StringEquals": ["platformType", "Windows"]})))
        self.assertEqual(("Success", ""), tuple(self.ended(self.send("pre-script", name))[n] for n in ("Status", "StandardOutputContent")))
        stacks.delete_stack(StackName=name)
        with self.refused("InvalidDocument"):
            self.send(name=name)


if __name__ == "__main__":
    unittest.main()
