"""EventBridge from the default bus to SQS targets: rules, inputs, queue policies, dead-letter queues.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
"""

import json
import time
import uuid

from jsonpath_ng.ext import parse
from moto.core import DEFAULT_ACCOUNT_ID
from moto.events.models import Rule, events_backends
from moto.events.utils import EventTemplateParser
from moto.sqs.models import sqs_backends
from moto.utilities.arns import parse_arn

from . import queue_policy


def install():
    original = Rule.send_to_targets

    # What PutEvents brings, in the whole envelope: moto leaves out the account, counts the time in seconds, and lets rules that
    # are disabled or have only a schedule see every event.
    def send_to_targets(self, original_event, transform_input=True):
        if not _concerns(self, original_event):
            return
        envelope = {name: value for name, value in original_event.items() if name != "ingestion-time"}
        if isinstance(envelope.get("time"), (int, float)):
            envelope["time"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(envelope["time"]))
        if any(":sqs:" not in target["Arn"] for target in self.targets):
            original(self, original_event, transform_input)
        else:
            _send(self, envelope)

    Rule.send_to_targets = send_to_targets


def deliver(region, envelope):
    """Gives an event to the Region's rules. Answers what became of it, one line per target of a rule that matched."""
    rules = events_backends[DEFAULT_ACCOUNT_ID][region].event_buses["default"].rules.values()
    outcomes = []
    for rule in list(rules):
        if _concerns(rule, envelope):
            outcomes += _send(rule, envelope)
    return outcomes


def _concerns(rule, envelope):
    pattern = rule.event_pattern
    return rule.state == "ENABLED" and bool(pattern.get_pattern()) and pattern.matches_event(envelope)


def _send(rule, envelope):
    outcomes = []
    for target in rule.targets:
        arn = parse_arn(target["Arn"])
        if arn.service != "sqs":
            outcomes.append(f"{target['Arn']}: not delivered, only queues are")
            continue
        group = target.get("SqsParameters", {}).get("MessageGroupId")
        problem = _to_queue(rule, target["Arn"], _input(target, envelope), group)
        dead_letters = target.get("DeadLetterConfig", {}).get("Arn")
        if problem and dead_letters:
            _to_queue(rule, dead_letters, json.dumps(envelope), None, _why(rule, target, problem))
        outcomes.append(f"{target['Arn']}: {problem or 'delivered'}")
    return outcomes


def _to_queue(rule, queue_arn, body, group=None, attributes=None):
    """Nothing if the queue has the message, otherwise the error code EventBridge reports."""
    arn = parse_arn(queue_arn)
    backend = sqs_backends[arn.account][arn.region]
    queue = backend.queues.get(arn.resource_id)
    if queue is None:
        return "RESOURCE_NOT_FOUND"
    if not queue_policy.lets_rule_send(queue, rule.arn):
        return "NO_PERMISSIONS"
    # EventBridge gives FIFO queues no deduplication id: the queue itself must tell duplicates by their content.
    if queue.fifo_queue and not queue.content_based_deduplication:
        return "INVALID_PARAMETER"
    backend.send_message(arn.resource_id, body, message_attributes=attributes, group_id=group)
    return None


def _input(target, envelope):
    if "Input" in target:
        return target["Input"]
    if "InputPath" in target:
        found = parse(target["InputPath"]).find(envelope)
        return json.dumps(found[0].value if found else {})
    transformer = target.get("InputTransformer")
    if transformer:
        event = {**envelope, "ingestion-time": envelope.get("time")}
        return json.dumps(EventTemplateParser.parse(transformer["InputTemplate"], transformer.get("InputPathsMap", {}), event))
    return json.dumps(envelope)


def _why(rule, target, code):
    values = {
        "RULE_ARN": rule.arn,
        "TARGET_ARN": target["Arn"],
        "ERROR_CODE": code,
        "ERROR_MESSAGE": f"{code} ({uuid.uuid4()})",
        "EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts",
        "RETRY_ATTEMPTS": "0",
    }
    return {name: {"DataType": "String", "StringValue": value} for name, value in values.items()}
