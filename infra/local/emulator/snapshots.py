"""How EBS snapshots come to be: pending first, then completed or error; sets of one instance; copies; deletion.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSnapshot.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSnapshots.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CopySnapshot.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSnapshot.html
"""

from types import SimpleNamespace

from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow
from moto.ec2.exceptions import EC2ClientError, InvalidParameterDependency, InvalidSnapshotIdError
from moto.ec2.models import ec2_backends
from moto.ec2.models.elastic_block_store import EBSBackend, Snapshot
from moto.ec2.responses.elastic_block_store import ElasticBlockStore
from moto.ec2.utils import random_snapshot_id

from . import calls, clock, regions, tags

# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Snapshot.html: what a copy says of its volume means nothing.
COPIED_VOLUME = "vol-ffffffff"

# https://docs.aws.amazon.com/ebs/latest/userguide/ebs-resource-quotas.html
PENDING_OF_A_VOLUME, PENDING_OF_A_SLOW_VOLUME, PENDING_COPIES = 5, 1, 20

# Called with a list of snapshots made by one call, when none of them is pending any more.
on_finished = []

_pending_seconds = 2.0


def set_pending(seconds):
    """How long snapshots made from now on stay pending; below 0: until the control API says so."""
    global _pending_seconds
    _pending_seconds = seconds


def install(pending_seconds):
    set_pending(pending_seconds)
    Snapshot.progress = property(lambda snapshot: "100%" if snapshot.status == "completed" else "0%")
    Snapshot.state_message = None
    Snapshot.full_snapshot_size_in_bytes = property(lambda snapshot: snapshot.volume.size << 30)
    ElasticBlockStore.create_snapshot = _create_snapshot
    ElasticBlockStore.create_snapshots = _create_snapshots
    ElasticBlockStore.copy_snapshot = _copy_snapshot
    ElasticBlockStore.delete_snapshot = _delete_snapshot
    EBSBackend.delete_snapshot = delete
    _restore_only_what_is_complete()


def add(backend, volume, description, snapshot_tags, source, **fields):
    """A new pending snapshot of a volume; source is the ARN's end of what it was made from. It starts to complete with begin."""
    frozen = SimpleNamespace(id=volume.id, size=volume.size)
    snapshot = Snapshot(backend, random_snapshot_id(), frozen, description or "", encrypted=volume.encrypted, **fields)
    snapshot.status, snapshot.source, snapshot.images = "pending", source, set()
    backend.snapshots[snapshot.id] = snapshot
    of_volume(backend, volume.id).add(snapshot.id)
    snapshot.add_tags(snapshot_tags)
    _pending(backend)[snapshot.id] = snapshot
    return snapshot


def begin(made, event, timed=True):
    """The snapshots of one call begin at the same moment, and complete in time. event names the call in their events."""
    started, request_id = utcnow(), calls.current().request_id
    for snapshot in made:
        snapshot.start_time, snapshot.made_with, snapshot.event, snapshot.request_id = started, made, event, request_id
    if timed and _pending_seconds >= 0:
        clock.later(_pending_seconds, lambda: [finish(s.ec2_backend.region_name, s.id, "completed") for s in made])


def finish(region, snapshot_id, state, reason=""):
    """Ends a snapshot's time as pending. False if it is not pending (any more)."""
    snapshot = _pending(ec2_backends[DEFAULT_ACCOUNT_ID][region]).pop(snapshot_id, None)
    if snapshot is None:
        return False
    snapshot.status, snapshot.completion_time = state, utcnow()
    if state == "error":
        snapshot.state_message = reason or "An internal error has occurred"
    if all(other.status != "pending" for other in snapshot.made_with):
        for callback in on_finished:
            callback(snapshot.made_with)
    return True


def of_volume(backend, volume_id):
    """The ids of a volume's snapshots."""
    return backend.__dict__.setdefault("snapshots_of_volumes", {}).setdefault(volume_id, set())


def _pending(backend):
    return backend.__dict__.setdefault("pending_snapshots", {})


def _check_pending(backend, volumes):
    for volume in volumes:
        limit = PENDING_OF_A_SLOW_VOLUME if volume.volume_type in ("st1", "sc1") else PENDING_OF_A_VOLUME
        if sum(snapshot.volume.id == volume.id for snapshot in _pending(backend).values()) >= limit:
            message = f"Maximum allowed in-progress snapshots for a single volume exceeded: {volume.id}"
            raise EC2ClientError("ConcurrentSnapshotLimitExceeded", message)


def _create_snapshot(self):
    volume = self.ec2_backend.get_volume(self._get_param("VolumeId"))
    snapshot_tags = tags.of_specifications(self._get_param("TagSpecifications"), "snapshot")
    self.error_on_dryrun()
    _check_pending(self.ec2_backend, [volume])
    snapshot = add(self.ec2_backend, volume, self._get_param("Description"), snapshot_tags, f"volume/{volume.id}")
    begin([snapshot], "createSnapshot")
    return ActionResult(snapshot)


