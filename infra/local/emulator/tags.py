"""EC2 tags: found directly, and aws: refused to customers.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions
"""

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.core import TaggedEC2Resource
from moto.ec2.responses.tags import TagResponse
from moto.ec2.utils import EC2_PREFIX_TO_RESOURCE, get_prefix

RESERVED = "aws:"


def install():
    _look_up_directly()
    _reserve("create_tags")
    _reserve("delete_tags")


def _look_up_directly():
    # moto matches every tag of the account against a pattern, once for every resource it describes.
    def get_tags(self):
        if not self.id:
            return []
        kind = EC2_PREFIX_TO_RESOURCE.get(get_prefix(self.id), "")
        return [
            {"resource_id": self.id, "key": key, "value": value, "resource_type": kind}
            for key, value in self.ec2_backend.tags.get(self.id, {}).items()
        ]

    TaggedEC2Resource.get_tags = get_tags


def _reserve(action):
    original = getattr(TagResponse, action)

    def reserved(self):
        refuse_reserved(tag["Key"] for tag in self._get_param("Tags", []))
        return original(self)

    reserved.__name__ = action
    setattr(TagResponse, action, reserved)


def refuse_reserved(keys):
    for key in keys:
        if key.lower().startswith(RESERVED):
            raise EC2ClientError(
                "InvalidParameterValue", f"Value ( {key} ) for parameter key is invalid. Tag keys starting with 'aws:' are reserved for internal use"
            )


def of_specifications(specifications, resource_type):
    """The tags that TagSpecifications give to one type of resource, as a dictionary."""
    tags = {}
    for specification in specifications or []:
        if specification.get("ResourceType") == resource_type:
            tags.update({tag["Key"]: tag.get("Value", "") for tag in specification.get("Tags", [])})
    refuse_reserved(tags)
    return tags
