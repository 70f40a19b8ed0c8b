"""DescribeSnapshots, DescribeVolumes and DescribeInstances: the filters that lastgood uses, paging, and a cost that does not grow with a fleet.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshots.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVolumes.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html
"""

import copy

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError, InvalidInstanceIdError, InvalidVolumeIdError
from moto.ec2.models import EC2Backend
from moto.ec2.models.elastic_block_store import EBSBackend
from moto.ec2.models.instances import InstanceBackend
from moto.ec2.responses.elastic_block_store import ElasticBlockStore
from moto.ec2.responses.instances import InstanceResponse
from moto.ec2.utils import is_filter_matching, passes_filter_dict

from . import filters, snapshots
from .describe_images import timestamp

_SNAPSHOT_FILTERS = {
    "description": lambda snapshot: snapshot.description,
    "encrypted": lambda snapshot: str(snapshot.encrypted).lower(),
    "owner-id": lambda snapshot: snapshot.owner_id,
    "progress": lambda snapshot: snapshot.progress,
    "snapshot-id": lambda snapshot: snapshot.id,
    "start-time": lambda snapshot: timestamp(snapshot.start_time),
    "status": lambda snapshot: snapshot.status,
    "storage-tier": lambda snapshot: snapshot.storage_tier,
    "volume-id": lambda snapshot: snapshot.volume.id,
    "volume-size": lambda snapshot: str(snapshot.volume.size),
}
_VOLUME_FILTERS = {
    "attachment.instance-id": lambda volume: volume.attachment and volume.attachment.instance.id,
    "attachment.device": lambda volume: volume.attachment and volume.attachment.device,
    "snapshot-id": lambda volume: volume.snapshot_id,
    "status": lambda volume: volume.status,
    "volume-id": lambda volume: volume.id,
}
_INSTANCE_FILTERS = {
    "block-device-mapping.volume-id": lambda instance: [block.volume_id for _, block in instance.get_block_device_mapping],
    "image-id": lambda instance: instance.image_id,
    "instance-id": lambda instance: instance.id,
    "instance-state-name": lambda instance: instance.state,
    "root-device-name": lambda instance: instance.root_device_name,
}


def install():
    ElasticBlockStore.describe_snapshots = _describe_snapshots
    ElasticBlockStore.describe_volumes = _describe_volumes
    InstanceResponse.describe_instances = _describe_instances
    EBSBackend.describe_volumes = _volumes
    InstanceBackend.get_instance = EC2Backend.get_instance = _instance


def _describe_snapshots(self):
    self.error_on_dryrun()
    backend, ids = self.ec2_backend, self._get_param("SnapshotIds", [])
    wanted = self._filters_from_querystring()
    if ids:
        found = [backend.get_snapshot(snapshot_id) for snapshot_id in ids]
    else:
        found = filters.candidates(
            backend, backend.snapshots, wanted, {"snapshot-id": lambda value: {value}, "volume-id": lambda value: snapshots.of_volume(backend, value)}
        )
    owners = self._get_param("OwnerIds", [])
    if owners:
        found = [snapshot for snapshot in found if snapshot.owner_id in owners or "self" in owners]
    found = filters.apply(found, wanted, _SNAPSHOT_FILTERS)
    page, token = filters.page(found, self._get_param("MaxResults"), self._get_param("NextToken"), ids)
    return ActionResult({"Snapshots": page, "NextToken": token})


def _describe_volumes(self):
    self.error_on_dryrun()
    ids = self._get_param("VolumeIds", [])
    found = self.ec2_backend.describe_volumes(ids, self._filters_from_querystring())
    page, token = filters.page(found, self._get_param("MaxResults"), self._get_param("NextToken"), ids)
    return ActionResult({"Volumes": page, "NextToken": token})


def _volumes(self, volume_ids=None, filters_wanted=None, **keywords):
    unknown = [volume_id for volume_id in volume_ids or [] if volume_id not in self.volumes]
    if unknown:
        raise InvalidVolumeIdError(unknown[0])
    wanted = filters_wanted or keywords.get("filters")
    if volume_ids:
        found = [self.volumes[volume_id] for volume_id in volume_ids]
    else:
        known = {"volume-id": lambda value: {value}, "attachment.instance-id": lambda value: _attached(self, value)}
        found = filters.candidates(self, self.volumes, wanted, known)
    return filters.apply(found, wanted, _VOLUME_FILTERS, lambda volume, name, values: is_filter_matching(volume, name, values))


def _attached(self, instance_id):
    found = instance(self, instance_id)
    return {block.volume_id for _, block in found.get_block_device_mapping} if found else set()


def instance(backend, instance_id):
    """The instance, terminated or not, or None."""
    try:
        return backend.get_instance(instance_id)
    except InvalidInstanceIdError:
        return None


def _instance(self, instance_id):
    return _known(self, instance_id)[1]


def _known(backend, instance_id):
    """The instance with its reservation."""
    known = backend.__dict__.setdefault("known_instances", {})
    if instance_id not in known:
        known.update((instance.id, (reservation, instance)) for reservation in backend.reservations.values() for instance in reservation.instances)
    if instance_id not in known:
        raise InvalidInstanceIdError(instance_id)
    return known[instance_id]


def _describe_instances(self):
    """Reservations are what is paged, and each has only the instances that were asked for."""
    self.error_on_dryrun()
    backend, ids = self.ec2_backend, self._get_param("InstanceIds", [])
    limit, token = self._get_param("MaxResults"), self._get_param("NextToken")
    if ids and limit:
        raise EC2ClientError("InvalidParameterCombination", "The parameter instancesSet cannot be used with the parameter maxResults")
    asked, wanted = {backend.get_instance(instance_id).id for instance_id in ids}, self._filters_from_querystring()
    reservations = _reservations(backend, wanted.get("instance-id"))
    if token:
        reservations = filters.after(reservations, token)
    instances = [instance for reservation in reservations for instance in reservation.instances if not asked or instance.id in asked]
    kept = {instance.id for instance in _passing(instances, wanted)}
    found = [_with(reservation, kept) for reservation in reservations if any(instance.id in kept for instance in reservation.instances)]
    page, token = filters.page(found, limit, None)
    return ActionResult({"Reservations": page, "NextToken": token})


def _reservations(backend, ids):
    """Those with the instances of a filter's ids, or all, in the order of their creation."""
    if not ids or any(set("*?\\") & set(instance_id) for instance_id in ids):
        return list(backend.reservations.values())
    chosen = {reservation.listed_as: reservation for reservation, _ in (_known(backend, one) for one in ids if instance(backend, one))}
    return [chosen[number] for number in sorted(chosen)]


def _passing(instances, wanted):
    return filters.apply(instances, wanted, _INSTANCE_FILTERS, lambda instance, name, values: passes_filter_dict(instance, {name: values}))


def _with(reservation, kept):
    shown = copy.copy(reservation)
    shown.instances = [instance for instance in reservation.instances if instance.id in kept]
    return shown
