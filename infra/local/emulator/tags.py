"""EC2 tags: found directly, and aws: refused to customers.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions
"""

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.core import TaggedEC2Resource
from moto.ec2.models.tags import TagBackend
from moto.ec2.responses.tags import TagResponse
from moto.ec2.utils import EC2_PREFIX_TO_RESOURCE, get_prefix

RESERVED = "aws:"


def install():
    _look_up_directly()
    for action in ("create_tags", "delete_tags", "delete_tag_keys"):
        _index(action)
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


def _index(action):
    original = getattr(TagBackend, action)

    def indexed(self, resource_ids, tags):
        before = {resource_id: dict(self.tags.get(resource_id, {})) for resource_id in resource_ids}
        answer = original(self, resource_ids, tags)
        for resource_id, old in before.items():
            _reindex(self, resource_id, old, self.tags.get(resource_id, {}))
        return answer

    setattr(TagBackend, action, indexed)


def _reindex(backend, resource_id, old, new):
    found = backend.__dict__.setdefault("tagged", {})
    for tag in old.items() - new.items():
        found[tag].discard(resource_id)
    for tag in new.items() - old.items():
        found.setdefault(tag, set()).add(resource_id)


def having(backend, key, value):
    """The ids of what has that tag."""
    return backend.__dict__.get("tagged", {}).get((key, value), set())


def forget(backend, resource_id):
    _reindex(backend, resource_id, backend.tags.pop(resource_id, {}), {})


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


def copied_by_a_user(resource):
    """The resource's tags that a call may copy on: those of AWS stay behind."""
    own = resource.ec2_backend.tags.get(resource.id, {})
    return {key: value for key, value in own.items() if not key.startswith(RESERVED)}
