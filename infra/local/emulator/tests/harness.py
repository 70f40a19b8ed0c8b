"""Starts emulators for the tests and talks to them, over AWS's APIs and over the control API."""

import atexit
import functools
import io
import json
import subprocess
import sys
import time
import unittest
import urllib.request
import uuid
import zipfile
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

FOLDER = Path(__file__).resolve().parent.parent
TOKYO, SINGAPORE = "ap-northeast-1", "ap-southeast-1"
TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})


class Emulator:
    def __init__(self, *options):
        command = [sys.executable, str(FOLDER), "--port", "0", *options]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.endpoint = json.loads(self.process.stdout.readline())["endpoint"]
        atexit.register(self.stop)

    def stop(self):
        self.process.stdin.close()
        self.process.wait(5)
        self.process.stdout.close()
        atexit.unregister(self.stop)

    @functools.cache
    def client(self, service, region=TOKYO, key="AKIALOCALLOCALLOCAL1", user_agent="", **config):
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=self.endpoint,
            aws_access_key_id=key,
            aws_secret_access_key="local",
            config=Config(user_agent_extra=user_agent, retries={"total_max_attempts": 1}, **config),
        )

    def control(self, path, body=None, method=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.endpoint}/_lastgood/{path}", data=data, method=method)
        with urllib.request.urlopen(request) as response:
            return json.load(response)

    def wait_until_idle(self):
        until(lambda: self.control("events/idle")["idle"])


@functools.cache
def automatic():
    """The emulator all tests share: images are pending for a moment."""
    seconds = ("--image-seconds", "0.05", "--mapping-seconds", "0.02", "--snapshot-seconds", "0.05", "--validation-seconds", "0.1", "--refresh-seconds", "0.2")
    return Emulator(*seconds)


@functools.cache
def manual():
    """Images stay pending, and instance refreshes under way, until the control API says otherwise."""
    return Emulator("--image-seconds", "-1", "--snapshot-seconds", "-1", "--mapping-seconds", "0.4", "--refresh-seconds", "-1")


@functools.cache
def alone():
    """For what concerns everything in an emulator at once: holding events, Regions that are down."""
    return Emulator("--image-seconds", "0", "--snapshot-seconds", "0")


def until(condition, seconds=5):
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found or time.monotonic() > deadline:
            assert found, f"not within {seconds} s"
            return found
        time.sleep(0.02)


def unique(prefix="t"):
    return f"{prefix}-{uuid.uuid4().hex[:12]}"


def base_image(emulator, region=TOKYO):
    return emulator.client("ec2", region).register_image(Name=unique("base"))["ImageId"]


def instance(emulator, region=TOKYO, data_volumes=0, **arguments):
    if data_volumes:
        arguments["BlockDeviceMappings"] = [
            {"DeviceName": f"/dev/sd{chr(ord('f') + number)}", "Ebs": {"VolumeSize": 20 + number}} for number in range(data_volumes)
        ]
    ec2 = emulator.client("ec2", region)
    started = ec2.run_instances(ImageId=base_image(emulator, region), MinCount=1, MaxCount=1, **arguments)
    return started["Instances"][0]["InstanceId"]


def volumes(emulator, instance_id, region=TOKYO):
    """The ids of an instance's volumes, root first."""
    attached = [{"Name": "attachment.instance-id", "Values": [instance_id]}]
    found = emulator.client("ec2", region).describe_volumes(Filters=attached)["Volumes"]
    return [volume["VolumeId"] for volume in sorted(found, key=lambda volume: volume["Attachments"][0]["Device"])]


def snapshot(emulator, snapshot_id, region=TOKYO):
    return emulator.client("ec2", region).describe_snapshots(SnapshotIds=[snapshot_id])["Snapshots"][0]


def image(emulator, region=TOKYO, source=None, wait=True, **arguments):
    ec2 = emulator.client("ec2", region)
    created = ec2.create_image(InstanceId=source or instance(emulator, region), Name=unique("image"), **arguments)["ImageId"]
    if wait:
        until(lambda: describe(emulator, created, region)["State"] == "available")
    return created


def describe(emulator, image_id, region=TOKYO):
    found = emulator.client("ec2", region).describe_images(ImageIds=[image_id], IncludeDisabled=True)["Images"]
    return found[0] if found else None


def subscribe(emulator, pattern, region=TOKYO, policy=True, **target):
    """A queue behind a rule; answers its URL."""
    name = unique("queue")
    sqs, events = emulator.client("sqs", region), emulator.client("events", region)
    rule = events.put_rule(Name=name, EventPattern=json.dumps(pattern))["RuleArn"]
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    if policy:
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(queue_policy(arn, rule))})
    events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn, **target}])
    return url


def queue_policy(queue_arn, rule_arn):
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule_arn}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def received(emulator, url, region=TOKYO, wait=2):
    """The next message's body, parsed."""
    answer = emulator.client("sqs", region).receive_message(QueueUrl=url, WaitTimeSeconds=wait)
    return json.loads(answer["Messages"][0]["Body"]) if answer.get("Messages") else None


def code_zip():
    """A function's code: what matters is only that it comes back unchanged."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("bootstrap", "#!/bin/sh\n")
    return data.getvalue()


def template(emulator, image_id=None, region=TOKYO, **data):
    """A launch template; answers its id. Its version 1 has the image."""
    data = {"ImageId": image_id or base_image(emulator, region), "InstanceType": "t3.micro"} | data
    made = emulator.client("ec2", region).create_launch_template(LaunchTemplateName=unique("template"), LaunchTemplateData=data)
    return made["LaunchTemplate"]["LaunchTemplateId"]


def version(emulator, template_id, image_id, source="1", region=TOKYO, **arguments):
    """A version with another image; answers its number as groups name it."""
    ec2, arguments = emulator.client("ec2", region), {"SourceVersion": source, "LaunchTemplateData": {"ImageId": image_id}} | arguments
    return str(ec2.create_launch_template_version(LaunchTemplateId=template_id, **arguments)["LaunchTemplateVersion"]["VersionNumber"])


def group(emulator, size=2, region=TOKYO, **launches):
    """An Auto Scaling group; answers its name."""
    name = unique("group")
    emulator.client("autoscaling", region).create_auto_scaling_group(
        AutoScalingGroupName=name, MinSize=0, MaxSize=10, DesiredCapacity=size, AvailabilityZones=[region + "a"], **launches
    )
    return name


def group_of(emulator, name, region=TOKYO):
    return emulator.client("autoscaling", region).describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"][0]


def images_of(emulator, name, region=TOKYO):
    """What the group's instances run, sorted."""
    ids = [instance["InstanceId"] for instance in group_of(emulator, name, region)["Instances"]]
    reservations = emulator.client("ec2", region).describe_instances(InstanceIds=ids)["Reservations"]
    return sorted(instance["ImageId"] for reservation in reservations for instance in reservation["Instances"])


class Case(unittest.TestCase):
    def refused(self, code):
        """Expects AWS's error of that code."""
        return _Refused(self, code)


class _Refused:
    def __init__(self, case, code):
        self.case, self.code = case, code

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind is None:
            self.case.fail(f"expected {self.code}, and the call succeeded")
        if issubclass(kind, ClientError):
            self.case.assertEqual(self.code, error.response["Error"]["Code"])
            return True
        return False
