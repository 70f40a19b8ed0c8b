"""CloudTrail's event history of the calls that cloudtrail.py records.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
"""

import json
from datetime import UTC, datetime

from moto.cloudtrail.responses import CloudTrailResponse
from moto.core.responses import ActionResult

from . import cloudtrail
from .moto_calls import Refusal

LARGEST_PAGE = 50

_TYPES = {"ami": "AWS::EC2::Ami", "i": "AWS::EC2::Instance", "snap": "AWS::EC2::Snapshot"}

_ATTRIBUTES = {
    "AccessKeyId": lambda event: [event["userIdentity"]["accessKeyId"]],
    "EventId": lambda event: [event["eventID"]],
    "EventName": lambda event: [event["eventName"]],
    "EventSource": lambda event: [event["eventSource"]],
    "ReadOnly": lambda event: ["false"],
    "ResourceName": lambda event: _resources(event),
    "ResourceType": lambda event: [_type(name) for name in _resources(event)],
}


def install():
    CloudTrailResponse.lookup_events = _lookup_events


def _resources(event):
    """The ids in a request and its answer."""
    values = [*event["requestParameters"].values(), *(event["responseElements"] or {}).values()]
    return [value for value in values if isinstance(value, str) and _type(value)]


def _type(name):
    return _TYPES.get(name.split("-")[0]) if "-" in name else None


def _lookup_events(self):
    wanted, limit, start = self._get_param("LookupAttributes") or [], self._get_param("MaxResults") or LARGEST_PAGE, self._get_param("NextToken")
    if len(wanted) > 1 or any(attribute["AttributeKey"] not in _ATTRIBUTES for attribute in wanted):
        raise Refusal("InvalidLookupAttributesException", "One lookup attribute can be given, and Username is not known here.")
    if not 1 <= limit <= LARGEST_PAGE:
        raise Refusal("InvalidMaxResultsException", "A limit of at most 50 results can be specified.")
    found = [event for event in reversed(cloudtrail.history) if event["awsRegion"] == self.region and _is_in_time(self, event)]
    for attribute in wanted:
        values_of = _ATTRIBUTES[attribute["AttributeKey"]]
        found = [event for event in found if attribute["AttributeValue"] in values_of(event)]
    # A token names the last event of its page: newer ones come before it.
    if start:
        found = found[[event["eventID"] for event in found].index(start) + 1 :]
    page = found[:limit]
    return ActionResult({"Events": [_shown(event) for event in page], "NextToken": page[-1]["eventID"] if len(found) > limit else None})


def _is_in_time(self, event):
    moment = _moment(event).timestamp()
    return float(self._get_param("StartTime") or 0) <= moment <= float(self._get_param("EndTime") or moment)


def _moment(event):
    return datetime.strptime(event["eventTime"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def _shown(event):
    return {
        "EventId": event["eventID"],
        "EventName": event["eventName"],
        "EventSource": event["eventSource"],
        "EventTime": _moment(event),
        "ReadOnly": "false",
        "AccessKeyId": event["userIdentity"]["accessKeyId"],
        "Username": event["userIdentity"]["arn"].rsplit("/", 1)[-1],
        "Resources": [{"ResourceType": _type(name), "ResourceName": name} for name in _resources(event)],
        "CloudTrailEvent": json.dumps(event),
    }
