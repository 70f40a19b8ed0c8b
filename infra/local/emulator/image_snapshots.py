"""The snapshots behind images: made with them, named by their block device mappings after a while, gone with them when asked.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateImage.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_EbsBlockDevice.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSnapshotReturnCode.html
"""

import time

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.amis import Ami

from . import calls, faults, snapshots

_mapping_seconds = 0.0


def set_mapping(seconds):
    """How long images made from now on keep their snapshots to themselves, unless they become available earlier."""
    global _mapping_seconds
    _mapping_seconds = seconds


def install(mapping_seconds):
    set_mapping(mapping_seconds)
    Ami.block_device_mappings = property(_mappings)


def ids(image):
    return [mapping["Ebs"]["SnapshotId"] for mapping in image.mappings if "SnapshotId" in mapping["Ebs"]]


def registered(image, wanted, root_device_name):
    """An image of snapshots that exist; without any, of the one that moto made for it."""
    image.root_device_name = root_device_name or image.root_device_name
    own = image.ebs_snapshot
    given = [{"DeviceName": m["DeviceName"], "Ebs": dict(m["Ebs"])} for m in wanted or [] if "Ebs" in m]
    image.mappings = given or [{"DeviceName": image.root_device_name, "Ebs": {"SnapshotId": own.id, "VolumeSize": own.volume.size}}]
    own.images = {image.id}
    if given:
        _drop(own)
    _name(image)


def changes(instance, wanted):
    """What CreateImage is to make otherwise, by device."""
    by_device = {mapping["DeviceName"]: mapping for mapping in wanted or []}
    if "NoDevice" in by_device.get(instance.root_device_name, {}):
        raise EC2ClientError("InvalidBlockDeviceMapping", f"The root device {instance.root_device_name} cannot be excluded")
    return by_device


def of_instance(image, instance, changed, snapshot_tags):
    """Snapshots of the instance's volumes, but for those that are excluded by NoDevice."""
    backend, made, image.mappings = image.ec2_backend, [], []
    _drop(image.ebs_snapshot)
    for device, block in instance.get_block_device_mapping:
        change = changed.get(device, {})
        if "NoDevice" in change:
            continue
        volume = backend.get_volume(block.volume_id)
        description = f"Created by CreateImage({instance.id}) for {image.id}"
        made.append(snapshots.add(backend, volume, description, snapshot_tags, f"volume/{volume.id}"))
        ebs = {"VolumeSize": volume.size, "VolumeType": volume.volume_type, "Encrypted": volume.encrypted}
        ebs |= {"DeleteOnTermination": block.delete_on_termination} | change.get("Ebs", {}) | {"SnapshotId": made[-1].id}
        image.mappings.append({"DeviceName": device, "Ebs": ebs})
    _start(image, made, "createSnapshot")


def of_copy(image, source, snapshot_tags, encrypted):
    backend, made, image.mappings = image.ec2_backend, [], []
    _drop(image.ebs_snapshot)
    image.root_device_name = source.root_device_name
    for mapping in source.mappings:
        ebs = dict(mapping["Ebs"])
        original = source.ec2_backend.snapshots.get(ebs.get("SnapshotId"))
        if original:
            description = f"Copied for DestinationAmi {image.id} from SourceAmi {source.id} for SourceSnapshot {original.id}."
            made.append(snapshots.add_copy(backend, original, description, snapshot_tags, encrypted or original.encrypted))
            ebs |= {"SnapshotId": made[-1].id, "Encrypted": made[-1].encrypted}
        image.mappings.append({"DeviceName": mapping["DeviceName"], "Ebs": ebs})
    _start(image, made, "copySnapshot")


def finish(image, state):
    """An image's snapshots complete before it becomes available, and are lost when it fails."""
    for snapshot_id in ids(image):
        snapshots.finish(image.ec2_backend.region_name, snapshot_id, "completed" if state == "available" else "error")


def delete(image):
    """The snapshots of a deregistered image, with what became of each. What DeleteSnapshot is ordered to fail with stays behind."""
    backend, results = image.ec2_backend, []
    for snapshot_id in ids(image):
        fault = faults.take(calls.Call(service="ec2", action="DeleteSnapshot", region=backend.region_name))
        if fault:
            code = "missing-permissions" if fault.error == "UnauthorizedOperation" else "internal-error"
        elif backend.snapshots[snapshot_id].images & backend.amis.keys():
            code = "skipped"
        else:
            code = _delete(backend, snapshot_id)
        results.append({"SnapshotId": snapshot_id, "ReturnCode": code})
    return results


def _delete(backend, snapshot_id):
    try:
        backend.delete_snapshot(snapshot_id)
    except EC2ClientError:
        return "client-error"
    return "success"


def _start(image, made, event):
    _name(image)
    # What happens later is the image's doing: its snapshots complete with it.
    for snapshot in made:
        snapshots.begin([snapshot], event, timed=False)


def _name(image):
    image.devices_from, image.mapped_from = (time.monotonic() + seconds for seconds in (_mapping_seconds / 2, _mapping_seconds))
    for snapshot_id in ids(image):
        snapshot = image.ec2_backend.get_snapshot(snapshot_id)
        snapshot.images = getattr(snapshot, "images", set()) | {image.id}


def _drop(snapshot):
    snapshot.images = set()
    snapshot.ec2_backend.snapshots.pop(snapshot.id)


def _mappings(image):
    """Nothing at first, then the devices, then their snapshots too."""
    now = time.monotonic()
    if image.state != "pending" or now >= image.mapped_from:
        return image.mappings
    if now < image.devices_from:
        return []
    return [{"DeviceName": m["DeviceName"], "Ebs": {k: v for k, v in m["Ebs"].items() if k != "SnapshotId"}} for m in image.mappings]
