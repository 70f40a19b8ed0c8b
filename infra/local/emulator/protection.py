"""What must not be deleted: locked snapshots, images protected from deregistration. The codes of the refusals are not documented.

https://docs.aws.amazon.com/ebs/latest/userguide/snapshot-lock-concepts.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_LockedSnapshotsInfo.html
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ami-deregistration-protection.html
"""

from datetime import timedelta

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.amis import Ami, AmiBackend
from moto.ec2.models.elastic_block_store import EBSBackend, Snapshot
from moto.ec2.responses.amis import AmisResponse
from moto.ec2.responses.elastic_block_store import ElasticBlockStore

from . import filters, images

REFUSED = "OperationNotPermitted"


def install():
    Snapshot.lock = None
    Ami.deregistration_protection = "disabled"
    ElasticBlockStore.lock_snapshot = _lock
    ElasticBlockStore.unlock_snapshot = _unlock
    ElasticBlockStore.describe_locked_snapshots = _describe_locked
    AmisResponse.enable_image_deregistration_protection = _enable
    AmisResponse.disable_image_deregistration_protection = _disable
    _refuse(EBSBackend, "delete_snapshot", lambda backend, item: state(backend.get_snapshot(item)) in ("governance", "compliance"))
    _refuse(AmiBackend, "deregister_image", lambda backend, item: images.of(backend, item).deregistration_protection != "disabled")


def _refuse(kind, action, is_protected):
    original = getattr(kind, action)

    def refusing(self, item):
        if is_protected(self, item):
            raise EC2ClientError(REFUSED, f"{item} is protected from being deleted")
        return original(self, item)

    setattr(kind, action, refusing)


def state(snapshot):
    if snapshot.lock is None:
        return None
    return "expired" if utcnow() >= snapshot.lock["LockExpiresOn"] else snapshot.lock["LockState"]


def _lock(self):
    """No cooling-off period: compliance mode holds at once."""
    snapshot, days = self.ec2_backend.get_snapshot(self._get_param("SnapshotId")), self._get_param("LockDuration")
    self.error_on_dryrun()
    if state(snapshot) == "compliance":
        raise EC2ClientError(REFUSED, f"{snapshot.id} is locked in compliance mode")
    now = utcnow()
    snapshot.lock = {
        "OwnerId": snapshot.owner_id,
        "SnapshotId": snapshot.id,
        "LockState": self._get_param("LockMode"),
        "LockDuration": days,
        "LockCreatedOn": now,
        "LockDurationStartTime": now,
        "LockExpiresOn": now + timedelta(days=days) if days else self._get_param("ExpirationDate").replace(tzinfo=None),
    }
    return ActionResult(snapshot.lock)


def _unlock(self):
    snapshot = self.ec2_backend.get_snapshot(self._get_param("SnapshotId"))
    self.error_on_dryrun()
    if state(snapshot) == "compliance":
        raise EC2ClientError(REFUSED, f"{snapshot.id} is locked in compliance mode")
    snapshot.lock = None
    return ActionResult({"SnapshotId": snapshot.id})


def _describe_locked(self):
    self.error_on_dryrun()
    backend, ids = self.ec2_backend, self._get_param("SnapshotIds", [])
    found = [backend.get_snapshot(snapshot_id) for snapshot_id in ids] if ids else list(backend.snapshots.values())
    found = filters.apply([s for s in found if s.lock], self._filters_from_querystring(), {"lock-state": state})
    page, token = filters.page(found, self._get_param("MaxResults"), self._get_param("NextToken"))
    return ActionResult({"Snapshots": [{**s.lock, "LockState": state(s)} for s in page], "NextToken": token})


def _enable(self):
    image = images.of(self.ec2_backend, self._get_param("ImageId"))
    self.error_on_dryrun()
    image.deregistration_protection = "enabled-with-cooldown" if self._get_param("WithCooldown", False) else "enabled-without-cooldown"
    return ActionResult({"Return": "true"})


def _disable(self):
    """No time to cool down: the image can be deregistered at once."""
    image = images.of(self.ec2_backend, self._get_param("ImageId"))
    self.error_on_dryrun()
    image.deregistration_protection = "disabled"
    return ActionResult({"Return": "true"})
