"""How images come to be: pending first, then available or failed; copies; disabling; deregistering.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateImage.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CopyImage.html
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/disable-an-ami.html
"""

from datetime import timedelta

from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.ec2.exceptions import EC2ClientError, InvalidAMIIdError, UnvailableAMIIdError
from moto.ec2.models import ec2_backends
from moto.ec2.models.amis import Ami, AmiBackend
from moto.ec2.responses.amis import AmisResponse
from moto.ec2.utils import random_ami_id

from . import calls, clock, idempotency, image_snapshots, regions, tags

# Called with (image, state, error message) when an image changes its state.
on_state = []

_pending_seconds = 2.0
_last_created = None


def set_pending(seconds):
    """How long images made from now on stay pending; below 0: until the control API says so."""
    global _pending_seconds
    _pending_seconds = seconds


def install(pending_seconds):
    set_pending(pending_seconds)
    AmisResponse.create_image = _create_image
    AmisResponse.copy_image = _copy_image
    AmisResponse.deregister_image = _deregister_image
    _announce_registration()
    _announce_disabling()


def of(backend, image_id):
    """The image, or the error AWS answers when there is none."""
    if image_id not in backend.amis:
        raise UnvailableAMIIdError(image_id) if image_id in backend.deleted_amis else InvalidAMIIdError(image_id)
    return backend.amis[image_id]


def finish(region, image_id, state, reason=""):
    """Ends an image's time as pending. False if it is not pending (any more)."""
    image = ec2_backends[DEFAULT_ACCOUNT_ID][region].amis.get(image_id)
    if image is None or image.state != "pending":
        return False
    image.state = state
    if state == "failed":
        reason = reason or "The image could not be created."
        # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StateReason.html
        image.state_reason = {"Code": "Server.InternalError", "Message": reason}
    image_snapshots.finish(image, state)
    changed(image, state, reason)
    return True


def changed(image, state, error=""):
    for callback in on_state:
        callback(image, state, error)


def _add(backend, name, image_tags, **fields):
    """A new pending image. Names are unique among the images an account has in a Region."""
    global _last_created
    if name and any(image.name == name and image.owner_id == backend.account_id for image in backend.amis.values()):
        taken = next(image.id for image in backend.amis.values() if image.name == name)
        raise EC2ClientError("InvalidAMIName.Duplicate", f"AMI name {name} is already in use by AMI {taken}")
    created = utcnow()
    created = created.replace(microsecond=created.microsecond // 1000 * 1000)
    if _last_created and created <= _last_created:
        created = _last_created + timedelta(milliseconds=1)
    _last_created = created
    image = Ami(backend, random_ami_id(), name=name, state="pending", creation_date=created, **fields)
    image.state_reason = None
    image.request_id = calls.current().request_id
    image.source_image_id = image.source_image_region = None
    backend.amis[image.id] = image
    image.add_tags(image_tags)
    if _pending_seconds >= 0:
        clock.later(_pending_seconds, lambda: finish(backend.region_name, image.id, "available"))
    return image


def _create_image(self):
    image_tags = tags.of_specifications(self._get_param("TagSpecifications"), "image")
    snapshot_tags = tags.of_specifications(self._get_param("TagSpecifications"), "snapshot")
    instance = self.ec2_backend.get_instance(self._get_param("InstanceId"))
    if instance.state == "terminated":
        raise EC2ClientError("IncorrectInstanceState", "Instance is not in state 'running' or 'stopped'")
    changes = image_snapshots.changes(instance, self._get_param("BlockDeviceMappings"))
    self.error_on_dryrun()
    image = _add(
        self.ec2_backend,
        self._get_param("Name"),
        image_tags,
        instance=instance,
        description=self._get_param("Description", ""),
    )
    image.source_image_id, image.source_image_region = instance.image_id, self.region
    image.root_device_name = instance.root_device_name
    if of_instance := self.ec2_backend.amis.get(instance.image_id):
        image.architecture = of_instance.architecture or image.architecture
        image.virtualization_type = of_instance.virtualization_type or image.virtualization_type
    image_snapshots.of_instance(image, instance, changes, snapshot_tags)
    return ActionResult({"ImageId": image.id})


def _copy_image(self):
    wanted = {name: value for name, value in self.params.items() if name != "DryRun"}
    image_tags = tags.of_specifications(wanted.get("TagSpecifications"), "image")
    snapshot_tags = tags.of_specifications(wanted.get("TagSpecifications"), "snapshot")
    source_region = wanted.get("SourceRegion")
    if regions.is_down(source_region):
        raise EC2ClientError("Unavailable", f"{source_region} cannot be reached")
    backend = self.ec2_backend
    source = ec2_backends[backend.account_id][source_region].amis.get(wanted.get("SourceImageId"))
    if source is None:
        raise InvalidAMIIdError(wanted.get("SourceImageId"))
    if source.state != "available":
        raise UnvailableAMIIdError(source.id)
    self.error_on_dryrun()

    if wanted.get("CopyImageTags"):
        image_tags = tags.copied_by_a_user(source) | image_tags

    def copy():
        image = _add(backend, wanted.get("Name"), image_tags, source_ami=source, description=wanted.get("Description"))
        image.source_image_id, image.source_image_region = source.id, source_region
        image_snapshots.of_copy(image, source, snapshot_tags, wanted.get("Encrypted", False))
        return image

    return ActionResult({"ImageId": idempotency.once(backend, "CopyImage", wanted, copy).id})


def _deregister_image(self):
    image = of(self.ec2_backend, self._get_param("ImageId"))
    self.error_on_dryrun()
    self.ec2_backend.deregister_image(image.id)
    image_snapshots.finish(image, "available")
    # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeregisterImage.html
    results = image_snapshots.delete(image) if self._get_param("DeleteAssociatedSnapshots", False) else []
    changed(image, "deregistered")
    return ActionResult({"Return": True, "DeleteSnapshotResults": results})


def _announce_registration():
    original = AmiBackend.register_image

    # Available at once.
    def register_image(self, name=None, description=None):
        image = original(self, name, description)
        image.state_reason = image.source_image_id = image.source_image_region = None
        image.request_id = calls.current().request_id
        wanted = calls.current().params
        image.architecture, image.virtualization_type = wanted.get("Architecture"), wanted.get("VirtualizationType")
        image_snapshots.registered(image, wanted.get("BlockDeviceMappings"), wanted.get("RootDeviceName"))
        changed(image, "available")
        return image

    AmiBackend.register_image = register_image


def _announce_disabling():
    def disable_image(self, image_id):
        image = of(self, image_id)
        if image.state not in ("available", "disabled"):
            raise EC2ClientError("IncorrectState", f"The image '{image_id}' is in state {image.state}")
        if image.state != "disabled":
            image.state, image.launch_permissions = "disabled", []
            changed(image, "disabled")

    def enable_image(self, image_id):
        image = of(self, image_id)
        if image.state == "disabled":
            image.state = "available"
            changed(image, "available")

    AmiBackend.disable_image = disable_image
    AmiBackend.enable_image = enable_image
