"""Resource types that moto's CloudFormation leaves out.

Queue policies are made for real, because EventBridge needs them. Any other type becomes a name and an ARN, so that Ref and GetAtt
work in the rest of the template: alarms, trails, bucket policies and the like do nothing here.
"""

import functools
import json

from moto.cloudformation import parsing
from moto.core.common_models import CloudFormationModel
from moto.sqs.models import Queue, sqs_backends


def install():
    _name_unknown_types()
    _keep_what_cannot_be_updated()
    Queue.update_from_cloudformation_json = classmethod(_update_queue)


def _name_unknown_types():
    original = parsing.resource_class_from_type

    def resource_class_from_type(resource_type):
        known = resource_type in parsing.get_model_map() or resource_type in parsing.NULL_MODELS
        return original(resource_type) if known or resource_type.startswith("Custom::") else _named_only(resource_type)

    parsing.resource_class_from_type = resource_class_from_type


def _keep_what_cannot_be_updated():
    original = parsing.parse_and_update_resource

    # moto forgets a resource whose type it cannot update. Its properties stay as they are instead.
    def parse_and_update_resource(logical_id, resource_json, resources_map, account_id, region_name):
        old = resources_map[logical_id]
        new = original(logical_id, resource_json, resources_map, account_id, region_name)
        return old if new is None else new

    parsing.parse_and_update_resource = parse_and_update_resource


def _update_queue(cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name):
    # moto updates two of the attributes only.
    properties = cloudformation_json["Properties"]
    original_resource._set_attributes({k: v for k, v in properties.items() if k not in ("QueueName", "Tags", "FifoQueue")})
    return original_resource


class Resource(CloudFormationModel):
    """A resource of which only the name is real."""

    type = "Local::Resource"

    def __init__(self, name, properties, account_id, region):
        self.name, self.properties = name, properties
        service, kind = self.type.split("::")[-2:]
        self.arn = f"arn:aws:{service.lower()}:{region}:{account_id}:{kind.lower()}/{name}"

    @property
    def physical_resource_id(self):
        return self.name

    @classmethod
    def cloudformation_type(cls):
        return cls.type

    @staticmethod
    def cloudformation_name_type():
        return ""

    @classmethod
    def has_cfn_attr(cls, attr):
        return True

    def get_cfn_attribute(self, attribute_name):
        return self.arn if attribute_name.endswith("Arn") else self.name

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
        properties = cloudformation_json.get("Properties", {})
        kind = cls.type.split("::")[-1]
        name = next((properties[n] for n in ("Name", f"{kind}Name", "AlarmName") if n in properties), resource_name)
        return cls(name, properties, account_id, region_name)

    @classmethod
    def update_from_cloudformation_json(cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name):
        name = original_resource.name
        return cls.create_from_cloudformation_json(name, cloudformation_json, account_id, region_name)

    def delete(self, account_id, region_name):
        """There is nothing to delete."""


@functools.cache
def _named_only(resource_type):
    return type("Resource", (Resource,), {"type": resource_type})


class QueuePolicy(CloudFormationModel):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sqs-queuepolicy.html"""

    def __init__(self, name, queues):
        self.physical_resource_id, self.queues = name, queues

    @staticmethod
    def cloudformation_type():
        return "AWS::SQS::QueuePolicy"

    @staticmethod
    def cloudformation_name_type():
        return ""

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
        properties = cloudformation_json["Properties"]
        backend = sqs_backends[account_id][region_name]
        queues = [backend.get_queue(url.split("/")[-1]) for url in properties["Queues"]]
        for queue in queues:
            queue.policy = json.dumps(properties["PolicyDocument"])
        return cls(resource_name, queues)

    @classmethod
    def update_from_cloudformation_json(cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name):
        name = original_resource.physical_resource_id
        original_resource.delete(account_id, region_name)
        return cls.create_from_cloudformation_json(name, cloudformation_json, account_id, region_name)

    def delete(self, account_id, region_name):
        for queue in self.queues:
            queue.policy = None
