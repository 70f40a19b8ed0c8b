"""CloudTrail's record of CreateImage, CopyImage and CopySnapshot, successful or not, as EventBridge delivers it.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
"""

import re
import time
import uuid

from moto.core import DEFAULT_ACCOUNT_ID
from moto.sts.models import sts_backends

from . import calls, events

RECORDED = {("ec2", "CreateImage"), ("ec2", "CopyImage"), ("ec2", "CopySnapshot")}

# All records, the oldest first.
history = []

# AWS services that call in the customer's name say so in the user agent; here whoever plays them does.
SERVICES = ("backup.amazonaws.com", "ssm.amazonaws.com")

_MADE = re.compile(r"<(imageId|snapshotId)>([^<]*)</")


def install():
    calls.on_finished.append(_record)


def _record(call):
    if (call.service, call.action) not in RECORDED:
        return
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    service = next((name for name in SERVICES if name in call.user_agent), None)
    detail = {
        "eventVersion": "1.11",
        "userIdentity": _identity(call, service, moment),
        "eventTime": moment,
        "eventSource": f"{call.service}.amazonaws.com",
        "eventName": call.action,
        "awsRegion": call.region,
        "sourceIPAddress": service or call.source_ip,
        "userAgent": service or call.user_agent,
    }
    if call.status >= 400:
        side = "Server" if call.status >= 500 else "Client"
        detail["errorCode"] = f"{side}.{call.error}"
        detail["errorMessage"] = call.error_message
    detail["requestParameters"] = _parameters(call)
    detail["responseElements"] = None
    if call.status < 400:
        name, made = _MADE.search(call.body).groups()
        detail["responseElements"] = {"requestId": call.request_id, name: made}
    detail |= {
        "requestID": call.request_id,
        "eventID": str(uuid.uuid4()),
        "readOnly": False,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": DEFAULT_ACCOUNT_ID,
        "eventCategory": "Management",
    }
    history.append(detail)
    events.emit(call.region, "aws.ec2", "AWS API Call via CloudTrail", detail)


def _identity(call, service, moment):
    role, session, role_id = _role(call, service)
    name = role.rsplit("/", 1)[-1]
    identity = {
        "type": "AssumedRole",
        "principalId": f"{role_id}:{session}",
        "arn": f"arn:aws:sts::{DEFAULT_ACCOUNT_ID}:assumed-role/{name}/{session}",
        "accountId": DEFAULT_ACCOUNT_ID,
        "accessKeyId": call.access_key,
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": role_id,
                "arn": f"arn:aws:iam::{DEFAULT_ACCOUNT_ID}:role/{role}",
                "accountId": DEFAULT_ACCOUNT_ID,
                "userName": name,
            },
            "attributes": {"creationDate": moment, "mfaAuthenticated": "false"},
        },
    }
    if service:
        identity["invokedBy"] = service
    return identity


def _role(call, service):
    """The role behind an access key that STS gave out; otherwise one that is named after the service or the key."""
    assumed = sts_backends[DEFAULT_ACCOUNT_ID]["aws"].get_assumed_role_from_access_key(call.access_key)
    if assumed:
        return assumed.role_arn.split(":role/", 1)[1], assumed.session_name, assumed.user_id.split(":")[0]
    if service == "backup.amazonaws.com":
        return "service-role/AWSBackupDefaultServiceRole", "AWSBackup-AWSBackupDefaultServiceRole", "AROALOCALBACKUPROLE01"
    if service == "ssm.amazonaws.com":
        return "AutomationServiceRole", f"Automation-{uuid.uuid4()}", "AROALOCALAUTOMATION01"
    return "Local", call.access_key or "anonymous", "AROALOCALROLE00000001"


def _parameters(call):
    given = call.params
    if call.action == "CreateImage":
        recorded = {"instanceId": given.get("InstanceId"), "name": given.get("Name")}
        recorded["description"] = given.get("Description")
        recorded["noReboot"] = bool(given.get("NoReboot", False))
        mappings = given.get("BlockDeviceMappings")
        recorded["blockDeviceMapping"] = {"items": _camel(mappings)} if mappings else {}
    else:
        recorded = {
            "sourceRegion": given.get("SourceRegion"),
            "sourceImageId": given.get("SourceImageId"),
            "sourceSnapshotId": given.get("SourceSnapshotId"),
            "name": given.get("Name"),
            "description": given.get("Description"),
            "encrypted": bool(given.get("Encrypted", False)),
            "kmsKeyId": given.get("KmsKeyId"),
            "clientToken": given.get("ClientToken"),
            "copyImageTags": given.get("CopyImageTags"),
        }
    if given.get("TagSpecifications"):
        recorded["tagSpecificationSet"] = {"items": _camel(given["TagSpecifications"])}
    return {name: value for name, value in recorded.items() if value is not None}


def _camel(value):
    if isinstance(value, dict):
        return {name[:1].lower() + name[1:]: _camel(inner) for name, inner in value.items()}
    return [_camel(inner) for inner in value] if isinstance(value, list) else value
