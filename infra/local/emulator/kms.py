"""KMS keys from CloudFormation are what their template says; MACs answer like AWS.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-kms-key.html
https://docs.aws.amazon.com/kms/latest/APIReference/API_VerifyMac.html
"""

import json

from moto.kms.exceptions import KMSInvalidMacException
from moto.kms.models import Key, kms_backends
from moto.kms.responses import KmsResponse


def install():
    _keep_key_spec()
    _answer_key_arn("generate_mac")
    _answer_key_arn("verify_mac")
    _describe_invalid_mac()


def _keep_key_spec():
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
        properties = cloudformation_json["Properties"]
        policy = properties.get("KeyPolicy")
        key = kms_backends[account_id][region_name].create_key(
            policy=json.dumps(policy) if isinstance(policy, dict) else policy,
            key_usage=properties.get("KeyUsage", "ENCRYPT_DECRYPT"),
            key_spec=properties.get("KeySpec", "SYMMETRIC_DEFAULT"),
            description=properties.get("Description"),
            tags=[{"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in properties.get("Tags", [])],
        )
        key.key_rotation_status = properties.get("EnableKeyRotation", False)
        key.enabled = properties.get("Enabled", True)
        return key

    # KeySpec and KeyUsage cannot change without a replacement; moto's Key knows no updates at all.
    def update_from_cloudformation_json(cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name):
        properties = cloudformation_json["Properties"]
        original_resource.description = properties.get("Description") or ""
        original_resource.key_rotation_status = properties.get("EnableKeyRotation", False)
        return original_resource

    Key.create_from_cloudformation_json = classmethod(create_from_cloudformation_json)
    Key.update_from_cloudformation_json = classmethod(update_from_cloudformation_json)


def _answer_key_arn(action):
    original = getattr(KmsResponse, action)

    # Asked by id or alias, AWS answers with the key's ARN.
    def answer(self):
        document = json.loads(original(self))
        document["KeyId"] = self.kms_backend.describe_key(document["KeyId"]).arn
        return json.dumps(document)

    answer.__name__ = action
    setattr(KmsResponse, action, answer)


def _describe_invalid_mac():
    original = KMSInvalidMacException.__init__

    def __init__(self):
        original(self)
        self.description = json.dumps({"__type": "KMSInvalidMacException", "message": "The HMAC does not fit the message."})

    KMSInvalidMacException.__init__ = __init__
