import json
import unittest
from pathlib import Path

from harness import (
    SINGAPORE, TOKYO, TRUST, Case, alone, automatic, image, instance, manual, queue_policy, received, subscribe, unique, until,
)

ACCOUNT = "123456789012"
SHAPE = json.loads((Path(__file__).parent / "cloudtrail_shape.json").read_text())


def trail(name, **conditions):
    detail = {"eventSource": ["ec2.amazonaws.com"], "eventName": [name], **conditions}
    return {"source": ["aws.ec2"], "detail-type": ["AWS API Call via CloudTrail"], "detail": detail}


def shape(value):
    """The names and types of a document, without its values."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    return type(value).__name__


class CloudTrail(Case):
    def setUp(self):
        self.emulator = automatic()

    def test_create_image_as_aws_backup(self):
        source = instance(self.emulator)
        queue = subscribe(self.emulator, trail("CreateImage", requestParameters={"instanceId": [source]}))
        backup = self.emulator.client("ec2", user_agent="backup.amazonaws.com")
        created = backup.create_image(InstanceId=source, Name=unique("AwsBackup"), Description="by Backup", NoReboot=True)
        event = received(self.emulator, queue)
        self.assertEqual(SHAPE["CreateImage"], shape(event))
        self.assertEqual((ACCOUNT, TOKYO, []), (event["account"], event["region"], event["resources"]))
        detail = event["detail"]
        self.assertEqual("backup.amazonaws.com", detail["userIdentity"]["invokedBy"])
        self.assertEqual(created["ImageId"], detail["responseElements"]["imageId"])
        self.assertEqual(created["ResponseMetadata"]["RequestId"], detail["requestID"])

    def test_copy_image_is_recorded_where_it_is_called(self):
        source, token = image(self.emulator), unique()
        queue = subscribe(self.emulator, trail("CopyImage", requestParameters={"sourceImageId": [source]}), SINGAPORE)
        elsewhere = subscribe(self.emulator, trail("CopyImage", requestParameters={"sourceImageId": [source]}), TOKYO)
        backup = self.emulator.client("ec2", SINGAPORE, user_agent="backup.amazonaws.com")
        copied = backup.copy_image(
            SourceImageId=source, SourceRegion=TOKYO, Name=unique(), Description="d", Encrypted=True, ClientToken=token
        )
        event = received(self.emulator, queue, SINGAPORE)
        self.assertEqual(SHAPE["CopyImage"], shape(event))
        self.assertEqual((SINGAPORE, TOKYO), (event["region"], event["detail"]["requestParameters"]["sourceRegion"]))
        self.assertEqual(copied["ImageId"], event["detail"]["responseElements"]["imageId"])
        self.assertIsNone(received(self.emulator, elsewhere, wait=0))

    def test_ssm_automation_says_so(self):
        source = instance(self.emulator)
        queue = subscribe(self.emulator, trail("CreateImage", requestParameters={"instanceId": [source]}))
        self.emulator.client("ec2", user_agent="ssm.amazonaws.com").create_image(InstanceId=source, Name=unique())
        self.assertEqual("ssm.amazonaws.com", received(self.emulator, queue)["detail"]["userIdentity"]["invokedBy"])

    def test_customers_are_not_invoked_by_anybody_and_tags_are_recorded(self):
        source = instance(self.emulator)
        queue = subscribe(self.emulator, trail("CreateImage", requestParameters={"instanceId": [source]}))
        tags = [{"ResourceType": "image", "Tags": [{"Key": "a", "Value": "b"}]}]
        self.emulator.client("ec2").create_image(InstanceId=source, Name=unique(), TagSpecifications=tags)
        detail = received(self.emulator, queue)["detail"]
        self.assertNotIn("invokedBy", detail["userIdentity"])
        expected = {"items": [{"resourceType": "image", "tags": [{"key": "a", "value": "b"}]}]}
        self.assertEqual(expected, detail["requestParameters"]["tagSpecificationSet"])

    def test_assumed_roles_are_named(self):
        iam, sts, role = self.emulator.client("iam"), self.emulator.client("sts"), unique("role")
        arn = iam.create_role(RoleName=role, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
        key = sts.assume_role(RoleArn=arn, RoleSessionName="night")["Credentials"]["AccessKeyId"]
        source = instance(self.emulator)
        queue = subscribe(self.emulator, trail("CreateImage", requestParameters={"instanceId": [source]}))
        self.emulator.client("ec2", key=key).create_image(InstanceId=source, Name=unique())
        identity = received(self.emulator, queue)["detail"]["userIdentity"]
        self.assertEqual(f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/night", identity["arn"])
        self.assertEqual((key, role), (identity["accessKeyId"], identity["sessionContext"]["sessionIssuer"]["userName"]))

    def test_failures_and_dry_runs_are_recorded_without_response(self):
        source, ec2 = instance(self.emulator), self.emulator.client("ec2")
        unknown = "i-0aaaabbbbccccdddd"
        queue = subscribe(self.emulator, trail("CreateImage", requestParameters={"instanceId": [source, unknown]}))
        for wrong in ({"InstanceId": unknown}, {"InstanceId": source, "DryRun": True}):
            with self.assertRaises(ec2.exceptions.ClientError):
                ec2.create_image(Name=unique(), **wrong)
        details = [received(self.emulator, queue)["detail"] for _ in range(2)]
        self.assertEqual(
            [("Client.DryRunOperation", None), ("Client.InvalidInstanceID.NotFound", None)],
            sorted((detail["errorCode"], detail["responseElements"]) for detail in details),
        )


class StateChange(Case):
    def states(self, emulator, created):
        entries = emulator.control("events")["events"]
        mine = [e["envelope"] for e in entries if created in str(e["envelope"].get("resources"))]
        return [(e["detail"]["State"], e["detail"]["ErrorMessage"]) for e in mine]

    def test_every_change_of_an_image_is_an_event(self):
        emulator = automatic()
        ec2, created = emulator.client("ec2"), image(emulator)
        ec2.disable_image(ImageId=created)
        ec2.enable_image(ImageId=created)
        ec2.deregister_image(ImageId=created)
        names = ["available", "disabled", "available", "deregistered"]
        self.assertEqual([(name, "") for name in names], self.states(emulator, created))

    def test_failure_tells_its_reason(self):
        emulator = manual()
        created = image(emulator, wait=False)
        emulator.control("images", {"region": TOKYO, "imageId": created, "state": "failed", "reason": "no space"})
        self.assertEqual([("failed", "no space")], self.states(emulator, created))

    def test_shape(self):
        emulator = automatic()
        queue = subscribe(emulator, {"detail-type": ["EC2 AMI State Change"], "detail": {"State": ["disabled"]}})
        created = image(emulator)
        emulator.client("ec2").disable_image(ImageId=created)
        event = received(emulator, queue)
        self.assertEqual([f"arn:aws:ec2:{TOKYO}::image/{created}"], event["resources"])
        self.assertEqual({"RequestId", "ImageId", "State", "ErrorMessage"}, set(event["detail"]))
        self.assertEqual("aws.ec2", event["source"])


class Bus(Case):
    def setUp(self):
        self.emulator, self.source = automatic(), unique("my.source")

    def send(self):
        entry = {"Source": self.source, "DetailType": "thing", "Detail": '{"n": 1}', "Resources": ["arn:x"]}
        self.emulator.client("events").put_events(Entries=[entry])

    def test_put_events_carries_the_whole_envelope(self):
        queue = subscribe(self.emulator, {"source": [self.source]})
        self.send()
        event = received(self.emulator, queue)
        self.assertEqual(
            {"version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail"}, set(event)
        )
        self.assertEqual((ACCOUNT, ["arn:x"], {"n": 1}), (event["account"], event["resources"], event["detail"]))
        self.assertRegex(event["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")

    def test_queue_without_policy_gets_nothing(self):
        queue = subscribe(self.emulator, {"source": [self.source]}, policy=False)
        self.send()
        self.assertIsNone(received(self.emulator, queue, wait=0))

    def test_undeliverable_events_reach_the_dead_letter_queue_of_the_target(self):
        sqs, events = self.emulator.client("sqs"), self.emulator.client("events")
        dead = sqs.create_queue(QueueName=unique("dead"))["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        rule = unique("rule")
        rule_arn = events.put_rule(Name=rule, EventPattern=json.dumps({"source": [self.source]}))["RuleArn"]
        sqs.set_queue_attributes(QueueUrl=dead, Attributes={"Policy": json.dumps(queue_policy(arn, rule_arn))})
        missing = arn.rsplit(":", 1)[0] + ":missing"
        events.put_targets(Rule=rule, Targets=[{"Id": "1", "Arn": missing, "DeadLetterConfig": {"Arn": arn}}])
        self.send()
        message = sqs.receive_message(QueueUrl=dead, WaitTimeSeconds=2, MessageAttributeNames=["All"])["Messages"][0]
        self.assertEqual("RESOURCE_NOT_FOUND", message["MessageAttributes"]["ERROR_CODE"]["StringValue"])
        self.assertEqual(rule_arn, message["MessageAttributes"]["RULE_ARN"]["StringValue"])
        self.assertEqual(self.source, json.loads(message["Body"])["source"])

    def test_inputs_are_transformed(self):
        constant = subscribe(self.emulator, {"source": [self.source]}, Input='{"do": "this"}')
        part = subscribe(self.emulator, {"source": [self.source]}, InputPath="$.detail")
        self.send()
        self.assertEqual({"do": "this"}, received(self.emulator, constant))
        self.assertEqual({"n": 1}, received(self.emulator, part))

    def test_schedules_and_disabled_rules_see_no_events(self):
        queue = subscribe(self.emulator, {"source": [self.source]})
        arn = self.emulator.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        events, rule, clock = self.emulator.client("events"), queue.rsplit("/", 1)[-1], unique("clock")
        scheduled = events.put_rule(Name=clock, ScheduleExpression="rate(15 minutes)")["RuleArn"]
        policy = json.dumps(queue_policy(arn, scheduled))
        self.emulator.client("sqs").set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
        events.put_targets(Rule=clock, Targets=[{"Id": "1", "Arn": arn}])
        events.disable_rule(Name=rule)
        self.send()
        self.assertIsNone(received(self.emulator, queue, wait=0))


class Holding(Case):
    """Holding concerns all events of an emulator."""

    def setUp(self):
        self.emulator = alone()

    def test_events_are_delivered_in_the_order_given_with_duplicates_and_losses(self):
        queue = subscribe(self.emulator, {"detail-type": ["EC2 AMI State Change"]})
        self.emulator.control("events/hold", {})
        ec2 = self.emulator.client("ec2")
        made = [ec2.register_image(Name=unique())["ImageId"] for _ in range(3)]
        held = self.emulator.control("events/held")["events"]
        self.assertEqual(made, [event["envelope"]["detail"]["ImageId"] for event in held])
        self.assertIsNone(received(self.emulator, queue, wait=0))
        self.emulator.control("events/release", {"order": [2, 0, 2]})
        arrived = [received(self.emulator, queue)["detail"]["ImageId"] for _ in range(3)]
        self.assertEqual([made[2], made[0], made[2]], arrived)
        self.emulator.wait_until_idle()
        log = self.emulator.control("events")["events"][-3:]
        self.assertEqual([("delivered", 1), ("dropped", 0), ("delivered", 2)], [(e["state"], e["deliveries"]) for e in log])
        ec2.register_image(Name=unique())
        self.assertIsNotNone(received(self.emulator, queue))

    def test_any_envelope_can_be_put(self):
        queue = subscribe(self.emulator, {"source": ["aws.ec2"], "detail": {"eventName": ["Nonsense"]}})
        event = {"source": "aws.ec2", "detail": {"eventName": "Nonsense", "requestParameters": 7}}
        self.emulator.control("events/put", {"region": TOKYO, "event": event})
        self.assertEqual(event, received(self.emulator, queue))

    def test_region_that_is_down_delivers_when_it_is_up_again(self):
        queue = subscribe(self.emulator, {"source": ["late"]}, SINGAPORE)
        self.emulator.control("regions", {"region": SINGAPORE, "up": False})
        self.emulator.control("events/put", {"region": SINGAPORE, "event": {"source": "late"}})
        until(lambda: self.emulator.control("events")["events"][-1]["state"] == "waiting")
        self.emulator.control("regions", {"region": SINGAPORE, "up": True})
        self.assertEqual({"source": "late"}, received(self.emulator, queue, SINGAPORE))


if __name__ == "__main__":
    unittest.main()
