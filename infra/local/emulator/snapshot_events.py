"""The events of snapshots. The documented ARNs have the Region where the account belongs, and so have these.

https://docs.aws.amazon.com/ebs/latest/userguide/ebs-cloud-watch-events.html#snapshot-events
"""

from . import events, snapshots


def install():
    snapshots.on_finished.append(_announce)


def _announce(made):
    first = made[0]
    region = first.ec2_backend.region_name
    arns = [_arn(region, f"snapshot/{snapshot.id}") for snapshot in made]
    bad = next((snapshot for snapshot in made if snapshot.status != "completed"), None)
    detail = {"event": first.event, "result": "failed" if bad else "succeeded", "cause": "", "request-id": first.request_id}
    times = {"startTime": _moment(first.start_time), "endTime": _moment(max(snapshot.completion_time for snapshot in made))}
    if first.event == "createSnapshots":
        if bad:
            detail["cause"] = f"Snapshot {bad.id} is in status {bad.status}"
        members = [
            {"snapshot_id": arn, "source": _arn(region, snapshot.source), "status": snapshot.status} for arn, snapshot in zip(arns, made, strict=True)
        ]
        detail |= times | {"snapshots": members}
        events.emit(region, "aws.ec2", "EBS Multi-Volume Snapshots Completion Status", detail, arns)
        return
    if bad:
        detail["cause"] = bad.state_message or f"Snapshot {bad.id} is in status {bad.status}"
    source = _arn(getattr(first, "source_region", region), first.source)
    detail |= {"snapshot_id": arns[0], "source": source} | times
    if first.event == "copySnapshot":
        detail["Incremental"] = "false"
    events.emit(region, "aws.ec2", "EBS Snapshot Notification", detail, arns)


def _arn(region, resource):
    return f"arn:aws:ec2::{region}:{resource}"


def _moment(time):
    return f"{time:%Y-%m-%dT%H:%M:%SZ}"
