"""Events: every one is logged, and delivered at once by one dispatcher thread, unless a test holds it back.

Envelope: https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html
AMI states: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitor-ami-events.html
Parameters: https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-cwe.html
"""

import queue
import sys
import threading
import time
import traceback
import uuid
from dataclasses import dataclass, field

from moto.core import DEFAULT_ACCOUNT_ID

from . import bus, images, regions
from .lock import MOTO


@dataclass
class Event:
    sequence: int
    region: str
    envelope: dict
    state: str
    time: float = field(default_factory=time.time)
    deliveries: int = 0
    targets: list = field(default_factory=list)

    def as_dict(self):
        return dict(vars(self))


_lock = threading.Lock()
_log = []
_held = []
_holding = False
_waiting = []
_queue = queue.Queue()


def install():
    bus.install()
    regions.on_up.append(_region_up)
    images.on_state.append(_image_state)


def start():
    threading.Thread(target=_dispatch, name="events", daemon=True).start()


def emit(region, source, detail_type, detail, resources=()):
    """An event as an AWS service sends it."""
    put(
        region,
        {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": detail_type,
            "source": source,
            "account": DEFAULT_ACCOUNT_ID,
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "region": region,
            "resources": list(resources),
            "detail": detail,
        },
    )


def put(region, envelope):
    with _lock:
        event = Event(len(_log), region, envelope, "held" if _holding else "queued")
        _log.append(event)
        if _holding:
            _held.append(event)
        else:
            _queue.put(event)
    return event.sequence


def hold():
    global _holding
    with _lock:
        _holding = True


def held():
    with _lock:
        return [{"index": index, **event.as_dict()} for index, event in enumerate(_held)]


def release(order=None, keep_holding=False):
    """Delivers held events in the given order of their indices; what is not named is dropped. Without an order: all, as they came."""
    global _holding, _held
    with _lock:
        chosen = [_held[index] for index in (range(len(_held)) if order is None else order)]
        for event in _held:
            event.state = "queued" if event in chosen else "dropped"
        _held, _holding = [], keep_holding
        for event in chosen:
            _queue.put(event)


def log(since=-1):
    with _lock:
        return [event.as_dict() for event in _log if event.sequence > since]


def undelivered():
    """How many events are still on their way; held ones and those of a Region that is down are not."""
    return _queue.unfinished_tasks


def _dispatch():
    while True:
        event = _queue.get()
        try:
            with _lock:
                if regions.is_down(event.region):
                    event.state = "waiting"
                    _waiting.append(event)
                    continue
            with MOTO:
                event.targets += bus.deliver(event.region, event.envelope)
            event.deliveries += 1
            event.state = "delivered"
        except Exception:
            event.state = "error"
            traceback.print_exc(file=sys.stderr)
        finally:
            _queue.task_done()


def _region_up(region):
    with _lock:
        for event in [event for event in _waiting if event.region == region]:
            _waiting.remove(event)
            _queue.put(event)


def _image_state(image, state, error):
    region = image.ec2_backend.region_name
    detail = {"RequestId": image.request_id, "ImageId": image.id, "State": state, "ErrorMessage": error}
    emit(region, "aws.ec2", "EC2 AMI State Change", detail, [f"arn:aws:ec2:{region}::image/{image.id}"])


def parameter_change(region, name, operation, **detail):
    path = name.lstrip("/") if "/" in name.lstrip("/") else name.strip("/")
    emit(
        region,
        "aws.ssm",
        "Parameter Store Change",
        {"operation": operation, "name": name, **detail},
        [f"arn:aws:ssm:{region}:{DEFAULT_ACCOUNT_ID}:parameter/{path}"],
    )
