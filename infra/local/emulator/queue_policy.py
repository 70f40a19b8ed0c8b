"""Whether a queue's policy lets an EventBridge rule send to it: without one, nothing arrives.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-sqs-permissions
"""

import fnmatch
import json

_ACTIONS = {"sqs:sendmessage", "sqs:*", "*"}
_PRINCIPAL = "events.amazonaws.com"


def lets_rule_send(queue, rule_arn):
    statements = json.loads(queue.policy)["Statement"] if queue.policy else []
    if isinstance(statements, dict):
        statements = [statements]
    return any(_allows(statement, rule_arn) for statement in statements)


def _allows(statement, rule_arn):
    """Denials are not looked at: those CDK writes are about unencrypted transport, which EventBridge never uses."""
    return (
        statement.get("Effect") == "Allow"
        and any(action.lower() in _ACTIONS for action in _list(statement.get("Action")))
        and _is_for_eventbridge(statement.get("Principal"))
        and all(_holds(operator, keys, rule_arn) for operator, keys in statement.get("Condition", {}).items())
    )


def _is_for_eventbridge(principal):
    if isinstance(principal, dict):
        return _PRINCIPAL in _list(principal.get("Service")) or "*" in _list(principal.get("AWS"))
    return principal == "*"


def _holds(operator, keys, rule_arn):
    for key, wanted in keys.items():
        actual = {"aws:sourcearn": rule_arn, "aws:sourceaccount": rule_arn.split(":")[4]}.get(key.lower())
        # Conditions on anything else (encryption in transit and the like) hold for EventBridge.
        if actual is None:
            continue
        matches = any(fnmatch.fnmatchcase(actual, pattern) for pattern in _list(wanted))
        if matches == ("Not" in operator):
            return False
    return True


def _list(value):
    return value if isinstance(value, list) else [] if value is None else [value]