def _create_snapshots(self):
    wanted = self._get_param("InstanceSpecification", {})
    instance = self.ec2_backend.get_instance(wanted.get("InstanceId"))
    own_tags = tags.of_specifications(self._get_param("TagSpecifications"), "snapshot")
    volumes = _volumes_of(self.ec2_backend, instance, wanted)
    self.error_on_dryrun()
    _check_pending(self.ec2_backend, volumes)
    made = []
    for volume in volumes:
        copied = tags.copied_by_a_user(volume) if self._get_param("CopyTagsFromSource") == "volume" else {}
        made.append(add(self.ec2_backend, volume, self._get_param("Description"), copied | own_tags, f"volume/{volume.id}"))
    begin(made, "createSnapshots")
    return ActionResult({"Snapshots": made})


def _volumes_of(backend, instance, wanted):
    if instance.state not in ("running", "stopped"):
        raise EC2ClientError("IncorrectInstanceState", f"The instance '{instance.id}' is not in a state from which snapshots can be made")
    volumes = {device: block.volume_id for device, block in instance.get_block_device_mapping}
    excluded = set(wanted.get("ExcludeDataVolumeIds", []))
    if volumes.get(instance.root_device_name) in excluded:
        raise EC2ClientError("InvalidParameterValue", "The root volume is excluded with ExcludeBootVolume")
    if wanted.get("ExcludeBootVolume", False):
        volumes.pop(instance.root_device_name, None)
    chosen = [backend.get_volume(volume_id) for volume_id in volumes.values() if volume_id not in excluded]
    if not chosen:
        raise EC2ClientError("InvalidParameterValue", f"There are no volumes of {instance.id} to make snapshots of")
    return chosen


def _copy_snapshot(self):
    backend, source_region, source_id = self.ec2_backend, self._get_param("SourceRegion"), self._get_param("SourceSnapshotId")
    snapshot_tags = tags.of_specifications(self._get_param("TagSpecifications"), "snapshot")
    if regions.is_down(source_region):
        raise EC2ClientError("Unavailable", f"{source_region} cannot be reached")
    source = ec2_backends[backend.account_id][source_region].snapshots.get(source_id)
    if source is None:
        raise InvalidSnapshotIdError()
    if source.status != "completed":
        raise EC2ClientError("IncorrectState", f"The snapshot '{source_id}' is not in the completed state")
    key = self._get_param("KmsKeyId")
    if key and not self._get_param("Encrypted", False):
        raise InvalidParameterDependency("KmsKeyId", "Encrypted")
    self.error_on_dryrun()
    if sum(snapshot.volume.id == COPIED_VOLUME for snapshot in _pending(backend).values()) >= PENDING_COPIES:
        raise EC2ClientError("ResourceLimitExceeded", "Too many snapshot copies in progress. The limit is 20 for this destination region.")
    encrypted = self._get_param("Encrypted", False) or source.encrypted
    copy = add_copy(backend, source, self._get_param("Description"), snapshot_tags, encrypted, kms_key_id=key)
    begin([copy], "copySnapshot")
    return ActionResult({"SnapshotId": copy.id, "Tags": copy.tag_set})


def add_copy(backend, source, description, snapshot_tags, encrypted, **fields):
    volume = SimpleNamespace(id=COPIED_VOLUME, size=source.volume.size, encrypted=encrypted)
    copy = add(backend, volume, description, snapshot_tags, f"snapshot/{source.id}", **fields)
    copy.source_region = source.ec2_backend.region_name
    return copy


def _delete_snapshot(self):
    snapshot_id = self._get_param("SnapshotId")
    self.ec2_backend.get_snapshot(snapshot_id)
    self.error_on_dryrun()
    self.ec2_backend.delete_snapshot(snapshot_id)
    return EmptyResult()


def delete(self, snapshot_id):
    snapshot = self.get_snapshot(snapshot_id)
    used_by = next((image_id for image_id in getattr(snapshot, "images", ()) if image_id in self.amis), None)
    if used_by:
        raise EC2ClientError("InvalidSnapshot.InUse", f"The snapshot {snapshot_id} is currently in use by {used_by}")
    finish(self.region_name, snapshot_id, "deleted")
    tags.forget(self, snapshot_id)
    of_volume(self, snapshot.volume.id).discard(snapshot_id)
    return self.snapshots.pop(snapshot_id)


def _restore_only_what_is_complete():
    original = EBSBackend.create_volume

    def create_volume(self, size, zone_name, snapshot_id=None, **keywords):
        if snapshot_id and self.get_snapshot(snapshot_id).status != "completed":
            raise EC2ClientError("IncorrectState", f"Snapshot is in invalid state - {self.get_snapshot(snapshot_id).status}")
        return original(self, size, zone_name, snapshot_id, **keywords)

    EBSBackend.create_volume = create_volume
