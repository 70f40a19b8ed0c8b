"""Volumes of instances and stacks: an instance has those of its image, changed by its launch; a stack's volume is restored from a snapshot.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/block-device-mapping-concepts.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-volume.html
"""

from moto.ec2.models import ec2_backends
from moto.ec2.models.elastic_block_store import Volume, VolumeAttachment
from moto.ec2.responses.instances import InstanceResponse

# A change of any other property is made in place, or not at all here.
_REPLACED_BY = ("AvailabilityZone", "Encrypted", "KmsKeyId", "SnapshotId")


def install():
    # As the caller wrote them: moto fills in what the image is to say.
    InstanceResponse._parse_block_device_mapping = lambda self: self._get_param("BlockDeviceMappings", [])
    Volume.create_from_cloudformation_json = classmethod(_create)
    Volume.update_from_cloudformation_json = classmethod(_update)
    Volume.delete = lambda self, account_id, region_name: self.ec2_backend.delete_volume(self.id)
    # Ref is the volume's id.
    VolumeAttachment.physical_resource_id = property(lambda self: self.volume.id)
    VolumeAttachment.delete = _detach


def of_launch(image, wanted):
    """What to attach: the image's mappings, device by device overlaid by those of the launch, without what it takes out by NoDevice."""
    mappings = {mapping["DeviceName"]: dict(mapping["Ebs"]) for mapping in image.mappings}
    mappings.get(image.root_device_name, {}).setdefault("DeleteOnTermination", True)
    for mapping in wanted or []:
        device = mapping["DeviceName"]
        if "NoDevice" in mapping:
            mappings.pop(device, None)
        elif "Ebs" in mapping:
            mappings[device] = mappings.get(device, {}) | mapping["Ebs"]
    return [{"DeviceName": device, "Ebs": _typed(ebs)} for device, ebs in mappings.items()]


def _typed(ebs):
    """A template may have strings for numbers and booleans."""
    typed = dict(ebs)
    for name in ("Encrypted", "DeleteOnTermination"):
        if name in typed:
            typed[name] = str(typed[name]).lower() == "true"
    if "VolumeSize" in typed:
        typed["VolumeSize"] = int(typed["VolumeSize"])
    return typed


def _create(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
    properties = cloudformation_json["Properties"]
    size = properties.get("Size")
    volume = ec2_backends[account_id][region_name].create_volume(
        size=None if size is None else int(size),
        zone_name=properties["AvailabilityZone"],
        snapshot_id=properties.get("SnapshotId"),
        encrypted=str(properties.get("Encrypted", False)).lower() == "true",
        kms_key_id=properties.get("KmsKeyId"),
        volume_type=properties.get("VolumeType"),
    )
    volume.add_tags({tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])})
    volume.made_from = properties
    return volume


def _update(cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name):
    properties, before = cloudformation_json["Properties"], original_resource.made_from
    if all(properties.get(name) == before.get(name) for name in _REPLACED_BY):
        original_resource.add_tags({tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])})
        return original_resource
    new = cls.create_from_cloudformation_json(new_resource_name, cloudformation_json, account_id, region_name)
    backend = ec2_backends[account_id][region_name]
    if original_resource.attachment:
        backend.detach_volume(original_resource.id, original_resource.attachment.instance.id, original_resource.attachment.device)
    original_resource.delete(account_id, region_name)
    return new


def _detach(self, account_id, region_name):
    if self.volume.attachment is self:
        self.volume.ec2_backend.detach_volume(self.volume.id, self.instance.id, self.device)
