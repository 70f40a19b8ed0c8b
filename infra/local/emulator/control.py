"""The control API: what a test, or somebody who plays AWS, can do beyond AWS's own API. README.md documents it."""

from moto.core import DEFAULT_ACCOUNT_ID
from moto.ec2.models import ec2_backends

from . import calls, clock, events, faults, functions, hosts, images, refreshes, regions, run_command, snapshots
from .lock import MOTO

JSON = "application/json"


def routes():
    handlers = {
        ("POST", "images"): _images,
        ("POST", "images/pending"): _pending,
        ("POST", "snapshots"): _snapshots,
        ("POST", "snapshots/pending"): _pending_snapshots,
        ("POST", "refreshes"): _refreshes,
        ("POST", "refreshes/seconds"): _refresh_seconds,
        ("POST", "tags"): _tags,
        ("POST", "agents"): _agents,
        ("POST", "commands/expire"): _expire,
        ("GET", "hosts"): lambda query, body: {"path": str(hosts.folder(query["instanceId"]))},
        ("GET", "events"): lambda query, body: {"events": events.log(int(query.get("since", -1)))},
        ("POST", "events/hold"): lambda query, body: events.hold() or {},
        ("GET", "events/held"): lambda query, body: {"events": events.held()},
        ("POST", "events/release"): lambda query, body: events.release(body.get("order"), body.get("hold", False)) or {},
        ("POST", "events/put"): lambda query, body: {"sequence": events.put(body["region"], body["event"])},
        ("GET", "events/idle"): _idle,
        ("GET", "regions"): lambda query, body: {"down": regions.down()},
        ("POST", "regions"): lambda query, body: regions.set_up(body["region"], body["up"]) or {"down": regions.down()},
        ("GET", "calls"): lambda query, body: {"calls": calls.since(int(query.get("since", 0)))},
        ("GET", "faults"): lambda query, body: {"faults": faults.pending()},
        ("POST", "faults"): _faults,
        ("DELETE", "faults"): lambda query, body: faults.clear() or {},
    }

    def route(method, path, query, body):
        if method == "GET" and path.startswith("functions/"):
            _, region, name = path.split("/")
            return 200, "application/zip", functions.code(region, name)
        handler = handlers.get((method, path))
        if handler is None:
            return 404, JSON, {"error": f"no {method} {path}"}
        return 200, JSON, handler(query, body)

    return route


def _images(query, body):
    if body["state"] not in ("available", "failed"):
        raise ValueError("state is available or failed")
    with MOTO:
        if not images.finish(body["region"], body["imageId"], body["state"], body.get("reason", "")):
            raise ValueError(f"{body['imageId']} is not pending in {body['region']}")
    return {}


def _pending(query, body):
    with MOTO:
        images.set_pending(float(body["seconds"]))
    return {}


def _snapshots(query, body):
    if body["state"] not in ("completed", "error"):
        raise ValueError("state is completed or error")
    with MOTO:
        if not snapshots.finish(body["region"], body["snapshotId"], body["state"], body.get("reason", "")):
            raise ValueError(f"{body['snapshotId']} is not pending in {body['region']}")
    return {}


def _pending_snapshots(query, body):
    with MOTO:
        snapshots.set_pending(float(body["seconds"]))
    return {}


def _refreshes(query, body):
    if body["state"] not in ("successful", "failed"):
        raise ValueError("state is successful or failed")
    with MOTO:
        if not refreshes.finish(body["region"], body["group"], body["state"] == "successful", body.get("reason", "")):
            raise ValueError(f"{body['group']} has no instance refresh under way in {body['region']}")
    return {}


def _refresh_seconds(query, body):
    with MOTO:
        refreshes.set_seconds(float(body["seconds"]))
    return {}


def _tags(query, body):
    with MOTO:
        backend = ec2_backends[DEFAULT_ACCOUNT_ID][body["region"]]
        backend.create_tags([body["imageId"]], body["tags"])
    return {}


def _agents(query, body):
    with MOTO:
        hosts.set_agent(body["instanceId"], body["state"], float(body.get("delay", 0)))
    return {}


def _expire(query, body):
    with MOTO:
        for invocation in run_command.commands[body["commandId"]].invocations.values():
            run_command.expire(invocation)
    return {}


def _idle(query, body):
    """Idle: no event on its way, and nothing that is still to happen (pending images and snapshots, validations, commands)."""
    undelivered = events.undelivered()
    with MOTO:
        timers = clock.waiting() + run_command.running()
    return {"idle": undelivered == 0 and timers == 0, "undelivered": undelivered, "timers": timers}


def _faults(query, body):
    faults.order(
        faults.Fault(
            service=body["service"],
            action=body["action"],
            error=body["error"],
            region=body.get("region", ""),
            access_key=body.get("accessKey", ""),
            times=int(body.get("times", 1)),
            after_effect=bool(body.get("afterEffect", False)),
            message=body.get("message", ""),
            status=int(body.get("status", 0)),
        )
    )
    return {}
